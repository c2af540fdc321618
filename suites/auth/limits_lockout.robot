*** Settings ***
Documentation       Guessing of passwords is made slow, and nobody is locked out by a stranger. The platform of this suite lets three
...                 log-ins an hour fail for an account from one address, and six from everywhere.
Resource            ../../resources/limit.resource
Resource            ../../resources/session.resource
Resource            ../../resources/service_account.resource
Resource            ../../resources/audit.resource
Suite Setup         Start A Private Platform    login_failures=${3}    login_failures_account=${6}    login_failure_window=${3600}
...                 argon2_time_cost=${1}    argon2_memory_kib=${64}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.login-throttle
...                 needs:auth.lockouts    needs:auth.password    needs:auth.signup


*** Test Cases ***
After Too Many Wrong Passwords The Right One Has To Wait Too
    [Tags]    ACC-05    core
    ${account} =    A Verified Account
    Guess Wrong    ${account}    3
    ${refusal} =    Should Have To Wait    auth.logIn    email=${account.email}    password=${account.password}
    ${seconds} =    Told Wait    ${refusal}
    Should Be True    1 <= ${seconds} <= 3600
    Should Match The Contract    ${refusal}

One Wrong Password Less Keeps Nobody Out
    [Tags]    ACC-05
    ${account} =    A Verified Account
    Guess Wrong    ${account}    2
    Log In    ${account}

The Right Password Ends The Count
    [Tags]    ACC-05
    ${account} =    A Verified Account
    Guess Wrong    ${account}    2
    Log In    ${account}
    Guess Wrong    ${account}    2
    Log In    ${account}

Right Passwords Do Not Count
    [Tags]    ACC-05
    ${account} =    A Verified Account
    Repeat Keyword    8    Log In    ${account}

A Stranger Elsewhere Locks Nobody Out
    [Tags]    ACC-05    core
    ${account} =    A Verified Account
    ${stranger} =    Another Address
    Guess Wrong    ${account}    3    ${stranger}
    Log-In From Should Have To Wait    ${stranger}    ${account}
    Log In    ${account}

Wrong Passwords From Everywhere Count Together
    [Documentation]    Two strangers guess; a third, who never did, has to wait, even with the right password.
    [Tags]    ACC-05    core
    ${account} =    A Verified Account
    ${first} =    Another Address
    ${second} =    Another Address    2
    ${third} =    Another Address    3
    Guess Wrong    ${account}    3    ${first}
    Guess Wrong    ${account}    3    ${second}
    Log-In From Should Have To Wait    ${third}    ${account}

However Many Strangers Guess, The Owner Gets In From Where They Were Before
    [Tags]    ACC-05    core
    ${owner} =    A Logged In User
    ${first} =    Another Address
    ${second} =    Another Address    2
    Guess Wrong    ${owner}    3    ${first}
    Guess Wrong    ${owner}    3    ${second}
    Log-In From Should Have To Wait    ${second}    ${owner}
    Log In    ${owner}

An Owner Who Has Logged Out Gets In From Where They Were Before
    [Documentation]    No session of theirs lives when the strangers guess.
    [Tags]    ACC-05    needs:auth.logout
    ${owner} =    A Logged In User
    Log Out    ${owner}
    ${first} =    Another Address
    ${second} =    Another Address    2
    Guess Wrong    ${owner}    3    ${first}
    Guess Wrong    ${owner}    3    ${second}
    Log-In From Should Have To Wait    ${second}    ${owner}
    Log In    ${owner}

The Owner's Right Password Does Not Let Strangers Go On
    [Tags]    ACC-05
    ${owner} =    A Logged In User
    ${first} =    Another Address
    ${second} =    Another Address    2
    ${third} =    Another Address    3
    Guess Wrong    ${owner}    3    ${first}
    Guess Wrong    ${owner}    3    ${second}
    Log In    ${owner}
    Log-In From Should Have To Wait    ${third}    ${owner}

Whoever Is Beside The Owner Is A Stranger
    [Documentation]    The owner was at one address, and the next one is another.
    [Tags]    ACC-05
    ${owner} =    A Logged In User
    ${beside} =    An Address Beside The Own
    ${first} =    Another Address
    ${second} =    Another Address    2
    Guess Wrong    ${owner}    3    ${first}
    Guess Wrong    ${owner}    3    ${second}
    Log-In From Should Have To Wait    ${beside}    ${owner}

