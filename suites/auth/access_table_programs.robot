*** Settings ***
Documentation       Every operation of the contract for programs: those with a key of somebody, and services with a token of their own.
Resource            ../../resources/access.resource
Suite Setup         Start A Private Platform    argon2_time_cost=${1}    argon2_memory_kib=${64}
...                 token_conformance=${True}    session_limit=${1000}    login_failures=${1000}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.user-management
...                 needs:auth.api-keys    needs:auth.signup    needs:auth.sessions    needs:auth.fuzzing
...                 needs:auth.service-tokens


*** Test Cases ***
Each Scope Of A Key
    [Tags]    AUTH-207    ACC-15    core
    [Template]    A Key With These Scopes
    read
    write
    admin
    read    write

A Key That Was Revoked
    [Tags]    AUTH-207    ACC-14
    ${caller} =    A Caller By A Key    read    write    admin
    Revoke The Key    ${caller.key}    ${caller.person}
    Every Operation Refuses The Dead Credential Of    ${caller}

A Key That Is Switched Off
    [Tags]    AUTH-207    ACC-14
    ${caller} =    A Caller By A Key    read    write    admin
    Switch The Key    off    ${caller.key}    ${caller.person}
    Every Operation Refuses The Dead Credential Of    ${caller}

A Key Of Somebody Shut Out
    [Tags]    AUTH-207    AUTH-198
    ${caller} =    A Caller By A Key    read    write    admin
    ${other} =    Somebody With The Role    admin
    Shut Out    ${caller.person}    by=${other}
    Every Operation Refuses The Dead Credential Of    ${caller}

A Key That Has Expired
    [Tags]    AUTH-207    ACC-14
    ${key} =    An API Key Of An Administrator    admin    expires_in=${1}
    Wait Until After    ${key.expires_at}
    VAR    &{caller} =    way=api_key    presented=${{ {'api_key': $key['secret']} }}    person=${key.owner}
    Every Operation Refuses The Dead Credential Of    ${caller}

Each Permission Of A Service
    [Tags]    AUTH-207    ACC-16    AUTH-240    core
    [Template]    A Service With These Permissions
    tokens:introspect
    users:read
    tokens:introspect    users:read

A Service That Was Revoked
    [Tags]    AUTH-207    AUTH-243
    ${caller} =    A Caller By A Service Token    @{ALL SERVICE PERMISSIONS}
    Revoke The Service    ${caller.service}
    Every Operation Refuses The Dead Credential Of    ${caller}

Methods That The Contract Does Not Know Are Refused To Keys
    [Tags]    AUTH-209
    ${caller} =    A Caller By A Key    admin
    No Method Beyond The Contract Is Taken From    ${caller}


*** Keywords ***
A Key With These Scopes
    [Documentation]    Of an administrator, so that the scopes alone decide.
    [Arguments]    @{scopes}
    ${caller} =    A Caller By A Key    @{scopes}
    Every Operation Decides As The Contract Says About    ${caller}

A Service With These Permissions
    [Documentation]    By a token of its own.
    [Arguments]    @{permissions}
    ${caller} =    A Caller By A Service Token    @{permissions}
    Every Operation Decides As The Contract Says About    ${caller}
