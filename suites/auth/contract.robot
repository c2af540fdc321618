*** Settings ***
Documentation       That each operation answers as its contract says, when it is asked well and when it is not.
Resource            ../../resources/session.resource
Resource            ../../resources/position.resource
Resource            ../../resources/contract.resource
Test Tags           area:auth


*** Test Cases ***
Sign-Up Answers As Promised
    [Tags]    AUTH-60    needs:auth.signup    needs:auth.contract
    ${person} =    A Person
    Should Be As Promised    auth.signUp    email=${person.email}    password=${person.password}

Confirming An Address Answers As Promised
    [Tags]    AUTH-60    needs:auth.signup    needs:auth.email-verification    needs:auth.mail    needs:auth.contract
    ${somebody} =    A Confirmation To Give
    Should Be As Promised    auth.verifyEmail    token=${somebody}[token]

Log-In Answers As Promised
    [Tags]    AUTH-60    needs:auth.contract
    ${account} =    A Verified Account
    Should Be As Promised    auth.logIn    email=${account.email}    password=${account.password}

A Change Of The Password Answers As Promised
    [Tags]    AUTH-60    needs:auth.password-change    needs:auth.signup    needs:auth.contract
    ${user} =    A Logged In User Who Knows Another Password
    Should Be As Promised    auth.changePassword    token=${user}[access_token]
    ...    current_password=${user}[password]    new_password=${user}[new_password]

A Request For A Reset Answers As Promised
    [Tags]    AUTH-60    needs:auth.password-reset    needs:auth.signup    needs:auth.contract
    ${account} =    A Verified Account
    Should Be As Promised    auth.requestPasswordReset    email=${account.email}

A Reset Answers As Promised
    [Tags]    AUTH-60    needs:auth.password-reset    needs:auth.signup    needs:auth.mail    needs:auth.contract
    ${somebody} =    A Reset To Confirm
    Should Be As Promised    auth.resetPassword    token=${somebody}[token]    new_password=${somebody}[new_password]

Refresh Answers As Promised
    [Tags]    AUTH-60    needs:auth.refresh    needs:auth.contract
    ${user} =    A Logged In User
    Should Be As Promised    auth.refreshToken    refresh_token=${user.refresh_token}

Log-Out Answers As Promised
    [Tags]    AUTH-60    needs:auth.logout    needs:auth.contract
    ${user} =    A Logged In User
    Should Be As Promised    auth.logOut    token=${user.access_token}

Log-Out Everywhere Answers As Promised
    [Tags]    AUTH-60    needs:auth.logout-all    needs:auth.contract
    ${user} =    A Logged In User
    Should Be As Promised    auth.logOutEverywhere    token=${user.access_token}

A Person Is Told About Themselves As Promised
    [Tags]    AUTH-60    needs:auth.contract
    ${user} =    A Logged In User
    Should Be As Promised    auth.getMe    token=${user.access_token}

A Session Is Told As Promised
    [Tags]    AUTH-60    needs:auth.sessions    needs:auth.contract
    ${user} =    A Logged In User
    Should Be As Promised    auth.getSession    token=${user.access_token}

Sessions Are Listed As Promised
    [Tags]    AUTH-60    needs:auth.sessions    needs:auth.contract
    ${user} =    A Logged In User
    Should Be As Promised    auth.listSessions    token=${user.access_token}

Ending A Session Answers As Promised
    [Tags]    AUTH-60    needs:auth.sessions    needs:auth.contract
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    Should Be As Promised    auth.endSession    token=${user.access_token}    session_id=${session}[id]

A Good Token Is Told As Promised
    [Tags]    AUTH-60    needs:auth.validation    needs:auth.contract
    ${user} =    A Logged In User
    Should Be As Promised    auth.verifyToken    token=${user.access_token}

Keys Are Published As Promised
    [Tags]    AUTH-60    needs:auth.jwks    needs:auth.contract
    Should Be As Promised    auth.getJwks

Discovery Answers As Promised
    [Tags]    AUTH-60    needs:auth.discovery    needs:auth.contract
    Should Be As Promised    auth.getDiscovery

The Health Check Answers As Promised
    [Tags]    AUTH-60    AUTH-55    needs:auth.health    needs:auth.contract
    ${answer} =    Should Be As Promised    auth.getHealth
    Should Tell Nothing Of The Inside    ${answer}

Readiness Answers As Promised
    [Tags]    AUTH-60    AUTH-55    needs:auth.readiness    needs:auth.contract
    ${answer} =    Should Be As Promised    auth.getReadiness
    Should Tell Nothing Of The Inside    ${answer}