Wrong Passwords For One Account Do Not Count For Another
    [Tags]    ACC-05    API-05
    ${account} =    A Verified Account
    ${other} =    A Verified Account
    Guess Wrong    ${account}    3
    Log In    ${other}

An Address Without An Account Has To Wait As Well
    [Documentation]    Who is refused learns nothing of whether there is an account.
    [Tags]    ACC-05    AUTH-17    core
    ${account} =    A Verified Account
    ${nobody} =    A Person
    Guess Wrong    ${account}    3
    Guess Wrong    ${nobody}    3
    ${known} =    Should Have To Wait    auth.logIn    email=${account.email}    password=${nobody.password}
    ${unknown} =    Should Have To Wait    auth.logIn    email=${nobody.email}    password=${nobody.password}
    Should Look Alike    ${known}    ${unknown}

However An Address Is Spelt, It Is Counted As One
    [Tags]    ACC-05    API-06
    ${account} =    A Verified Account
    Guess Wrong    ${account}    2
    VAR    &{spelt otherwise} =    email=${account.email.upper()}
    Guess Wrong    ${spelt otherwise}    1
    Should Have To Wait    auth.logIn    email=${account.email}    password=${account.password}

Guesses At The Same Moment Are No More Than Those One After The Other
    [Tags]    ACC-05    API-07    core
    ${account} =    A Verified Account
    ${wrong} =    Fresh Password
    ${answers} =    Call Together    auth.logIn    24    email=${account.email}    password=${wrong}
    Exactly So Many Should Be Allowed    ${answers}    3

Headers That Claim Another Address Give No More Guesses
    [Tags]    ACC-05    API-06
    ${account} =    A Verified Account
    ${wrong} =    Fresh Password
    ${calls} =    Claims Of Other Addresses    email=${account.email}    password=${wrong}
    ${answers} =    Call Together    auth.logIn    each=${calls}
    Exactly So Many Should Be Allowed    ${answers}    3

Who Has To Wait Is Told In The Security Log
    [Tags]    AUTH-120    needs:auth.security-log
    ${account} =    A Verified Account
    ${here} =    Own Address
    Guess Wrong    ${account}    3
    Should Have To Wait    auth.logIn    email=${account.email}    password=${account.password}
    Exactly One Security Event Should Tell    login.throttled    address=${here}

Strangers Who Have To Wait Are Told With The Account That They Tried
    [Tags]    AUTH-75    AUTH-120    needs:auth.security-log
    ${owner} =    A Logged In User
    ${stranger} =    Another Address
    Guess Wrong    ${owner}    3    ${stranger}
    Log-In From Should Have To Wait    ${stranger}    ${owner}
    Exactly One Security Event Should Tell    login.throttled    address=${stranger}    user_id=${owner.id}

Too Many Wrong Passwords For A Second Factor Are Told With The Account
    [Tags]    AUTH-120    needs:auth.security-log    needs:auth.second-factor
    ${user} =    A Logged In User
    ${wrong} =    Fresh Password
    VAR    &{guess} =    token=${user.access_token}    password=${wrong}
    Call Together    auth.enrolSecondFactor    3    &{guess}
    ${refusal} =    Should Have To Wait    auth.enrolSecondFactor    &{guess}
    Exactly One Security Event Should Tell    second-factor.refused    user_id=${user.id}
    ...    request_id=${refusal.headers}[X-Request-Id]

Too Many Wrong Secrets Of A Service Are Told With The Service
    [Tags]    AUTH-120    AUTH-244    needs:auth.security-log    needs:auth.service-tokens
    ${service} =    A Service
    ${wrong} =    Fresh Password    60
    VAR    &{guess} =    service_id=${service.service_id}    service_secret=${wrong}    requested_permissions=${{ [] }}
    Call Together    auth.issueServiceToken    3    &{guess}
    ${refusal} =    Should Have To Wait    auth.issueServiceToken    &{guess}
    Exactly One Security Event Should Tell    service-token.refused    service_id=${service.service_id}
    ...    request_id=${refusal.headers}[X-Request-Id]
