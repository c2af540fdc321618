*** Settings ***
Documentation       Uses every credential of a real platform, carelessly, and fails with each.
Resource            ../../../resources/account.resource
Resource            ../../../resources/session.resource
Library             RequestsLibrary
Library             Keeper.py
Suite Setup         Log In With An Odd Password

*** Test Cases ***
Answers Shown And Compared
    ${response} =    Call    auth.logIn    email=${USER.email}    password=${USER.password}
    Log    ${response.text}
    Should Be Equal    ${response.text}    nothing

Tokens Shown And Compared
    ${token} =    Opened    ${ACCESS}
    Log    ${token}
    Should Be Equal    ${token}    nothing

A Password In Clear
    ${password} =    Opened    ${USER.password}
    ${response} =    Call    auth.logIn    email=x${USER.email}    password=${password}
    Should Succeed    ${response}

A Refresh Token In The Wrong Place
    ${token} =    Opened    ${REFRESH}
    ${response} =    Call    auth.getMe    authorization=Bearer ${token}
    Should Succeed    ${response}

By Hand
    ${token} =    Opened    ${ACCESS}
    ${url} =    Evaluate    assay.core.run.current().service_url('auth')    modules=assay.core.run
    VAR    &{headers}    Authorization=Bearer ${token}
    GET    ${url}/auth/me    headers=${headers}    expected_status=404

In A Query
    ${token} =    Opened    ${REFRESH}
    ${response} =    Call    auth.getMe    token=${ACCESS}    also=${token}
    Should Be Refused As    ${response}    invalid-token

In Raw Bytes
    ${token} =    Opened    ${ACCESS}
    ${answer} =    Call Raw
    ...    auth
    ...    GET /auth/me HTTP/1.1\\r\\nHost: {host}\\r\\nAuthorization: Bearer ${token}\\r\\n\\r\\n
    Should Be Equal    ${answer.text}    nothing

The Administrator's
    ${admin} =    Account Of The Target    admin
    Write Down    admin password    ${admin}[password]
    ${response} =    Call    auth.logIn    email=${admin}[email]    password=${admin}[password]
    Write Down    admin token    ${response.body}[access_token]
    Log    ${response.text}
    Should Be Equal    ${response.text}    nothing

*** Keywords ***
Log In With An Odd Password
    ${password} =    Odd Password
    Write Down    password    ${password}
    VAR    ${USER} =    ${NONE}    scope=SUITE
    ${USER} =    A Verified Account    ${password}
    VAR    ${USER} =    ${USER}    scope=SUITE
    ${response} =    Call    auth.logIn    email=${USER.email}    password=${USER.password}
    Should Succeed    ${response}
    VAR    ${ACCESS} =    ${response.body}[access_token]    scope=SUITE
    VAR    ${REFRESH} =    ${response.body}[refresh_token]    scope=SUITE
    Write Down    access token    ${ACCESS}
    Write Down    refresh token    ${REFRESH}
