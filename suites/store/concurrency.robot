*** Settings ***
Documentation       Many clients at once, at all doors: no write lost, nothing torn, nobody sent back in time.
Resource            ../../resources/store_workload.resource
Test Tags           area:store    needs:store.workers


*** Test Cases ***
Many Readers And Writers Of One Entity At One Worker See One Order
    [Tags]    DATA-07    FS-04    promise:ST-5    core
    ${history} =    Worked On    ${1}    ${ONE WORKER}    clients=${8}
    History Should Be Linearizable    ${history}

Many Readers And Writers Of One Entity At All Workers See One Order
    [Tags]    DATA-07    FS-04    CACHE-05    promise:ST-5    core
    ${doors} =    Worker Doors
    ${history} =    Worked On    ${1}    ${doors}    clients=${8}
    History Should Be Linearizable    ${history}

Many Readers And Writers Of Some Entities At All Doors See One Order
    [Tags]    DATA-07    GRPC-06    STORE-09    promise:ST-5
    ${doors} =    Doors Of The Store
    ${history} =    Worked On    ${5}    ${doors}    clients=${10}
    History Should Be Linearizable    ${history}

Whoever Wrote Reads It From Then On
    [Tags]    DATA-07    promise:ST-5
    ${doors} =    Doors Of The Store
    ${history} =    Worked On    ${5}    ${doors}    clients=${6}
    Clients Should Read Their Own Writes    ${history}

Nobody Is Sent Back To An Earlier Version
    [Tags]    DATA-07    CACHE-05    promise:ST-5    needs:store.versions
    ${doors} =    Worker Doors
    ${history} =    Worked On    ${3}    ${doors}    clients=${6}
    Reads Should Be Monotonic    ${history}

Deletions Among Writes Bring Nothing Back
    [Tags]    DATA-07    CACHE-07    promise:ST-5
    ${doors} =    Worker Doors
    ${history} =    Worked On    ${3}    ${doors}    clients=${6}    deletes=${0.2}
    History Should Be Linearizable    ${history}

Versions Have No Gap, However Many Write
    [Tags]    DATA-03    FS-04    promise:ST-7    needs:store.versions
    ${doors} =    Worker Doors
    ${history} =    Worked On    ${2}    ${doors}    clients=${8}    writes=${0.9}
    Versions Should Have No Gap    ${history}    first=${None}

The Last Version Is The Count Of The Writes
    [Tags]    FS-04    DATA-03    promise:ST-5    needs:store.versions
    ${doors} =    Worker Doors
    The Last Version Should Be The Count    ${doors}

No Increment Is Lost
    [Tags]    STORE-13    DATA-07    promise:ST-5    needs:store.conditional-writes    core
    ${doors} =    Doors Of The Store
    ${history} =    A Counter Worked On    ${doors}
    Counter Should Be Exact    ${history}

Readers See Both Of Two Entities That Are Written Together, Or Neither
    [Tags]    DATA-04    DATA-07    promise:ST-5    needs:store.several    needs:store.rest
    Pairs Should Be Read Whole

Writers Come Through A Flood Of Readers
    [Tags]    FS-12    promise:ST-5    needs:store.floods
    ${history} =    Worked On    ${1}    ${ONE WORKER}    clients=${30}    writes=${0.05}
    History Should Be Linearizable    ${history}
    Every Write Should Be Done    ${history}

Many Clients Of Many Entities See One Order
    [Tags]    DATA-07    promise:ST-8    promise:ST-9    needs:store.floods
    ${doors} =    Doors Of The Store
    ${history} =    Worked On    ${20}    ${doors}    clients=${20}    operations=${100}
    History Should Be Linearizable    ${history}
