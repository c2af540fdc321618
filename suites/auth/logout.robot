*** Settings ***
Documentation       How a session ends when a person wants it to.
Resource            ../../resources/session.resource
Test Tags           area:auth    promise:CH-3    needs:auth.logout    needs:auth.profile


*** Test Cases ***
Log-Out Ends The Access Token At Once
    [Tags]    AUTH-35    core
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    Log Out    ${user}
    Should Be Shut Out    ${user}

Log-Out Ends The Refresh Token
    [Tags]    AUTH-35    needs:auth.refresh
    ${user} =    A Logged In User
    Log Out    ${user}
    Should Not Be Able To Refresh    ${user}

Log-Out Ends Every Access Token Of The Session
    [Tags]    AUTH-35    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Log Out    ${renewed}
    Should Be Shut Out    ${user}
    Should Be Shut Out    ${renewed}

Log-Out With An Older Access Token Ends The Newest Refresh Token
    [Tags]    AUTH-35    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Log Out    ${user}
    Should Not Be Able To Refresh    ${renewed}

A Session Cannot Be Left Twice
    [Tags]    AUTH-35    AUTH-38
    ${user} =    A Logged In User
    Log Out    ${user}
    ${again} =    Call    auth.logOut    token=${user.access_token}
    Should Be Refused As    ${again}    invalid-token

Log-Out Leaves The Person's Other Sessions Alone
    [Tags]    AUTH-36
    ${user} =    A Logged In User
    ${other device} =    Log In    ${user}
    Log Out    ${user}
    Should Be Let In    ${other device}

Log-Out Leaves The Refresh Tokens Of Other Sessions Alone
    [Tags]    AUTH-36    needs:auth.refresh
    ${user} =    A Logged In User
    ${other device} =    Log In    ${user}
    Log Out    ${user}
    Should Be Able To Refresh    ${other device}

Log-Out Leaves Another Session Of The Same Device Alone
    [Tags]    AUTH-36
    ${account} =    A Verified Account
    ${first} =    Log In    ${account}    device_id=the same phone
    ${second} =    Log In    ${account}    device_id=the same phone
    Log Out    ${first}
    Should Be Let In    ${second}

After Log-Out A Person Can Log In Again
    [Tags]    AUTH-36
    ${user} =    A Logged In User
    Log Out    ${user}
    ${again} =    Log In    ${user}
    Should Be Let In    ${again}

Log-Out Everywhere Ends Every Access Token Of The Person
    [Tags]    AUTH-37    core    needs:auth.logout-all
    ${first} =    A Logged In User
    ${second} =    Log In    ${first}
    ${third} =    Log In    ${first}
    Log Out Everywhere    ${second}
    Should Be Shut Out    ${first}
    Should Be Shut Out    ${second}
    Should Be Shut Out    ${third}

Log-Out Everywhere Ends Every Refresh Token Of The Person
    [Tags]    AUTH-37    needs:auth.logout-all    needs:auth.refresh
    ${first} =    A Logged In User
    ${second} =    Log In    ${first}
    ${third} =    Log In    ${first}
    Log Out Everywhere    ${second}
    Should Not Be Able To Refresh    ${first}
    Should Not Be Able To Refresh    ${second}
    Should Not Be Able To Refresh    ${third}

Log-Out Everywhere Leaves Other People Alone
    [Tags]    AUTH-37    needs:auth.logout-all
    ${user} =    A Logged In User
    ${somebody else} =    A Logged In User
    Log Out Everywhere    ${user}
    Should Be Let In    ${somebody else}

After Log-Out Everywhere A Person Can Log In Again
    [Tags]    AUTH-37    needs:auth.logout-all
    ${user} =    A Logged In User
    Log Out Everywhere    ${user}
    ${again} =    Log In    ${user}
    Should Be Let In    ${again}

Nobody Is Logged Out Without A Token
    [Tags]    AUTH-38
    ${answer} =    Call    auth.logOut
    Should Be Refused As    ${answer}    missing-token

Nobody Is Logged Out Everywhere Without A Token
    [Tags]    AUTH-38    needs:auth.logout-all
    ${answer} =    Call    auth.logOutEverywhere
    Should Be Refused As    ${answer}    missing-token

A Refresh Token Does Not Log Anybody Out
    [Tags]    AUTH-38    needs:auth.refresh
    ${user} =    A Logged In User
    ${answer} =    Call    auth.logOut    token=${user.refresh_token}
    Should Be Refused As    ${answer}    invalid-token
    Should Be Let In    ${user}

A Token Of An Ended Session Does Not Log Out Everywhere
    [Tags]    AUTH-38    needs:auth.logout-all
    ${user} =    A Logged In User
    ${other device} =    Log In    ${user}
    Log Out    ${user}
    ${answer} =    Call    auth.logOutEverywhere    token=${user.access_token}
    Should Be Refused As    ${answer}    invalid-token
    Should Be Let In    ${other device}
