*** Settings ***
Documentation       Another secret for a key: at once, and for a while beside the one before.
Resource            ../../resources/session.resource
Resource            ../../resources/api_key.resource
Test Tags           area:auth    needs:auth.api-keys    needs:auth.signup    needs:auth.profile


*** Test Cases ***
The New Secret Opens At Once
    [Tags]    AUTH-196    core
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${rotated} =    Rotate The Key    ${key}    ${user}
    The Key Should Open    ${rotated}    ${user}
    Should Be Equal    ${rotated.id}    ${key.id}

The Secret Before Works During The Overlap And Not After It
    [Tags]    AUTH-196    core
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${rotated} =    Rotate The Key    ${key}    ${user}    overlap=${5}
    The Key Should Open    ${key}    ${user}
    ${now} =    Now
    Wait Until After    ${now}    5s
    The Key Should Be Refused    ${key}
    The Key Should Open    ${rotated}    ${user}

Without An Overlap The Secret Before Is Refused At Once
    [Tags]    AUTH-196
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Rotate The Key    ${key}    ${user}    overlap=${0}
    The Key Should Be Refused    ${key}

Where Nothing Is Said There Is An Overlap
    [Tags]    AUTH-196
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Rotate The Key    ${key}    ${user}
    The Key Should Open    ${key}    ${user}

The Secret Before The Last Is Refused
    [Tags]    AUTH-196
    ${user} =    A Logged In User
    ${first} =    An API Key    ${user}    read
    ${second} =    Rotate The Key    ${first}    ${user}
    ${third} =    Rotate The Key    ${second}    ${user}
    The Key Should Be Refused    ${first}
    The Key Should Open    ${second}    ${user}
    The Key Should Open    ${third}    ${user}

A Rotation Without Overlap Ends Every Secret Before
    [Tags]    AUTH-196
    ${user} =    A Logged In User
    ${first} =    An API Key    ${user}    read
    ${second} =    Rotate The Key    ${first}    ${user}
    Rotate The Key    ${second}    ${user}    overlap=${0}
    The Key Should Be Refused    ${first}
    The Key Should Be Refused    ${second}

Revoking Ends The Secret Before Too
    [Tags]    AUTH-196    ACC-14
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${rotated} =    Rotate The Key    ${key}    ${user}
    Revoke The Key    ${rotated}    ${user}
    The Key Should Be Refused    ${key}
    The Key Should Be Refused    ${rotated}

Switching Off Shuts The Secret Before Out Too
    [Tags]    AUTH-196    ACC-14
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${rotated} =    Rotate The Key    ${key}    ${user}
    Switch The Key    off    ${rotated}    ${user}
    The Key Should Be Refused    ${key}
    The Key Should Be Refused    ${rotated}

A Rotation Leaves The Scopes And The Expiry
    [Tags]    AUTH-196    ACC-15
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read    expires_in=${3600}
    ${rotated} =    Rotate The Key    ${key}    ${user}
    Should Be Equal    ${rotated.scopes}    ${key.scopes}
    Should Be Equal    ${rotated.expires_at}    ${key.expires_at}

A Rotation Does Not Switch A Key On
    [Tags]    AUTH-196    ACC-14
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Switch The Key    off    ${key}    ${user}
    ${rotated} =    Rotate The Key    ${key}    ${user}
    The Key Should Be Refused    ${rotated}

An Overlap Beyond What Is Configured Is Refused
    [Tags]    AUTH-196    needs:auth.problems
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    VAR    &{common} =    token=${user.access_token}    key_id=${key.id}
    ${control} =    A Row    none    accepted=${True}    overlap=${0}    &{common}
    ${long} =    A Row    a thousand years    overlap=${{ 10 ** 11 }}    &{common}
    ${negative} =    A Row    less than none    overlap=${-1}    &{common}
    ${text} =    A Row    a text    overlap=1    &{common}
    VAR    @{rows} =    ${control}    ${long}    ${negative}    ${text}
    Call Each Row    auth.rotateApiKey    ${rows}    refused_as=invalid-request
    The Key Should Be Refused    ${key}
