*** Settings ***
Documentation       Whoever is held back at one door is held back at the other: log-ins of programs and of browsers count together. The
...                 platform of this suite takes eight log-ins an hour from an address, and three wrong passwords for an account.
Resource            ../../resources/limit.resource
Resource            ../../resources/browser.resource
Suite Setup         Start A Private Platform    profile=https    login_limit=${8}    login_window=${3600}
...                 login_failures=${3}    login_failure_window=${3600}    argon2_time_cost=${1}    argon2_memory_kib=${64}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.https
...                 needs:auth.cookies    needs:auth.password


*** Test Cases ***
Log-Ins Of Browsers And Of Programs From An Address Are Limited Together
    [Tags]    API-11    API-06    needs:auth.rate-limits    needs:auth.floods
    ${nobody} =    A Person
    ${calls} =    Calls Of Different People    16    ${nobody.email}    password=${nobody.password}
    ${answers} =    Call Together    auth.logInByCookie    each=${calls}    headers=${FROM OUR PAGE}
    Exactly So Many Should Be Allowed    ${answers}    8
    Should Have To Wait    auth.logIn    email=${nobody.email}    password=${nobody.password}

Wrong Passwords Of Browsers And Of Programs Count Together
    [Tags]    ACC-05    needs:auth.login-throttle    needs:auth.lockouts    needs:auth.signup
    ${account} =    A Verified Account
    Guess Wrong    ${account}    2
    Guess Wrong As A Browser    ${account}
    Should Have To Wait    auth.logInByCookie    email=${account.email}    password=${account.password}    headers=${FROM OUR PAGE}
    Should Have To Wait    auth.logIn    email=${account.email}    password=${account.password}


*** Keywords ***
Guess Wrong As A Browser
    [Documentation]    A page has a browser log in with a wrong password, which is refused for that reason.
    [Arguments]    ${account}
    Lockouts Are Tolerated
    ${wrong} =    Fresh Password
    ${answer} =    Call    auth.logInByCookie    email=${account}[email]    password=${wrong}    headers=${FROM OUR PAGE}
    Should Be Refused As    ${answer}    invalid-credentials
