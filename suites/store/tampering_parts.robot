*** Settings ***
Documentation       Sealed files that were altered in parts which only some layouts have; what a layout lacks is left out.
Resource            ../../resources/sealed.resource
Test Tags           area:store    needs:store.files    needs:store.subscription    needs:store.workers    needs:store.destruction


*** Test Cases ***
Another Time Is Refused
    [Tags]    BLOB-08    promise:ST-2
    Every Tampering Should Be Refused    timestamp

Another Schema In The File Is Refused
    [Tags]    BLOB-08    BLOB-09    promise:ST-2
    Every Tampering Should Be Refused    schema

Another Key In The File Is Refused
    [Tags]    BLOB-08    BLOB-09    promise:ST-2
    Every Tampering Should Be Refused    key

A Chunk That Was Dropped, Moved, Doubled Or Taken From Elsewhere Is Refused
    [Documentation]    Of a document that is sealed in several chunks; a store that seals documents whole has none.
    [Tags]    BLOB-14    promise:ST-2
    Each Tampering With Chunks Should Be Refused

Whatever Is Done To The Recipients Of A File Is Refused
    [Documentation]    Where the key of a file stands in its header for each recipient, the header is authenticated as a whole.
    [Tags]    BLOB-15    promise:ST-2
    [Template]    Every Tampering Should Be Refused
    stanzas
    header_mac
