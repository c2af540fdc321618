*** Settings ***
Documentation       Where counts are kept: not in a process, no longer than they count, and what happens while that place is away.
Resource            ../../resources/limit.resource
Resource            ../../resources/session.resource
Resource            ../../resources/health.resource
Resource            ../../resources/audit.resource
Suite Setup         Start A Private Platform    address_limit=${8}    address_window=${1800}    login_failures=${3}
...                 login_failure_window=${1800}    argon2_time_cost=${1}    argon2_memory_kib=${64}
Suite Teardown      Stop The Private Platform
Test Teardown       Counting Is Back
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.rate-limits
...                 needs:auth.jwks    needs:auth.floods


*** Test Cases ***
A Count Outlives A Restart Of The Service
    [Tags]    API-04    core    needs:auth.restart
    Use Up    auth.getJwks
    Restart Service    auth
    Should Have To Wait    auth.getJwks

Failed Log-Ins Are Still Counted After A Restart
    [Tags]    API-04    ACC-05    needs:auth.restart    needs:auth.login-throttle    needs:auth.lockouts
    ${account} =    A Verified Account
    Guess Wrong    ${account}    3
    Restart Service    auth
    Should Have To Wait    auth.logIn    email=${account.email}    password=${account.password}

While The Session Store Is Away Nobody Is Refused For How Often They Ask
    [Documentation]    And no answer tells how much is left, for nobody knows.
    [Tags]    API-04    needs:auth.dependencies
    Use Up    auth.getJwks
    Stop Service    session-store
    ${answer} =    Should Be Served    auth.getJwks
    No Limits Should Be Told    ${answer}

While The Session Store Hangs Nobody Is Refused For How Often They Ask
    [Tags]    API-04    needs:auth.dependencies
    Use Up    auth.getJwks
    Pause Service    session-store
    Should Be Served    auth.getJwks

Limits Are Back With The Session Store
    [Tags]    API-04    API-09    needs:auth.dependencies
    Stop Service    session-store
    Should Be Served    auth.getJwks
    Counting Is Back
    ${answers} =    Call Until Refused    auth.getJwks
    Exactly So Many Should Be Allowed    ${answers}    8

Guesses Are Counted Even While The Session Store Is Away
    [Tags]    API-04    ACC-05    needs:auth.dependencies    needs:auth.login-throttle    needs:auth.lockouts
    ${account} =    A Verified Account
    Stop Service    session-store
    Guess Wrong    ${account}    3
    Should Have To Wait    auth.logIn    email=${account.email}    password=${account.password}

Nothing That Is Counted Stays For Ever
    [Tags]    API-09    needs:auth.session-store    needs:auth.profile    needs:auth.lockouts
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    Guess Wrong    ${user}    1
    Use Up    auth.getJwks
    Each Key Of The Session Store Should End    within=1 hour

Refused Requests Leave Nothing Behind
    [Tags]    API-09    API-07    needs:auth.session-store
    Use Up    auth.getJwks
    ${before} =    Size Of The Session Store
    ${answers} =    Call Together    auth.getJwks    30
    Each Should Have To Wait    ${answers}
    ${after} =    Size Of The Session Store
    Should Be Equal    ${after}    ${before}

Credentials That Nobody Gave Out Leave Nothing Behind
    [Documentation]    A stranger with a million keys would fill the store with a million counts.
    [Tags]    API-09    API-06    needs:auth.session-store    needs:auth.profile
    Use Up    auth.getJwks
    ${before} =    Size Of The Session Store
    ${calls} =    Made Up Credentials    24
    Call Together    auth.getMe    each=${calls}
    ${after} =    Size Of The Session Store
    Should Be Equal    ${after}    ${before}


*** Keywords ***
Counting Is Back
    [Documentation]    What a test took away is there again, and answers tell of limits.
    Everything Is Back
    ${elsewhere} =    Another Address    99
    Wait Until Limits Are Told    auth.getJwks    address=${elsewhere}
