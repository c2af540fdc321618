*** Settings ***
Documentation       What a key opens, what its owner's role permits, and whose keys they are.
Resource            ../../resources/session.resource
Resource            ../../resources/api_key.resource
Resource            ../../resources/contract.resource
Test Tags           area:auth    needs:auth.api-keys    needs:auth.signup    needs:auth.profile


*** Test Cases ***
A Key For Reading Changes Nothing
    [Tags]    ACC-15    core    needs:auth.profile-change
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${answer} =    Call    auth.updateMe    api_key=${key.secret}    full_name=Mallory
    Should Be Refused As    ${answer}    insufficient-scope    status=403
    ${me} =    Call    auth.getMe    token=${user.access_token}
    Should Not Be Equal    ${me.body}[full_name]    Mallory

A Key For Writing Reads Nothing
    [Tags]    ACC-15    needs:auth.profile-change
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    write
    ${answer} =    Call    auth.getMe    api_key=${key.secret}
    Should Be Refused As    ${answer}    insufficient-scope
    ${written} =    Call    auth.updateMe    api_key=${key.secret}    full_name=Ann
    Should Succeed    ${written}

A Key For Reading And Writing Of An Administrator Does Not Administer
    [Tags]    ACC-15    core    needs:auth.user-management
    ${key} =    An API Key Of An Administrator    read    write
    ${user} =    A Logged In User
    ${answer} =    Call    auth.disableUser    api_key=${key.secret}    user_id=${user.id}
    Should Be Refused As    ${answer}    insufficient-scope
    Should Be Let In    ${user}

A Key For Administration Opens What The Others Do
    [Tags]    ACC-15    needs:auth.user-management    needs:auth.profile-change
    ${key} =    An API Key Of An Administrator    admin
    The Key Should Open    ${key}    ${key.owner}
    ${written} =    Call    auth.updateMe    api_key=${key.secret}    full_name=Ann
    Should Succeed    ${written}
    ${list} =    Call    auth.listUsers    api_key=${key.secret}    limit=1
    Should Succeed    ${list}

Nobody Makes A Key For More Than Their Role Permits
    [Tags]    AUTH-200    core
    [Template]    With This Role A Key For Administration Is Refused
    user
    support

A Key For More Than The Role Permits Is Refused Among Other Scopes
    [Tags]    AUTH-200
    ${user} =    A Logged In User
    ${answer} =    Call    auth.createApiKey    token=${user.access_token}    name=Nightly
    ...    scopes=${{ ['read', 'write', 'admin'] }}
    Should Be Refused As    ${answer}    insufficient-scope
    ${keys} =    Keys Of    ${user}
    Should Be Empty    ${keys}

A Key Loses What The Role Of Its Owner Loses
    [Tags]    AUTH-200    core    needs:auth.user-management
    ${key} =    An API Key Of An Administrator    read    admin
    ${list} =    Call    auth.listUsers    api_key=${key.secret}    limit=1
    Should Succeed    ${list}
    Give The Role    user    ${key.owner}
    ${answer} =    Call    auth.listUsers    api_key=${key.secret}    limit=1
    Should Be Refused As    ${answer}    insufficient-scope
    The Key Should Open    ${key}    ${key.owner}

A Key Of Somebody Who Lost The Role Holds Nothing By It
    [Documentation]    The scope of administration holds the others only while it is permitted itself.
    [Tags]    AUTH-200    needs:auth.user-management
    ${key} =    An API Key Of An Administrator    admin
    Give The Role    user    ${key.owner}
    ${answer} =    Call    auth.getMe    api_key=${key.secret}
    Should Be Refused As    ${answer}    insufficient-scope

A Key Does Nothing With Keys
    [Tags]    AUTH-201    core
    ${key} =    An API Key Of An Administrator    admin
    ${made} =    Call    auth.createApiKey    api_key=${key.secret}    name=Another    scopes=${{ ['read'] }}
    Should Be Refused As    ${made}    missing-token
    ${rotated} =    Call    auth.rotateApiKey    api_key=${key.secret}    key_id=${key.id}
    Should Be Refused As    ${rotated}    missing-token
    ${revoked} =    Call    auth.revokeApiKey    api_key=${key.secret}    key_id=${key.id}
    Should Be Refused As    ${revoked}    missing-token
    The Key Should Open    ${key}    ${key.owner}

