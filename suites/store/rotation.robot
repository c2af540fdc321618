*** Settings ***
Documentation       Data keys are replaced while the store works, and what is under older ones is sealed again.
Resource            ../../resources/store_keys.resource
Resource            ../../resources/store_workload.resource
Resource            ../../resources/store_data.resource
Resource            ../../resources/store_records.resource
Suite Setup         Start A Private Platform    services=store
Suite Teardown      Stop The Private Platform
Test Tags           area:store    needs:store.rotation    needs:store.files    private


*** Test Cases ***
After A Rotation New Writes Are Under The New Key At Once
    [Tags]    KEY-09    promise:ST-2    core
    ${sealed} =    A Sealed Entity
    ${before} =    Current Key Id Of    ${sealed.schema_id}
    Rotate And Leave The Files
    ${after} =    Current Key Id Of    ${sealed.schema_id}
    Should Not Be Equal    ${after}    ${before}
    ${newer} =    Written Anew    ${sealed}
    Key Of The File Should Be    ${newer}    ${after}

After A Rotation Old Entities Are Read
    [Tags]    KEY-09    promise:ST-2    core
    ${entity} =    An Entity
    Rotate And Leave The Files
    Should Read    ${entity}
    Should Read At Each Worker    ${entity}

An Old Entity Stays Under Its Key Until It Is Written
    [Tags]    KEY-09
    ${sealed} =    A Sealed Entity
    ${before} =    Current Key Id Of    ${sealed.schema_id}
    Rotate And Leave The Files
    State Of Key Should Be    ${sealed.schema_id}    ${before}    retired
    Written Anew    ${sealed}
    Wait Until Keyword Succeeds    5s    100ms    State Of Key Should Be    ${sealed.schema_id}    ${before}    destroyed

Everything Is Sealed Again In The Background
    [Tags]    KEY-09    promise:ST-2    promise:ST-8    core
    ${sealed} =    A Sealed Entity
    ${before} =    Current Key Id Of    ${sealed.schema_id}
    Rotate
    The Rotation Should End
    ${after} =    Current Key Id Of    ${sealed.schema_id}
    Key Of The File Should Be    ${sealed}    ${after}
    State Of Key Should Be    ${sealed.schema_id}    ${before}    destroyed
    Should Read    ${sealed}

A File Under A Destroyed Key Is Read No More
    [Tags]    KEY-09    KEY-12    promise:ST-2    needs:store.destruction
    ${sealed} =    A Sealed Entity
    ${copies} =    Keep Copies Of Sealed Files    ${sealed.files}
    Rotate
    The Rotation Should End
    ${now} =    Sealed    ${sealed}
    Tamper    ${now.files}    files: rolled back to an earlier copy    earlier=${copies}
    Should Be Refused As Tampered    ${now}
    [Teardown]    Restore Sealed Files

A Rotation Neither Hides Nor Loses What Was Tampered With
    [Documentation]    What does not open is told of and stays under its key, so that it is read again once it is as it was.
    [Tags]    KEY-09    BLOB-30    needs:store.destruction    needs:store.security-log
    ${sealed} =    A Sealed Entity
    ${before} =    Current Key Id Of    ${sealed.schema_id}
    Tamper    ${sealed.files}    ciphertext: first bit flipped
    Rotate
    The Rotation Should End    left=${1}
    Store Should Have Told    entity.tampered    outcome=failure    schema_id=${sealed.schema_id}
    State Of Key Should Be    ${sealed.schema_id}    ${before}    retired
    Restore Sealed Files
    Should Be Read Untampered    ${sealed}
    [Teardown]    Restore Sealed Files

After Several Rotations One Key Is Left
    [Tags]    KEY-09    promise:ST-2
    ${entity} =    An Entity
    Rotate One After The Other    3
    The Rotation Should End
    ${keys} =    Data Keys Of    ${entity.schema_id}
    Should Be Equal    ${{ [one['state'] for one in $keys] }}    ${{ ['destroyed', 'destroyed', 'destroyed', 'current'] }}
    Should Read    ${entity}

Sealing Again Raises No Version
    [Tags]    KEY-10    DATA-03
    ${entity} =    An Entity
    Rotate
    The Rotation Should End
    ${answer} =    Read    ${entity}
    Should Be The Document    ${answer}    ${entity.document}    version=${entity.version}

Readers And Writers Notice No Rotation
    [Tags]    KEY-10    DATA-07    promise:ST-5    promise:ST-8    core
    ${doors} =    Doors Of The Store
    Rotations Should Not Be Noticed    ${doors}

Two Rotations At Once Are One
    [Tags]    KEY-10
    Many Are There    50
    One Rotation Should Count

A Rotation That Was Killed Goes On
    [Tags]    KEY-09    KEY-10    promise:ST-2    needs:store.restart    needs:store.several    needs:store.rest    core
    ${entities} =    Several Written    ${1000}
    Rotate
    Kill Service    store
    Start Service    store
    Something Should Be Left To Rotate    ${entities}[0][schema_id]
    The Rotation Should End
    Nothing Should Be Left To Rotate    ${entities}[0][schema_id]
    Should Read At Each Worker    ${entities}[0]
    Should Read At Each Worker    ${entities}[999]

A Key Is Used For So Many Files And No More
    [Tags]    BLOB-20    promise:ST-2    needs:store.settings
    Start A Private Platform    services=store    files_per_key=${10}
    ${schema} =    A Schema
    Entities Are Written    ${schema}    25
    ${keys} =    Data Keys Of    ${schema}
    Should Be True    ${{ len($keys) >= 3 }}
    [Teardown]    Stop The Private Platform

Files That Were Replaced Count For Their Key As Well
    [Documentation]    One entity that is written again and again uses up keys as many entities do: each file had a nonce of its own.
    [Tags]    BLOB-20    needs:store.settings
    Start A Private Platform    services=store    files_per_key=${10}
    ${entity} =    An Entity
    Written So Often    ${entity}    24
    ${keys} =    Data Keys Of    ${entity.schema_id}
    Should Be True    ${{ len($keys) >= 3 }}
    [Teardown]    Stop The Private Platform
