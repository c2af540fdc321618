*** Settings ***
Documentation       What is asked by and about those with rights, keys and second factors is answered as the contract promises.
Resource            ../../resources/position.resource
Resource            ../../resources/contract.resource
Test Tags           area:auth    needs:auth.contract


*** Test Cases ***
What Administrators Ask About People Is Answered As Promised
    [Tags]    AUTH-60    needs:auth.user-management
    ${asking} =    An Administrator And Somebody
    VAR    &{of} =    token=${asking}[access_token]    user_id=${asking}[user_id]
    Should Be As Promised    auth.listUsers    token=${asking}[access_token]
    Should Be As Promised    auth.getUser    &{of}
    Should Be As Promised    auth.setUserRole    &{of}    role=${asking}[role]
    Should Be As Promised    auth.disableUser    &{of}
    Should Be As Promised    auth.enableUser    &{of}
    Should Be As Promised    auth.endUserSessions    &{of}

A Change Of The Profile Is Answered As Promised
    [Tags]    AUTH-60    needs:auth.profile-change    needs:auth.signup
    ${user} =    A User With A Name In Mind
    Should Be As Promised    auth.updateMe    token=${user}[access_token]    full_name=${user}[full_name]

What Is Asked About Keys Is Answered As Promised
    [Tags]    AUTH-60    needs:auth.api-keys    needs:auth.signup
    ${wanting} =    A User With A Key In Mind
    Should Be As Promised    auth.createApiKey    token=${wanting}[access_token]    name=${wanting}[name]
    ...    scopes=${wanting}[scopes]
    ${having} =    A User With A Key
    VAR    &{of} =    token=${having}[access_token]    key_id=${having}[key_id]
    Should Be As Promised    auth.updateApiKey    &{of}    name=${having}[name]
    Should Be As Promised    auth.rotateApiKey    &{of}
    Should Be As Promised    auth.revokeApiKey    &{of}

What Administrators Ask About Services Is Answered As Promised
    [Tags]    AUTH-60    needs:auth.service-tokens
    ${wanting} =    An Administrator With A Service In Mind
    Should Be As Promised    auth.createService    token=${wanting}[access_token]    service_id=${wanting}[service_id]
    ...    service_name=${wanting}[service_name]    permissions=${wanting}[permissions]
    ${having} =    An Administrator With A Service
    VAR    &{of} =    token=${having}[access_token]    service_id=${having}[service_id]
    Should Be As Promised    auth.listServices    token=${having}[access_token]
    Should Be As Promised    auth.issueServiceToken    service_id=${having}[service_id]
    ...    service_secret=${having}[service_secret]    requested_permissions=${having}[permissions]
    Should Be As Promised    auth.rotateServiceSecret    &{of}
    Should Be As Promised    auth.revokeService    &{of}

What Is Asked About Second Factors Is Answered As Promised
    [Tags]    AUTH-60    needs:auth.second-factor    needs:auth.signup
    ${enrolled} =    A User Who Has Enrolled
    Should Be As Promised    auth.confirmSecondFactor    token=${enrolled}[access_token]    code=${enrolled}[code]
    ${user} =    A User With A Second Factor And A Code
    Should Be As Promised    auth.disableSecondFactor    token=${user}[access_token]    password=${user}[password]
    ...    code=${user}[code]
    ${waiting} =    A Log-In To Finish
    Should Be As Promised    auth.finishLogIn    challenge_token=${waiting}[challenge_token]    code=${waiting}[code]