The Contract Handed Out Promises What Was Agreed
    [Tags]    AUTH-61    needs:auth.contract
    ${answer} =    Call    auth.getContract
    Should Succeed    ${answer}
    Served Contract Should Promise    ${answer}    auth    without=conformance

Wrong Credentials Are Refused As Promised
    [Tags]    AUTH-62    AUTH-66    needs:auth.problems    needs:auth.password
    ${nobody} =    A Person
    Should Be Refused As Promised    invalid-credentials    auth.logIn
    ...    email=${nobody.email}    password=${nobody.password}

An Unconfirmed Account Is Refused As Promised
    [Tags]    AUTH-62    AUTH-66    needs:auth.problems    needs:auth.signup    needs:auth.password
    ${person} =    An Unconfirmed Account
    Should Be Refused As Promised    email-not-verified    auth.logIn
    ...    email=${person.email}    password=${person.password}

A Bad Access Token Is Refused As Promised
    [Tags]    AUTH-62    AUTH-66    needs:auth.problems
    ${made up} =    Fresh Password    43
    Should Be Refused As Promised    invalid-token    auth.getMe    token=${made up}

No Access Token Is Refused As Promised
    [Tags]    AUTH-62    AUTH-66    needs:auth.problems
    Should Be Refused As Promised    missing-token    auth.getMe

A Bad Refresh Token Is Refused As Promised
    [Tags]    AUTH-62    AUTH-66    needs:auth.problems    needs:auth.refresh
    ${made up} =    Fresh Password    43
    Should Be Refused As Promised    invalid-refresh-token    auth.refreshToken    refresh_token=${made up}

A Bad Confirmation Token Is Refused As Promised
    [Tags]    AUTH-62    AUTH-66    needs:auth.problems    needs:auth.email-verification
    ${made up} =    Fresh Password    43
    ${answer} =    Call    auth.verifyEmail    token=${made up}
    Should Be Refused As    ${answer}    invalid-verification-token
    Should Be A Problem Document    ${answer}
    Should Match The Contract    ${answer}

A Bad Reset Token Is Refused As Promised
    [Tags]    AUTH-62    AUTH-66    needs:auth.problems    needs:auth.password-reset
    ${made up} =    Fresh Password    43
    ${answer} =    Call    auth.resetPassword    token=${made up}    new_password=${made up}
    Should Be Refused As    ${answer}    invalid-reset-token
    Should Be A Problem Document    ${answer}
    Should Match The Contract    ${answer}

A Wrong Current Password Is Refused As Promised
    [Tags]    AUTH-62    AUTH-66    needs:auth.problems    needs:auth.password-change    needs:auth.signup
    ${user} =    A Logged In User
    ${wrong} =    Fresh Password
    ${new} =    Fresh Password
    Should Be Refused As Promised    wrong-password    auth.changePassword    token=${user.access_token}
    ...    current_password=${wrong}    new_password=${new}

A Session That Does Not Exist Is Refused As Promised
    [Tags]    AUTH-62    AUTH-66    needs:auth.problems    needs:auth.sessions
    ${user} =    A Logged In User
    Should Be Refused As Promised    not-found    auth.endSession    token=${user.access_token}    session_id=none

An Invalid Sign-Up Is Refused As Promised And Names The Field
    [Tags]    AUTH-62    AUTH-09    needs:auth.problems    needs:auth.signup
    ${password} =    Fresh Password
    ${answer} =    Call    auth.signUp    email=nobody    password=${password}
    Should Be Refused As    ${answer}    invalid-request
    Should Be A Problem Document    ${answer}
    Should Name The Field    ${answer}    email

A Path That Nobody Promised Is Not Found
    [Tags]    AUTH-63
    [Template]    A Path Should Not Be Found
    /{fresh}
    /{fresh}/{fresh}
    /{fresh}.json
    /.env
    /.git/config
    /server-status
    /debug/pprof/
    /actuator/env
    /phpinfo.php
    /console

Methods That Nobody Promised Are Refused With The List Of Those That Are
    [Tags]    AUTH-63    needs:auth.contract    needs:auth.profile
    [Template]    Only The Promised Method Should Be Taken
    auth.getMe    DELETE
    auth.getMe    POST
    auth.getMe    PUT
    auth.logIn    GET
    auth.logIn    PUT
    auth.logIn    DELETE

Other Methods Neither Refresh Nor Log Out
    [Tags]    AUTH-63    needs:auth.contract    needs:auth.refresh    needs:auth.logout    needs:auth.logout-all
    [Template]    Only The Promised Method Should Be Taken
    auth.refreshToken        GET
    auth.logOut              GET
    auth.logOutEverywhere    GET

