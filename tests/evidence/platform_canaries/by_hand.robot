*** Settings ***
Documentation       What a tester writes by hand shows every credential as little as the rest; each of its keywords is used.
Resource            ../../../resources/session.resource
Resource            ../../../resources/http.resource
Library             Keeper.py
Suite Setup         Somebody Is Logged In

*** Test Cases ***
A Log-In By Hand, Shown And Compared
    ${answer} =    POST To The Platform    auth.logIn    email=${USER.email}    password=${USER.password}
    Write Down    token by hand    ${answer.body}[access_token]
    Write Down    refresh token by hand    ${answer.body}[refresh_token]
    Log    ${answer.text}
    Field Should Match    ${answer}    user/email    nothing like it

A Token In Headers
    VAR    &{headers} =    X-Token=${USER.refresh_token}
    As    ${USER}
    ${answer} =    GET From The Platform    auth.getMe    headers=${headers}    also=${USER.access_token}
    Field Should Be Absent    ${answer}    email

Basic, Cookies And Parts Of Paths
    ${answer} =    DELETE From The Platform    /auth/sessions/{session_id}    session_id=${USER.refresh_token}
    ...    auth=${{ ($USER.email, $USER.password) }}    cookies=${{ {'sid': $USER.refresh_token} }}
    Should Succeed    ${answer}

Put And Patched
    ${answer} =    PUT To The Platform    /auth/me    password=${USER.password}
    Should Have Status    ${answer}    405
    ${answer} =    PATCH To The Platform    /auth/me    data=${{ {'token': $USER.access_token} }}
    Should Have Status    ${answer}    200

A Secret Inside A Text
    GET From The Platform    auth.getMe    headers=${{ {'Authorization': f'Bearer {$USER.access_token}'} }}

Without The Keywords Of The Resource
    ${request} =    Prepare Request    GET    auth.getMe
    ${token} =    Opened    ${USER.access_token}
    GET On Session    ${request.alias}    ${request.path}    headers=${{ {'Authorization': f'Bearer {$token}'} }}
    ...    expected_status=404

*** Keywords ***
Somebody Is Logged In
    ${password} =    Odd Password
    Write Down    password by hand    ${password}
    ${account} =    A Verified Account    ${password}
    ${user} =    Log In    ${account}
    VAR    ${USER} =    ${user}    scope=SUITE
    Write Down    access token of the user    ${user.access_token}
    Write Down    refresh token of the user    ${user.refresh_token}