A Key Changes No Password
    [Tags]    AUTH-201    needs:auth.password-change
    ${key} =    An API Key Of An Administrator    admin
    ${new} =    Fresh Password
    ${answer} =    Call    auth.changePassword    api_key=${key.secret}
    ...    current_password=${key.owner.password}    new_password=${new}
    Should Be Refused As    ${answer}    missing-token
    Log In    ${key.owner}

A Key Gives Nobody A Role
    [Tags]    AUTH-201    needs:auth.user-management
    ${key} =    An API Key Of An Administrator    admin
    ${user} =    A Logged In User
    ${answer} =    Call    auth.setUserRole    api_key=${key.secret}    user_id=${user.id}    role=admin
    Should Be Refused As    ${answer}    missing-token

A Key And A Token Together Are Refused
    [Tags]    AUTH-202
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${answer} =    Call    auth.getMe    api_key=${key.secret}    token=${user.access_token}
    Should Be Refused As    ${answer}    malformed-request    status=400

A Bad Key Beside A Good Token Is Refused
    [Tags]    AUTH-202
    [Template]    A Bad Key And A Good Token Are Refused By
    auth.getMe
    auth.listSessions
    auth.listApiKeys

A Key That Is No Access Token Is None
    [Tags]    AUTH-202
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${answer} =    Call    auth.getMe    token=${key.secret}
    Should Be Refused As    ${answer}    invalid-token
    ${reverse} =    Call    auth.getMe    api_key=${user.access_token}
    Should Be Refused As    ${reverse}    invalid-api-key

Keys Of Somebody Else Are Answered As If There Were None
    [Tags]    AUTH-204    core
    [Template]    A Stranger Is Answered As If There Were No Such Key By
    auth.updateApiKey    disabled=${True}
    auth.rotateApiKey    overlap=${0}
    auth.revokeApiKey

An Administrator Is A Stranger To The Keys Of Others
    [Tags]    AUTH-204    needs:auth.user-management
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${answer} =    Call    auth.rotateApiKey    token=${admin.access_token}    key_id=${key.id}
    Should Be Refused As    ${answer}    not-found
    The Key Should Open    ${key}    ${user}

Keys Of Somebody Else Are Not Listed
    [Tags]    AUTH-204
    ${owner} =    A Logged In User
    ${stranger} =    A Logged In User
    An API Key    ${owner}    read
    ${keys} =    Keys Of    ${stranger}
    Should Be Empty    ${keys}


*** Keywords ***
With This Role A Key For Administration Is Refused
    [Documentation]    And none is made.
    [Arguments]    ${role}
    ${user} =    Somebody With The Role    ${role}
    ${answer} =    Call    auth.createApiKey    token=${user.access_token}    name=Nightly    scopes=${{ ['admin'] }}
    Should Be Refused As    ${answer}    insufficient-scope
    ${keys} =    Keys Of    ${user}
    Should Be Empty    ${keys}

A Bad Key And A Good Token Are Refused By
    [Documentation]    The token alone is good enough for the operation.
    [Arguments]    ${operation}
    ${user} =    A Logged In User
    ${made up} =    Fresh Password    60
    ${control} =    Call    ${operation}    token=${user.access_token}
    Should Succeed    ${control}
    ${answer} =    Call    ${operation}    token=${user.access_token}    api_key=${made up}
    Should Be Refused As    ${answer}    malformed-request

A Stranger Is Answered As If There Were No Such Key By
    [Documentation]    The key goes on as it was.
    [Arguments]    ${operation}    &{fields}
    ${owner} =    A Logged In User
    ${stranger} =    A Logged In User
    ${key} =    An API Key    ${owner}    read
    VAR    &{asked} =    token=${stranger.access_token}    &{fields}
    ${existing} =    Call    ${operation}    key_id=${key.id}    &{asked}
    ${missing} =    Call    ${operation}    key_id=${{ str(uuid.uuid4()) }}    &{asked}
    Should Be Refused As    ${existing}    not-found
    Should Look Alike    ${existing}    ${missing}
    The Key Should Open    ${key}    ${owner}
