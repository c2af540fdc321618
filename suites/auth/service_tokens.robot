*** Settings ***
Documentation       Services get short tokens for a secret, and act with them where services alone may.
Resource            ../../resources/session.resource
Resource            ../../resources/service_account.resource
Resource            ../../resources/api_key.resource
Resource            ../../resources/contract.resource
Resource            ../../resources/audit.resource
Test Tags           area:auth    needs:auth.service-tokens    needs:auth.signup


*** Test Cases ***
A Service Gets A Token For Its Secret
    [Tags]    ACC-16    core
    ${service} =    A Service    users:read
    ${token} =    A Service Token    ${service}
    ${told} =    The Service Should Be Let In    ${token}    ${service}
    Should Be Equal    ${told}[permissions]    ${{ ['users:read'] }}

A Token Lives Five Minutes
    [Tags]    ACC-16
    ${service} =    A Service
    ${before} =    Now
    ${answer} =    Ask For A Service Token    ${service}
    ${told} =    The Service Should Be Let In    ${answer.body}[token]    ${service}
    Should Be Equal    ${answer.body}[expires_in]    ${300}
    Should Be Apart    ${before}    ${told}[expires_at]    at_most=302s

A Token Carries No More Than Was Asked For
    [Tags]    ACC-16
    ${service} =    A Service    @{ALL SERVICE PERMISSIONS}
    ${token} =    A Service Token    ${service}    tokens:introspect
    ${user} =    A Logged In User
    ${told} =    The Service Should Be Let In    ${token}    ${service}
    Should Be Equal    ${told}[permissions]    ${{ ['tokens:introspect'] }}
    ${answer} =    Call    auth.lookUpUser    token=${token}    user_id=${user.id}
    Should Be Refused As    ${answer}    insufficient-scope

More Than Was Granted Is Refused
    [Tags]    ACC-16    core
    ${service} =    A Service    users:read
    ${answer} =    Ask For A Service Token    ${service}    tokens:introspect
    Should Be Refused As    ${answer}    insufficient-scope

More Than Was Granted Is Refused Among What Was Granted
    [Tags]    ACC-16
    ${service} =    A Service    users:read
    ${answer} =    Ask For A Service Token    ${service}    users:read    tokens:introspect
    Should Be Refused As    ${answer}    insufficient-scope

A Service Without Permissions Gets Only Who It Is
    [Tags]    ACC-16
    ${service} =    A Service
    ${token} =    A Service Token    ${service}
    The Service Should Be Let In    ${token}    ${service}
    ${user} =    A Logged In User
    ${answer} =    Call    auth.lookUpUser    token=${token}    user_id=${user.id}
    Should Be Refused As    ${answer}    insufficient-scope

A Service That May Looks Up An Account
    [Tags]    ACC-16
    ${service} =    A Service    users:read
    ${token} =    A Service Token    ${service}
    ${user} =    A Logged In User
    ${answer} =    Call    auth.lookUpUser    token=${token}    user_id=${user.id}
    Should Match The Contract    ${answer}
    Should Be Equal    ${answer.body}[email]    ${user.email}

Permissions That There Are Not Are Refused
    [Tags]    ACC-16    needs:auth.problems
    ${service} =    A Service    users:read
    ${rows} =    Rows Of Values    requested_permissions    ${{ ['users:read'] }}    ${{ ['users:manage'] }}    ${{ ['*'] }}
    ...    ${{ ['users:read '] }}    ${{ ['USERS:READ'] }}    users:read    ${{ [None] }}    ${None}
    ...    service_id=${service.service_id}    service_secret=${service.service_secret}
    Call Each Row    auth.issueServiceToken    ${rows}    refused_as=invalid-request

The Token Of A Person Does Nothing Where Services Ask
    [Tags]    AUTH-240    core    needs:auth.user-management
    [Template]    The Token Of Somebody With This Role Is Refused Where Services Ask
    user
    admin

The Token Of A Service Does Nothing Where People Ask
    [Tags]    AUTH-240    core
    [Template]    A Service Is Refused By
    auth.getMe
    auth.verifyToken
    auth.listSessions
    auth.listUsers

The Token Of A Service Is No Good Token Of A Person
    [Tags]    AUTH-240    needs:auth.validation
    ${service} =    A Service    @{ALL SERVICE PERMISSIONS}
    ${token} =    A Service Token    ${service}
    ${verdict} =    Call    auth.validateToken    token=${token}
    Should Be Equal    ${verdict.body}    ${{ {'valid': False} }}

The Token Of A Service Renews Nothing
    [Tags]    AUTH-240    needs:auth.refresh
    ${service} =    A Service    @{ALL SERVICE PERMISSIONS}
    ${token} =    A Service Token    ${service}
    ${answer} =    Call    auth.refreshToken    refresh_token=${token}
    Should Be Refused As    ${answer}    invalid-refresh-token

