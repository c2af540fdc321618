*** Settings ***
Documentation       Versions of entities: one more with each write, and a means to overwrite nothing by accident.
Resource            ../../resources/store_data.resource
Test Tags           area:store    needs:store.versions


*** Test Cases ***
The First Version Is One
    [Tags]    DATA-03    promise:ST-7    core
    ${entity} =    An Entity
    Version Should Be    ${entity.version}    ${1}

Each Write Raises The Version By One
    [Tags]    DATA-03    promise:ST-7    core
    ${entity} =    An Entity
    Versions Should Follow    ${entity}    10

Versions Follow Each Other Over All Doors
    [Tags]    DATA-03    promise:ST-7    needs:store.workers
    ${entity} =    An Entity
    Versions Should Follow Over All Doors    ${entity}

A Read Tells The Version That Was Written
    [Tags]    DATA-03
    ${entity} =    An Entity
    ${answer} =    Read    ${entity}
    Should Be The Document    ${answer}    ${entity.document}    version=${1}

A Refused Write Leaves No Gap
    [Tags]    DATA-03    needs:store.schemas
    ${entity} =    An Entity Of    ${A PERSON}    ${GOOD PERSON}
    Should Be Refused At    ${entity}    ${{ {'name': 5} }}    schema-violation
    ${version} =    Write    ${entity}
    Version Should Be    ${version}    ${2}

Versions Go On After A Restart
    [Tags]    DATA-03    private    needs:store.restart
    Start A Private Platform    services=store
    ${entity} =    An Entity
    Write    ${entity}
    Restart Service    store
    ${again} =    With A Token Of Its Door    ${entity}
    ${version} =    Write    ${again}
    Version Should Be    ${version}    ${3}
    [Teardown]    Stop The Private Platform

No Version Stands For Two Documents, Also After A Deletion
    [Tags]    DATA-03
    ${entity} =    An Entity
    Delete    ${entity}
    ${version} =    Write    ${entity}
    Version Should Be Above    ${version}    ${1}

A Write That Asks For The Version That Is There Is Done
    [Tags]    DB-13    needs:store.conditional-writes    core
    ${entity} =    An Entity
    ${answer} =    Write If Version    ${entity}    ${1}
    Should Succeed    ${answer}
    ${version} =    Version Of    ${answer}
    Version Should Be    ${version}    ${2}

A Write That Asks For Another Version Is Not Done
    [Tags]    DB-13    GRPC-04    needs:store.conditional-writes    core
    ${entity} =    An Entity
    ${answer} =    Write If Version    ${entity}    ${2}
    Should Be Refused As    ${answer}    stale-version
    Should Read    ${entity}

A Deletion That Asks For Another Version Is Not Done
    [Tags]    DB-13    needs:store.conditional-writes
    ${entity} =    An Entity
    ${answer} =    Call At    ${entity.door}    deleteEntity    token=${entity.token}    schema_id=${entity.schema_id}
    ...    key=${entity.key}    expected_version=${7}
    Should Be Refused As    ${answer}    stale-version
    Should Read    ${entity}

A Write Over REST That Asks For What Is No Version Is Not Done
    [Tags]    DB-13    needs:store.conditional-writes    needs:store.rest    needs:store.fuzzing
    [Template]    Should Not Be Done For What Is No Version
    "one"
    "-1"
    "1.0"
    "01x"
    "99999999999999999999"
    ""
    "7", "8"
    W/"1"
    1;drop

Of Twenty Who Ask For The Same Version One Is Done
    [Tags]    DB-13    DATA-07    needs:store.conditional-writes    promise:ST-5    core
    ${entity} =    An Entity
    One Of Many Should Be Done    ${entity}    20

A Page Of Keys Tells Each Version
    [Tags]    DATA-03    needs:store.listing
    ${entities} =    Fresh Entities    3
    Write    ${entities}[1]
    ${listed} =    Keys Of    ${entities}[0][schema_id]
    Version Should Be    ${listed}[${entities}[1][key]]    ${2}
