*** Settings ***
Documentation       When limits lift. The platform of this suite counts requests for four seconds and wrong passwords
...                 for eight, so that the tests wait no longer.
Resource            ../../resources/limit.resource
Resource            ../../resources/session.resource
Resource            ../../resources/audit.resource
Suite Setup         Start A Private Platform    address_limit=${6}    address_window=${4}    account_limit=${4}
...                 account_window=${4}    login_failures=${3}    login_failure_window=${8}    argon2_time_cost=${1}
...                 argon2_memory_kib=${64}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.floods


*** Test Cases ***
Who Waits As Long As Told Is Answered
    [Tags]    API-01    API-09    core    needs:auth.rate-limits    needs:auth.jwks
    ${refusal} =    Use Up    auth.getJwks
    Wait As Told    ${refusal}
    Should Be Served    auth.getJwks

Nobody Is Told To Wait Longer Than The Window
    [Tags]    API-01    needs:auth.rate-limits    needs:auth.jwks
    ${refusal} =    Use Up    auth.getJwks
    ${seconds} =    Told Wait    ${refusal}
    Should Be True    ${seconds} <= 4

After The Wait As Much Is Allowed As Before
    [Tags]    API-09    needs:auth.rate-limits    needs:auth.sliding-limits    needs:auth.jwks
    ${before} =    Call Together    auth.getJwks    12
    Exactly So Many Should Be Allowed    ${before}    6
    ${start} =    Now
    Wait Until After    ${start}    also=4s
    ${after} =    Call Together    auth.getJwks    12
    Exactly So Many Should Be Allowed    ${after}    6

Knocking While Refused Does Not Lengthen The Wait
    [Tags]    API-07    core    needs:auth.rate-limits    needs:auth.jwks
    Use Up    auth.getJwks
    Call Until    auth.getJwks    within=8s

What Was Refused Takes Nothing From Later
    [Documentation]    Thirty requests are refused halfway. When the wait is over there is as much room as if they had never come.
    [Tags]    API-07    needs:auth.rate-limits    needs:auth.sliding-limits    needs:auth.jwks
    Use Up    auth.getJwks
    ${start} =    Now
    Wait Until After    ${start}    also=2s
    ${refused} =    Call Together    auth.getJwks    30
    Each Should Have To Wait    ${refused}
    Wait Until After    ${start}    also=4s
    ${answers} =    Call Together    auth.getJwks    12
    Exactly So Many Should Be Allowed    ${answers}    6

A Flood After The Wait Is Told In The Security Log As Well
    [Tags]    AUTH-120    needs:auth.rate-limits    needs:auth.jwks    needs:auth.security-log
    ${here} =    Own Address
    Use Up    auth.getJwks
    ${start} =    Now
    Wait Until After    ${start}    also=4s
    Use Up    auth.getJwks
    Exactly So Many Security Events Should Tell    2    request.limited    address=${here}

Guesses After A Right Password Are Told As Those Before It
    [Documentation]    Who had to wait for wrong passwords knows the right one then, and guesses on at once: that is told again.
    [Tags]    AUTH-120    needs:auth.login-throttle    needs:auth.lockouts    needs:auth.security-log
    ...       needs:auth.signup    needs:auth.sliding-limits
    ${account} =    A Verified Account
    ${here} =    Own Address
    ${start} =    Now
    Guess Wrong    ${account}    3
    Wait Until After    ${start}    also=6s
    Log-In Should Wait And Then Succeed    ${account}
    Guess Wrong    ${account}    3
    Log-In From Should Have To Wait    ${here}    ${account}
    Exactly So Many Security Events Should Tell    2    login.throttled    address=${here}

No Stretch Of Time Holds More Than The Limit
    [Documentation]    One request comes first and five two seconds later. When the first no longer counts the five still do.
    [Tags]    API-03    core    needs:auth.rate-limits    needs:auth.sliding-limits    needs:auth.jwks
    ${start} =    Now
    Should Be Served    auth.getJwks
    Wait Until After    ${start}    also=2s
    ${answers} =    Call Until Refused    auth.getJwks
    Exactly So Many Should Be Allowed    ${answers}    5
    Wait As Told    ${answers}[-1]
    ${answers} =    Call Together    auth.getJwks    12
    Exactly So Many Should Be Allowed    ${answers}    1

The Wait Of An Account Is True
    [Tags]    API-01    API-05    needs:auth.rate-limits    needs:auth.profile
    ${user} =    A Logged In User
    ${elsewhere} =    Another Address
    ${refusal} =    Use Up    auth.getMe    address=${elsewhere}    token=${user.access_token}
    Wait As Told    ${refusal}
    Should Be Served From    ${elsewhere}    auth.getMe    token=${user.access_token}

Who Waits As Long As Told After Wrong Passwords Gets In
    [Tags]    ACC-05    API-01    core    needs:auth.login-throttle    needs:auth.lockouts    needs:auth.password
    ${account} =    A Verified Account
    ${elsewhere} =    Another Address
    ${wrong} =    Fresh Password
    ${refusal} =    Use Up    auth.logIn    address=${elsewhere}    email=${account.email}    password=${wrong}
    Wait As Told    ${refusal}
    Log In From    ${elsewhere}    ${account}

Trying While Locked Out Does Not Lengthen The Wait
    [Documentation]    As many tries as there may be wrong passwords are refused halfway; when the wait is over they count for nothing.
    [Tags]    ACC-05    API-07    needs:auth.login-throttle    needs:auth.sliding-limits    needs:auth.lockouts    needs:auth.password
    ${account} =    A Verified Account
    ${elsewhere} =    Another Address
    Guess Wrong    ${account}    3    ${elsewhere}
    ${start} =    Now
    Wait Until After    ${start}    also=4s
    Repeat Keyword    3    Log-In From Should Have To Wait    ${elsewhere}    ${account}
    Wait Until After    ${start}    also=8s
    Log In From    ${elsewhere}    ${account}


*** Keywords ***
Log-In Should Wait And Then Succeed
    [Documentation]    The right password is refused as the wrong ones before it were, and opens after as long as that told.
    [Arguments]    ${account}
    ${refusal} =    Should Have To Wait    auth.logIn    email=${account.email}    password=${account.password}
    Wait As Told    ${refusal}
    Log In    ${account}