Altered Secrets Are Refused
    [Tags]    AUTH-241    core
    ${service} =    A Service    users:read
    ${rows} =    Altered Forms Of Secret    ${service.service_secret}    service_secret
    ...    accepted=${service.service_secret}    service_id=${service.service_id}    requested_permissions=${{ [] }}
    Call Each Row    auth.issueServiceToken    ${rows}    refused_as=invalid-credentials

The Secret Of Another Service Is Refused
    [Tags]    AUTH-241
    ${one} =    A Service
    ${other} =    A Service
    ${answer} =    Ask For A Service Token    ${one}    secret=${other.service_secret}
    Should Be Refused As    ${answer}    invalid-credentials

Unknown Services Are Answered Like A Wrong Secret
    [Tags]    AUTH-241
    ${service} =    A Service
    ${revoked} =    A Service
    Revoke The Service    ${revoked}
    VAR    &{nobody} =    service_id=nobody    service_secret=${service.service_secret}
    ${wrong} =    Ask For A Service Token    ${service}    secret=${revoked.service_secret}
    ${unknown} =    Ask For A Service Token    ${nobody}
    ${ended} =    Ask For A Service Token    ${revoked}
    Should Be Refused As    ${wrong}    invalid-credentials
    Should Look Alike    ${wrong}    ${unknown}
    Should Look Alike    ${wrong}    ${ended}

What A Service Was Granted Is Told To Nobody Without Its Secret
    [Tags]    AUTH-241
    ${service} =    A Service    users:read
    ${wrong} =    Fresh Password
    ${within} =    Ask For A Service Token    ${service}    users:read    secret=${wrong}
    ${beyond} =    Ask For A Service Token    ${service}    tokens:introspect    secret=${wrong}
    Should Be Refused As    ${within}    invalid-credentials
    Should Look Alike    ${within}    ${beyond}

Guesses Are Limited And Stop No Other Service
    [Tags]    AUTH-241    needs:auth.lockouts
    ${service} =    A Service
    ${other} =    A Service
    ${guesses} =    Call Together    auth.issueServiceToken    25    service_id=${service.service_id}
    ...    service_secret=${other.service_secret}    requested_permissions=${{ [] }}
    None Should Succeed    ${guesses}
    ${answer} =    Ask For A Service Token    ${service}
    Should Be Refused As    ${answer}    too-many-requests
    A Service Token    ${other}

A Secret Is Told Once
    [Tags]    AUTH-242
    ${service} =    A Service
    ${admin} =    Somebody With The Role    admin
    ${list} =    Call    auth.listServices    token=${admin.access_token}
    Should Match The Contract    ${list}
    Should Contain    ${{ [one['service_id'] for one in $list.body['services']] }}    ${service.service_id}
    Answer Should Hold No Secret    ${list}    secret=${service.service_secret}

No Secret Of A Service Is Stored As It Is
    [Tags]    AUTH-242    needs:auth.database
    ${service} =    A Service
    ${rotated} =    Another Secret For    ${service}
    No Record Should Hold    ${service.service_id}    secret=${service.service_secret}    new=${rotated.service_secret}

Secrets Of Services Cannot Be Guessed
    [Tags]    AUTH-242
    ${service} =    A Service
    ${secrets} =    Eight Secrets Of    ${service}
    Secrets Should Be Unguessable    @{secrets}

Another Secret Takes The Place Of The One Before At Once
    [Tags]    AUTH-242    core
    ${service} =    A Service
    ${rotated} =    Another Secret For    ${service}
    A Service Token    ${rotated}
    ${answer} =    Ask For A Service Token    ${service}
    Should Be Refused As    ${answer}    invalid-credentials

A Revoked Service Loses A Living Token
    [Tags]    AUTH-243    core
    ${service} =    A Service
    ${token} =    A Service Token    ${service}
    The Service Should Be Let In    ${token}    ${service}
    Revoke The Service    ${service}
    The Service Should Be Shut Out    ${token}

The Id Of A Revoked Service Is Not Given Again
    [Tags]    AUTH-243
    ${service} =    A Service
    Revoke The Service    ${service}
    ${admin} =    Somebody With The Role    admin
    ${answer} =    Call    auth.createService    token=${admin.access_token}    service_id=${service.service_id}
    ...    service_name=Another    permissions=${{ [] }}
    Should Be Refused As    ${answer}    conflict

A Revoked Service Is Not Found
    [Tags]    AUTH-243
    ${service} =    A Service
    Revoke The Service    ${service}
    ${admin} =    Somebody With The Role    admin
    ${again} =    Call    auth.revokeService    token=${admin.access_token}    service_id=${service.service_id}
    Should Be Refused As    ${again}    not-found
    ${rotated} =    Call    auth.rotateServiceSecret    token=${admin.access_token}    service_id=${service.service_id}
    Should Be Refused As    ${rotated}    not-found

