*** Settings ***
Documentation       A password is asked for in one place, the body of a log-in; anywhere else even the right one counts for nothing.
Resource            ../../resources/session.resource
Resource            ../../resources/http.resource
Test Tags           area:auth    needs:auth.password


*** Test Cases ***
Name And Password By HTTP Basic Let Nobody In
    [Tags]    AUTH-270    needs:auth.profile
    ${user} =    A Logged In User
    As    ${user}
    ${with token} =    GET From The Platform    auth.getMe
    Field Should Be    ${with token}    email    ${user.email}
    As Nobody
    ${with password} =    GET From The Platform    auth.getMe    auth=${{ ($user.email, $user.password) }}
    Should Be Refused As    ${with password}    missing-token

Name And Password By HTTP Basic Show No Sessions
    [Tags]    AUTH-270    needs:auth.sessions
    ${user} =    A Logged In User
    ${answer} =    GET From The Platform    auth.listSessions    auth=${{ ($user.email, $user.password) }}
    Should Be Refused As    ${answer}    missing-token

A Password In The Address Of A Log-In Counts For Nothing
    [Tags]    AUTH-270    needs:auth.contract
    ${account} =    A Verified Account
    ${in address} =    POST To The Platform    auth.logIn    params=${account}    json=${{ {} }}
    Should Be Refused As    ${in address}    invalid-request
    ${in body} =    POST To The Platform    auth.logIn    email=${account.email}    password=${account.password}
    Field Should Be    ${in body}    user/email    ${account.email}

The Right Password In The Address Does Not Mend A Wrong One
    [Tags]    AUTH-270    needs:auth.contract
    ${account} =    A Verified Account
    ${wrong} =    Fresh Password
    VAR    &{body} =    email=${account.email}    password=${wrong}
    ${answer} =    POST To The Platform    auth.logIn    params=${account}    json=${body}
    Should Be Refused As    ${answer}    invalid-credentials

Nobody Logs In By Following A Link
    [Documentation]    A link is opened, shown and kept by programs that nobody thinks of.
    [Tags]    AUTH-270    needs:auth.contract
    ${account} =    A Verified Account
    ${answer} =    GET From The Platform    auth.logIn    email=${account.email}    password=${account.password}
    Should Be Refused As    ${answer}    method-not-allowed    status=405
