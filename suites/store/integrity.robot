*** Settings ***
Documentation       The shared directory as a whole: set back, restored from a backup, altered where the store keeps account of it,
...                 and opened with another master key.
Resource            ../../resources/store_integrity.resource
Suite Setup         Start A Private Platform    services=store
Suite Teardown      Stop The Private Platform
Test Tags           area:store    needs:store.files    needs:store.restart    needs:store.destruction    private
Test Teardown       The Folder Is As It Was


*** Test Cases ***
A Directory That Was Set Back While The Store Runs Is Noticed
    [Documentation]    Yesterday's directory in the place of today's: no earlier document is given out as the present one.
    [Tags]    BLOB-11    BLOB-12    promise:ST-2    core
    ${entity} =    An Entity That Was Written Twice
    The Folder Is Set Back To    ${entity.before}
    The Earlier Document Should Not Be Given Out    ${entity}

A Directory That Was Set Back While The Store Was Stopped Is Noticed
    [Tags]    BLOB-11    DATA-15    promise:ST-2    core
    ${entity} =    An Entity That Was Written Twice
    Stop Service    store
    The Folder Is Set Back To    ${entity.before}
    Start Service    store
    The Earlier Document Should Not Be Given Out    ${entity}

A Directory That Was Set Back Is Told
    [Tags]    BLOB-11    BLOB-30    promise:ST-2    needs:store.security-log
    ${entity} =    An Entity That Was Written Twice
    Stop Service    store
    The Folder Is Set Back To    ${entity.before}
    Start Service    store
    Read    ${entity}
    Store Should Have Told    index.tampered    outcome=failure

A Deletion Is Not Undone By An Earlier Directory
    [Tags]    BLOB-11    CACHE-07    promise:ST-2
    ${entity} =    An Entity
    ${copy} =    A Copy Of The Folder
    Delete    ${entity}
    Stop Service    store
    The Folder Is Set Back To    ${copy}
    Start Service    store
    Should Be Tampered Or    ${entity}    ${None}

An Emptied Directory Is Noticed
    [Documentation]    With nothing left on it the store does not begin anew as if nothing had been there.
    [Tags]    BLOB-11    BLOB-13    promise:ST-2
    ${entity} =    An Entity
    Stop Service    store
    The Folder Is Emptied
    Start Service    store
    Should Be Missed    ${entity}    tampered

A Backup That Is Restored Is The Same In Every Entity
    [Tags]    DATA-15    KEY-13    promise:ST-7    core
    ${entities} =    Fresh Entities    12
    Stop Service    store
    ${copy} =    A Copy Of The Folder
    The Folder Is Emptied
    The Folder Is Set Back To    ${copy}
    Start Service    store
    Each Should Be Read As Written    ${entities}

A Backup With Its Keys Opens Everything After A Restore
    [Documentation]    Directory and keys are lost together and restored together; some keys were retired when the backup was taken.
    [Tags]    KEY-13    DATA-15    promise:ST-7    needs:store.state    needs:store.rotation    core
    ${entities} =    Entities Under Older And Newer Keys
    ${backup} =    A Backup Of Directory And State
    Directory And State Are Lost
    Directory And State Are Restored    ${backup}
    Each Should Be Read As Written    ${entities}

A Directory That Is Restored Without Its Keys Is Refused, And Opens With Them Later
    [Documentation]    It is not taken for an empty one: what is missing is said, nothing is written, and the keys can still be restored.
    [Tags]    KEY-13    promise:ST-2    needs:store.state    needs:store.rotation    core
    ${entities} =    Entities Under Older And Newer Keys
    ${backup} =    A Backup Of Directory And State
    ${serves} =    The Directory Alone Is Restored    ${backup}
    Each Should Be Missed    ${entities}    key-unavailable    ${serves}
    The State Is Restored Too    ${backup}
    Each Should Be Read As Written    ${entities}

That The Keys Are Lost Is Told
    [Tags]    KEY-13    KEY-14    needs:store.state    needs:store.security-log    needs:store.rotation
    Entities Under Older And Newer Keys
    ${backup} =    A Backup Of Directory And State
    The Directory Alone Is Restored    ${backup}
    Store Should Have Told    key.unavailable    outcome=failure
    The State Is Restored Too    ${backup}

Another Master Key Is Said To Be Another
    [Documentation]    A store that is started with a key that it never had serves nothing that could be taken for a loss, or does not start.
    [Tags]    KEY-11    promise:ST-2    needs:store.master-keys    core
    ${entity} =    An Entity
    ${serves} =    The Store Is Started With    another
    Should Be Missed    ${entity}    key-unavailable    ${serves}
    The Store Is Started With    first
    Wait Until Keyword Succeeds    5s    50ms    Should Read At    ${entity.door}    ${entity}
    [Teardown]    The Folder And The Key Are As They Were

Another Master Key Is Told
    [Tags]    KEY-11    KEY-14    needs:store.master-keys    needs:store.security-log
    The Store Is Started With    another
    Store Should Have Told    key.wrong-master    outcome=failure
    [Teardown]    The Folder And The Key Are As They Were

Each Other Master Key Is Told By An Identifier Of Its Own
    [Documentation]    Whoever looks for the right key is told which one is there now, not which one was there first.
    [Tags]    KEY-11    needs:store.master-keys    needs:store.security-log
    ${first} =    Told Of Another Master Key
    ${second} =    Told Of Another Master Key
    Should Not Be Equal    ${first}[reason]    ${second}[reason]
    [Teardown]    The Folder And The Key Are As They Were

Under Another Master Key Nothing Is Written
    [Documentation]    What would be written under it could not be read by the right one.
    [Tags]    KEY-11    needs:store.master-keys
    ${entity} =    An Entity
    ${serves} =    The Store Is Started With    another
    Should Not Be Written    ${entity}    key-unavailable    ${serves}
    The Store Is Started With    first
    Wait Until Keyword Succeeds    5s    50ms    Should Read At    ${entity.door}    ${entity}
    [Teardown]    The Folder And The Key Are As They Were