Other Methods Confirm No Address
    [Tags]    AUTH-63    needs:auth.contract    needs:auth.email-verification
    [Template]    Only The Promised Method Should Be Taken
    auth.verifyEmail    GET
    auth.verifyEmail    PUT

What Is Published Is Only For Reading
    [Tags]    AUTH-63    needs:auth.contract    needs:auth.jwks    needs:auth.discovery
    [Template]    Only The Promised Method Should Be Taken
    auth.getJwks         POST
    auth.getDiscovery    DELETE

The Health Check Takes Nothing
    [Tags]    AUTH-63    needs:auth.contract    needs:auth.health
    [Template]    Only The Promised Method Should Be Taken
    auth.getHealth    POST
    auth.getHealth    DELETE

Sign-Ups Without Sense Are Refused
    [Tags]    AUTH-65    AUTH-09    needs:auth.signup    needs:auth.fuzzing    needs:auth.contract
    ${person} =    A Person
    Requests Without Sense Are Refused    auth.signUp    email=${person.email}    password=${person.password}

Log-Ins Without Sense Are Refused
    [Tags]    AUTH-65    needs:auth.password    needs:auth.fuzzing    needs:auth.contract
    ${account} =    A Verified Account
    Requests Without Sense Are Refused    auth.logIn    email=${account.email}    password=${account.password}

Refreshes Without Sense Are Refused
    [Tags]    AUTH-65    needs:auth.refresh    needs:auth.fuzzing    needs:auth.contract
    ${user} =    A Logged In User
    Requests Without Sense Are Refused    auth.refreshToken    refresh_token=${user.refresh_token}

Log-In Bodies That Are No JSON Are Refused
    [Tags]    AUTH-64    needs:auth.problems    needs:auth.password    needs:auth.fuzzing
    ${account} =    A Verified Account
    Bodies That Are No JSON Are Refused    auth.logIn    email=${account.email}    password=${account.password}

Sign-Up Bodies That Are No JSON Are Refused
    [Tags]    AUTH-64    needs:auth.problems    needs:auth.signup    needs:auth.fuzzing
    ${person} =    A Person
    Bodies That Are No JSON Are Refused    auth.signUp    email=${person.email}    password=${person.password}

Refresh Bodies That Are No JSON Are Refused
    [Tags]    AUTH-64    needs:auth.problems    needs:auth.refresh    needs:auth.fuzzing
    ${user} =    A Logged In User
    Bodies That Are No JSON Are Refused    auth.refreshToken    refresh_token=${user.refresh_token}

Log-In Bodies Of Another Kind Are Refused
    [Tags]    AUTH-64    needs:auth.problems    needs:auth.password    needs:auth.fuzzing
    ${account} =    A Verified Account
    Other Kinds Of Content Are Refused    auth.logIn    email=${account.email}    password=${account.password}

Sign-Up Bodies Of Another Kind Are Refused
    [Tags]    AUTH-64    needs:auth.problems    needs:auth.signup    needs:auth.fuzzing
    ${person} =    A Person
    Other Kinds Of Content Are Refused    auth.signUp    email=${person.email}    password=${person.password}

Log-In Bodies That Are Too Large Are Refused
    [Tags]    AUTH-64    needs:auth.problems    needs:auth.password    needs:auth.fuzzing
    ${account} =    A Verified Account
    Bodies That Are Too Large Are Refused    auth.logIn    email=${account.email}    password=${account.password}

Sign-Up Bodies That Are Too Large Are Refused
    [Tags]    AUTH-64    needs:auth.problems    needs:auth.signup    needs:auth.fuzzing
    ${person} =    A Person
    Bodies That Are Too Large Are Refused    auth.signUp    email=${person.email}    password=${person.password}


*** Keywords ***
A Path Should Not Be Found
    [Documentation]    Asked with GET, there is nothing; {fresh} stands for a name that nobody has used.
    [Arguments]    ${path}
    ${name} =    Fresh Name
    VAR    ${asked} =    ${{ $path.replace('{fresh}', $name) }}
    ${answer} =    Call Raw    auth    GET ${asked} HTTP/1.1\\r\\nHost: {host}\\r\\nConnection: close\\r\\n\\r\\n
    Should Be Equal As Integers    ${answer.status}    404

Only The Promised Method Should Be Taken
    [Documentation]    The path of an operation refuses another method and says which it knows.
    [Arguments]    ${operation}    ${method}
    ${answer} =    Call    ${operation}    method=${method}
    Should Be Refused As    ${answer}    method-not-allowed
    ${allowed} =    Should Have Header    ${answer}    Allow
    Should Not Contain    ${{ [word.strip() for word in $allowed.split(',')] }}    ${method}
