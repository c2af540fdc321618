*** Settings ***
Documentation       Names of schemas and entities: kept apart, kept as they are, and never a way out of the directory.
Resource            ../../resources/store_data.resource
Test Tags           area:store


*** Test Cases ***
Names That Are Easily Mixed Up Are Different Entities
    [Tags]    DATA-06    DATA-05    promise:ST-7
    [Template]    Entities Of These Names Should Be Kept Apart
    capitals and small letters
    Unicode, composed and decomposed
    letters that look alike
    a dot at the end
    a space at an end
    a percent sign
    hidden files
    numbers
    words of languages
    names of devices

Names That Look Like The Store's Own Files Are Different Entities
    [Tags]    DATA-06    promise:ST-7
    Entities Of These Names Should Be Kept Apart    endings of files

Names Of Every Script And Length Are Different Entities
    [Tags]    DATA-06
    [Template]    Entities Of These Names Should Be Kept Apart
    invisible characters
    directions of writing
    pictures
    length

Names That Are Joined Alike Are Different Entities
    [Documentation]    Schema a_b with key c, and schema a with key b_c, are one name when an underscore joins them.
    [Tags]    DATA-05    CACHE-10    promise:ST-7    core
    [Template]    Schema And Key Should Be Kept Apart By
    _
    -
    .
    :

Names Of Attacks Are Names
    [Tags]    STORE-18    DATA-06
    [Template]    Entities Of These Names Should Be Kept Apart
    separators of keys
    shells and formats

No Key Leads Out Of The Directory
    [Tags]    FS-13    promise:ST-6    needs:store.fuzzing    core
    ${door} =    Sealing Door
    Keys That Are No Names Should Be Refused    ${door}

No Key Leads Out Of The Directory Over REST
    [Tags]    FS-13    promise:ST-6    needs:store.fuzzing    needs:store.rest
    Keys That Are No Names Should Be Refused    rest

No Key Leads Out Of The Directory Over gRPC
    [Tags]    FS-13    GRPC-06    needs:store.fuzzing    needs:store.grpc
    Keys That Are No Names Should Be Refused    grpc

No Schema Leads Out Of The Directory
    [Tags]    FS-13    promise:ST-6    needs:store.fuzzing
    ${door} =    Sealing Door
    Schemas That Are No Names Should Be Refused    ${door}

Nothing Appears Outside Of The Shared Directory
    [Documentation]    Escaped and look-alike slashes are letters like any others, or refused; none is followed.
    [Tags]    FS-13    needs:store.fuzzing    needs:store.files
    No Name Should Lead Out
