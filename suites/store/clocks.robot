*** Settings ***
Documentation       Workers whose clocks go differently: what counts is what was written last, whoever wrote it, and grants end by the
...                 store's own clock.
Resource            ../../resources/store_times.resource
Resource            ../../resources/store_workload.resource
Suite Setup         Workers Whose Clocks Differ
Suite Teardown      Stop The Private Platform
Test Tags           area:store    FS-16    needs:store.worker-clocks    needs:store.workers    needs:store.client-tokens-over-grpc    private


*** Test Cases ***
What Was Written Last Counts, Whichever Clock Is Ahead
    [Tags]    DATA-03    promise:ST-5
    [Template]    The Later Write Should Count
    worker-1    worker-2
    worker-2    worker-1
    worker-1    rest
    rest    worker-1

A Deletion By A Worker Whose Clock Is Behind Counts
    [Tags]    CACHE-07
    ${entity} =    An Entity    door=worker-1
    Delete    ${entity}    worker-2
    Should Be Gone    ${entity}    worker-1
    Should Be Gone    ${entity}    worker-2

A Grant Ends By The Clock Of The Store, Whatever That Of Its Worker Says
    [Documentation]    For the first worker its time seems to be over while it is not, and for the second to last when it is over.
    [Tags]    -FS-16    KEY-15    needs:store.grants    needs:store.clock
    [Template]    A Grant Should End By The Store's Clock At
    worker-1
    worker-2

Clients At Workers Whose Clocks Differ See One Order
    [Tags]    DATA-07    promise:ST-5
    ${doors} =    Worker Doors
    ${history} =    Worked On    ${3}    ${doors}    clients=${6}    operations=${30}
    History Should Be Linearizable    ${history}
    Versions Should Have No Gap    ${history}
