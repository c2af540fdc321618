*** Settings ***
Documentation       What lies on the shared disk: sealed, in a form that can be opened by the key alone, and by no other.
Resource            ../../resources/sealed.resource
Test Tags           area:store    needs:store.files    needs:store.subscription


*** Test Cases ***
A Sealed File Opens By The Key Alone To What Was Written
    [Tags]    BLOB-03    promise:ST-2    core
    ${sealed} =    A Sealed Entity
    Should Be Sealed As Written    ${sealed}

Documents Of Every Size Are Sealed As Written
    [Tags]    BLOB-03    BLOB-05    BLOB-29    promise:ST-2
    [Template]    A Document Of This Size Should Be Sealed
    8
    15
    16
    17
    65535
    65537
    1000000

A Sealed File Is Well Formed
    [Tags]    BLOB-05    promise:ST-2    core
    ${sealed} =    A Sealed Entity
    Sealed Entity Should Be Well Formed    ${sealed.files}

A Sealed File Opens By No Other Key
    [Tags]    BLOB-03    KEY-07
    ${sealed} =    A Sealed Entity
    ${key} =    A Key Of Nobody
    Sealed Entity Should Not Open    ${sealed.files}    ${key}

The Key Of One Schema Opens Nothing Of Another
    [Tags]    KEY-07    promise:ST-2    core
    ${sealed} =    A Sealed Entity
    ${other} =    A Schema
    ${key} =    The Data Key Of    ${other}
    Sealed Entity Should Not Open    ${sealed.files}    ${key}

What Is Told In The Clear Opens Nothing
    [Documentation]    The key that encrypts is derived apart from every value that stands in a file beside it.
    [Tags]    KEY-03    promise:ST-2
    [Template]    A Document Of This Size Should Hold No Key
    16
    100000

The Same Document Is Sealed Differently Each Time
    [Tags]    BLOB-21    promise:ST-2
    ${first} =    A Sealed Entity
    ${second} =    A Sealed Entity    ${first.document}    ${first.schema_id}
    Sealed Parts Should Differ    ${first.files}    ${second.files}

A Document That Is Written Again Is Sealed Anew
    [Tags]    BLOB-18    BLOB-21    promise:ST-2
    ${first} =    A Sealed Entity
    ${kept} =    Keep Copies Of Sealed Files    ${first.files}
    ${second} =    Written Anew    ${first}
    Sealed Parts Should Differ    ${second.files}    ${kept}

Names Of Entities Are Not Told By The Disk
    [Tags]    BLOB-25    promise:ST-6    needs:store.hidden-names
    ${sealed} =    A Sealed Entity
    Names Should Not Hold    ${sealed.files.root}    ${sealed.schema_id}    ${sealed.key}
    Register Canary    the key of the entity    ${sealed.key}
    Register Canary    the schema of the entity    ${sealed.schema_id}
    Canaries Should Not Be In    ${sealed.files.root}