Only Administrators Keep Accounts Of Services
    [Tags]    AUTH-243    needs:auth.user-management
    ${support} =    Somebody With The Role    support
    ${answer} =    Call    auth.createService    token=${support.access_token}    service_id=mine
    ...    service_name=Mine    permissions=${{ [] }}
    Should Be Refused As    ${answer}    insufficient-scope

What Happens To A Service Is Told
    [Tags]    AUTH-244    needs:auth.security-log
    ${service} =    A Service
    ${rotated} =    Another Secret For    ${service}
    A Service Token    ${rotated}
    Ask For A Service Token    ${service}
    Revoke The Service    ${service}
    Wait For Security Event    service.revoked    service_id=${service.service_id}
    ${events} =    Security Events    service_id=${service.service_id}
    Should Be Equal    ${{ [event['event'] for event in $events] }}
    ...    ${{ ['service.created', 'service.rotated', 'service-token.issued', 'service-token.refused', 'service.revoked'] }}
    No Log Should Hold    secret=${service.service_secret}    new=${rotated.service_secret}

Who Keeps Accounts Of Services Is Told
    [Tags]    AUTH-244    needs:auth.security-log
    ${administrator} =    An Administrator
    ${service} =    A Service
    Exactly One Security Event Should Tell    service.created    service_id=${service.service_id}
    ...    actor_id=${administrator.id}

A Good Token Is Told With Whose It Is
    [Tags]    AUTH-245    core
    ${service} =    A Service    tokens:introspect
    ${token} =    A Service Token    ${service}
    ${user} =    A Logged In User
    ${told} =    Introspect    ${user.access_token}    ${token}
    Should Be True    ${told}[active]
    Should Be Equal    ${told}[sub]    ${user.id}
    Should Be Equal    ${told}[token_type]    access_token

A Key Is Told With What The Role Of Its Owner Still Permits
    [Tags]    AUTH-245    AUTH-200    needs:auth.api-keys    needs:auth.user-management
    ${service} =    A Service    tokens:introspect
    ${token} =    A Service Token    ${service}
    ${key} =    An API Key Of An Administrator    read    admin
    ${before} =    Introspect    ${key.secret}    ${token}
    Should Be Equal    ${{ sorted($before['scope'].split()) }}    ${{ ['admin', 'read', 'write'] }}
    Give The Role    user    ${key.owner}
    ${after} =    Introspect    ${key.secret}    ${token}
    Should Be Equal    ${after}[scope]    read

An Ended Token Is Told As Such And Nothing Else
    [Tags]    AUTH-245    core    needs:auth.logout
    ${service} =    A Service    tokens:introspect
    ${token} =    A Service Token    ${service}
    ${user} =    A Logged In User
    Introspect    ${user.access_token}    ${token}
    Log Out    ${user}
    ${told} =    Introspect    ${user.access_token}    ${token}
    Should Be Equal    ${told}    ${{ {'active': False} }}

A Text That Is No Credential Is Told Like An Ended One
    [Tags]    AUTH-245
    ${service} =    A Service    tokens:introspect
    ${token} =    A Service Token    ${service}
    ${made up} =    Fresh Password    60
    ${told} =    Introspect    ${made up}    ${token}
    Should Be Equal    ${told}    ${{ {'active': False} }}

The Token Of A Service Is Not Told
    [Tags]    AUTH-245    AUTH-240
    ${service} =    A Service    tokens:introspect
    ${token} =    A Service Token    ${service}
    ${told} =    Introspect    ${token}    ${token}
    Should Be Equal    ${told}    ${{ {'active': False} }}


*** Keywords ***
The Token Of Somebody With This Role Is Refused Where Services Ask
    [Documentation]    Whatever they may otherwise do.
    [Arguments]    ${role}
    ${user} =    Somebody With The Role    ${role}
    The Service Should Be Shut Out    ${user.access_token}
    ${answer} =    Call    auth.lookUpUser    token=${user.access_token}    user_id=${user.id}
    Should Be Refused As    ${answer}    invalid-token

A Service Is Refused By
    [Documentation]    With every permission that services can have.
    [Arguments]    ${operation}
    ${service} =    A Service    @{ALL SERVICE PERMISSIONS}
    ${token} =    A Service Token    ${service}
    ${answer} =    Call    ${operation}    token=${token}
    Should Be Refused As    ${answer}    invalid-token

Eight Secrets Of
    [Documentation]    The secrets that a service gets one after the other.
    [Arguments]    ${service}
    VAR    @{secrets} =    @{EMPTY}
    FOR    ${_}    IN RANGE    8
        ${rotated} =    Another Secret For    ${service}
        VAR    @{secrets} =    @{secrets}    ${rotated.service_secret}
    END
    RETURN    ${secrets}
