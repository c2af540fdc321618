*** Settings ***
Documentation       What answers tell of limits, in the headers of draft-ietf-httpapi-ratelimit-headers.
Resource            ../../resources/limit.resource
Resource            ../../resources/session.resource
Resource            ../../resources/password.resource
Test Tags           area:auth    needs:auth.rate-limits


*** Test Cases ***
An Answer Tells The Limits That It Falls Under
    [Tags]    API-02    needs:auth.jwks
    ${answer} =    Should Be Served    auth.getJwks
    Limits Should Be Told    ${answer}

A Refusal For Another Reason Tells Them As Well
    [Tags]    API-02    needs:auth.profile
    ${answer} =    Call    auth.getMe
    Should Be Refused As    ${answer}    missing-token
    Limits Should Be Told    ${answer}

An Answer Without A Body Tells Them As Well
    [Tags]    API-02    needs:auth.logout
    ${user} =    A Logged In User
    ${answer} =    Should Be Served    auth.logOut    token=${user.access_token}
    Limits Should Be Told    ${answer}

A Method That Is Not Allowed Is Told The Limits As Well
    [Tags]    API-02    needs:auth.jwks    needs:auth.problems
    ${answer} =    Call    auth.getJwks    method=DELETE
    Should Be Refused As    ${answer}    method-not-allowed
    Limits Should Be Told    ${answer}

What Is Left Falls By One With Each Request
    [Tags]    API-02    needs:auth.jwks    needs:auth.sliding-limits
    ${first} =    Should Be Served    auth.getJwks
    ${second} =    Should Be Served    auth.getJwks
    ${third} =    Should Be Served    auth.getJwks
    VAR    @{answers} =    ${first}    ${second}    ${third}
    What Is Left Should Fall    ${answers}

What Is Left Of An Account Falls By One With Each Request
    [Tags]    API-02    API-05    needs:auth.profile    needs:auth.sliding-limits
    ${user} =    A Logged In User
    ${first} =    Should Be Served    auth.getMe    token=${user.access_token}
    ${second} =    Should Be Served    auth.getMe    token=${user.access_token}
    VAR    @{answers} =    ${first}    ${second}
    What Is Left Should Fall    ${answers}

Who Is Known Is Told The Limit Of The Account Too
    [Documentation]    Each policy once: what a token proves has a limit of its own, beside the one of the address.
    [Tags]    API-02    API-05    needs:auth.profile
    ${user} =    A Logged In User
    ${of nobody} =    Names Of The Limits Of    auth.getMe
    ${of the user} =    Names Of The Limits Of    auth.getMe    token=${user.access_token}
    Should Be True    set($of_the_user) > set($of_nobody)

A Token That Is Refused Counts For Nobody
    [Tags]    API-06    needs:auth.profile
    ${user} =    A Logged In User
    ${forged} =    Without The Last Character    ${user.access_token}
    ${of nobody} =    Names Of The Limits Of    auth.getMe
    ${of a forgery} =    Names Of The Limits Of    auth.getMe    token=${forged}
    Should Be Equal    ${of a forgery}    ${of nobody}

Health Checks Tell Of No Limit
    [Tags]    API-08    needs:auth.health    needs:auth.readiness
    ${health} =    Should Be Served    auth.getHealth
    No Limits Should Be Told    ${health}
    ${readiness} =    Should Be Served    auth.getReadiness
    No Limits Should Be Told    ${readiness}

Log-In Has A Limit Of Its Own
    [Tags]    API-11
    ${nobody} =    A Person
    ${names} =    Names Of The Limits Of    auth.logIn    email=${nobody.email}    password=${nobody.password}
    Should Have A Limit Beside Those Of Any Operation    ${names}

Sign-Up Has A Limit Of Its Own
    [Tags]    API-11    needs:auth.signup
    ${person} =    A Person
    ${names} =    Names Of The Limits Of    auth.signUp    email=${person.email}    password=${person.password}
    Should Have A Limit Beside Those Of Any Operation    ${names}

A Request For A Reset Has A Limit Of Its Own
    [Tags]    API-11    needs:auth.password-reset
    ${nobody} =    A Person
    ${names} =    Names Of The Limits Of    auth.requestPasswordReset    email=${nobody.email}
    Should Have A Limit Beside Those Of Any Operation    ${names}


*** Keywords ***
Should Have A Limit Beside Those Of Any Operation
    [Documentation]    There is a policy among the names that an operation does not have which costs the platform little.
    [Arguments]    ${names}
    ${usual} =    Names Of The Limits Of    auth.verifyToken
    Should Have A Limit Of Its Own    ${names}    ${usual}
