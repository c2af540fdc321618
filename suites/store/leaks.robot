*** Settings ***
Documentation       Nothing of what was stored, and none of the keys, lies anywhere in the clear.
Resource            ../../resources/store_leaks.resource
Suite Setup         Start A Private Platform    services=store
Suite Teardown      Stop The Private Platform
Test Tags           area:store    needs:store.files    private


*** Test Cases ***
A Thousand Canaries Are Nowhere On The Disk
    [Documentation]    A thousand documents with a text each that nothing else holds; every file is searched for each in every encoding.
    [Tags]    BLOB-22    promise:ST-6    promise:ST-9    core
    Canaries Are Stored    1000
    ${folder} =    Shared Directory
    Canaries Should Not Be In    ${folder}

Documents Are In No Log
    [Tags]    BLOB-22    promise:ST-6    needs:store.service-log
    Canaries Are Stored    50
    The Logs Should Hold None

Documents Are In No Command Line And No Environment
    [Tags]    BLOB-22    promise:ST-6
    Canaries Are Stored    50
    The Processes Should Hold None

Refused Documents Are In No Log
    [Tags]    BLOB-22    promise:ST-6    needs:store.service-log    needs:store.schemas
    Canaries Are Refused    20
    The Logs Should Hold None

The Data Key Is Nowhere On The Disk
    [Tags]    BLOB-23    promise:ST-6    needs:store.subscription    core
    The Data Key Is Known
    ${folder} =    Shared Directory
    Canaries Should Not Be In    ${folder}

The Data Key Is In No Log
    [Tags]    BLOB-23    promise:ST-6    needs:store.subscription    needs:store.service-log
    The Data Key Is Known
    The Logs Should Hold None

A Retired Data Key Is In No Log
    [Documentation]    A key that was replaced is handed out once more where something is still under it.
    [Tags]    BLOB-23    promise:ST-6    needs:store.subscription    needs:store.service-log    needs:store.rotation    needs:store.restart
    ${entity} =    The Data Key Is Known
    Rotate And Leave The Files
    Restart Service    store
    Should Read At Each Worker    ${entity}
    The Logs Should Hold None

The Data Key Is In No Command Line And No Environment
    [Tags]    BLOB-23    promise:ST-6    needs:store.subscription    core
    The Data Key Is Known
    The Processes Should Hold None

The Secrets Of API Keys Are Nowhere On The Disk
    [Tags]    BLOB-23    DB-06    promise:ST-6    needs:store.api-keys
    Secrets Of Clients Are Known    5
    ${folder} =    Shared Directory
    Canaries Should Not Be In    ${folder}

Tokens And Secrets Are In No Log
    [Tags]    BLOB-23    DB-06    DB-20    promise:ST-6    needs:store.api-keys    needs:store.service-log
    Secrets Of Clients Are Known    5
    The Logs Should Hold None

The Administrator's Key Is In No Command Line And No Environment
    [Tags]    BLOB-23    promise:ST-6
    ${key} =    Secret Of The Target    admin_key
    Register Canary    the administrator's key    ${key}
    The Processes Should Hold None

Only The Store's Own User May Read Its Files
    [Tags]    BLOB-31    promise:ST-6    core
    Fresh Entities    3
    ${folder} =    Shared Directory
    Wait Until Keyword Succeeds    5s    100ms    Store Should Be Closed To Others    ${folder}

A Worker Whose Grant Was Taken Back Has The Data Key In Its Memory No More
    [Tags]    BLOB-27    KEY-06    promise:ST-6    needs:store.subscription    needs:store.grants    needs:store.workers
    ${entity} =    The Data Key Is Known
    The Key Should Leave The Memory Of A Worker    ${entity}

A Destroyed Data Key Is In No Memory
    [Tags]    BLOB-27    KEY-09    promise:ST-6    needs:store.subscription    needs:store.rotation
    ${entity} =    The Data Key Is Known
    Each Worker Holds The Key    ${entity}
    Rotate
    The Rotation Should End
    No Process Should Hold The Key In Memory

Processes That Hold Keys Leave No Core Files
    [Tags]    BLOB-28    promise:ST-6
    ${processes} =    Processes Of The Store
    Processes Should Leave No Core Files    @{processes}

No Log Tells Of A Panic
    [Tags]    DB-21    needs:store.service-log
    Fresh Entities    10
    The Logs Should Tell Of No Panic
