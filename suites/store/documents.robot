*** Settings ***
Documentation       Documents of every size and content come back as they were given.
Resource            ../../resources/store_data.resource
Test Tags           area:store


*** Test Cases ***
Every Digit And Letter Comes Back
    [Tags]    BLOB-29    promise:ST-7    core
    ${door} =    Sealing Door
    Documents Should Come Back Exactly    ${door}

Every Digit And Letter Comes Back Over REST
    [Tags]    BLOB-29    DB-14    needs:store.rest
    Documents Should Come Back Exactly    rest

Every Digit And Letter Comes Back Over gRPC
    [Tags]    BLOB-29    needs:store.grpc
    Documents Should Come Back Exactly    grpc

Documents Of Every Size Come Back
    [Tags]    BLOB-29    promise:ST-9
    [Template]    A Document Of This Size Should Come Back
    8
    15
    16
    17
    31
    32
    33
    4095
    4096
    4097
    65535
    65536
    65537

A Document Of Nearly A Megabyte Comes Back
    [Tags]    BLOB-29    promise:ST-9
    A Document Of This Size Should Come Back    1000000

Any JSON Is A Document Where The Schema Allows It
    [Tags]    BLOB-29    needs:store.schemas
    [Template]    A Document Of Any Kind Should Come Back
    ${{ [] }}
    ${{ [1, [2, {}]] }}
    ${{ 'a text' }}
    ${{ 0 }}
    ${{ -1.5 }}
    ${True}
    ${False}
    ${None}

Documents Are Nested As Deeply As They May Be
    [Tags]    DB-11    private    needs:store.depth-limit    needs:store.rest
    Nesting Should Be Limited At    rest    20
    [Teardown]    Stop The Private Platform

Documents Over gRPC Are Nested As Deeply As They May Be
    [Tags]    DB-11    GRPC-04    private    needs:store.depth-limit    needs:store.grpc
    Nesting Should Be Limited At    grpc    20
    [Teardown]    Stop The Private Platform
