*** Settings ***
Documentation       How often the password can be guessed at a deletion. The platform of this suite allows three guesses.
Resource            ../../resources/deletion.resource
Suite Setup         Start A Private Platform    login_failures=${3}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.deletion    needs:auth.signup
...                 needs:auth.password    needs:auth.lockouts


*** Test Cases ***
Guesses Of The Password At A Deletion Are Limited
    [Documentation]    After as many as a log-in allows, the right one is refused as well.
    [Tags]    AUTH-177
    ${user} =    A Logged In User
    Guess Three Times    ${user}    ${user}
    Deletion Should Be Refused    ${user}    too-many-requests

Guesses At A Deletion From All Sessions Count Together
    [Tags]    AUTH-177
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}
    Guess Three Times    ${user}    ${elsewhere}
    Deletion Should Be Refused    ${user}    too-many-requests
    Deletion Should Be Refused    ${elsewhere}    too-many-requests

Guesses At A Deletion Keep Nobody From Logging In
    [Tags]    AUTH-177
    ${user} =    A Logged In User
    Guess Three Times    ${user}    ${user}
    Log In    ${user}


*** Keywords ***
Guess Three Times
    [Documentation]    Three deletions by wrong passwords, the last of them by another session where one is given.
    [Arguments]    ${user}    ${elsewhere}
    Lockouts Are Tolerated
    ${wrong} =    Fresh Password
    Deletion Should Be Refused    ${user}    password=${wrong}
    Deletion Should Be Refused    ${user}    password=${wrong}
    Deletion Should Be Refused    ${elsewhere}    password=${wrong}
