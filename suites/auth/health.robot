*** Settings ***
Documentation       What the service says of itself, and what it does when something it needs is stopped or hangs.
Resource            ../../resources/session.resource
Resource            ../../resources/health.resource
Suite Setup         Start A Private Platform
Suite Teardown      Stop The Private Platform
Test Teardown       Everything Is Back
Test Tags           area:auth    promise:CH-8    private    needs:auth.private    needs:auth.dependencies


*** Test Cases ***
Readiness Tells That The Database Is Stopped
    [Tags]    AUTH-51    core    needs:auth.readiness
    Stop Service    database
    The Service Should Say That Only This Is Down    database

Readiness Tells That The Database Hangs
    [Tags]    REST-13    AUTH-51    needs:auth.readiness
    Pause Service    database
    The Service Should Say That Only This Is Down    database

Readiness Tells That The Session Store Is Stopped
    [Tags]    AUTH-52    needs:auth.readiness
    Stop Service    session-store
    The Service Should Say That Only This Is Down    session-store

Readiness Tells That The Session Store Hangs
    [Tags]    REST-13    AUTH-52    needs:auth.readiness
    Pause Service    session-store
    The Service Should Say That Only This Is Down    session-store

Readiness Tells The Truth About Each Of Two That Are Stopped
    [Documentation]    What is found first hides nothing of what is found after it.
    [Tags]    REST-13    AUTH-51    AUTH-52    needs:auth.readiness
    Stop Service    session-store
    The Service Should Say That Only This Is Down    session-store
    Stop Service    database
    The Service Should Say That All Is Down

The Health Check Answers After Readiness Found Everything Down
    [Tags]    AUTH-50    needs:auth.readiness    needs:auth.health
    Stop Service    session-store
    Stop Service    database
    The Service Should Say That All Is Down
    The Health Check Should Answer

Readiness Tells No Reason For What Is Down
    [Tags]    AUTH-55    needs:auth.readiness
    Stop Service    database
    The Service Should Give No Reason For Not Being Ready

Readiness Tells No Reason For What Hangs
    [Tags]    AUTH-55    needs:auth.readiness
    Pause Service    session-store
    The Service Should Give No Reason For Not Being Ready

Readiness Tells That The Database Is Back
    [Tags]    AUTH-51    AUTH-53    needs:auth.readiness
    Stop Service    database
    The Service Should Say That Only This Is Down    database
    Start Service    database
    The Service Should Become Ready

Readiness Tells That The Database Goes On
    [Tags]    AUTH-51    AUTH-53    needs:auth.readiness
    Pause Service    database
    The Service Should Say That Only This Is Down    database
    Resume Service    database
    The Service Should Become Ready

Readiness Tells That The Session Store Is Back
    [Tags]    AUTH-52    AUTH-53    needs:auth.readiness
    Stop Service    session-store
    The Service Should Say That Only This Is Down    session-store
    Start Service    session-store
    The Service Should Become Ready

The Health Check Answers While The Database Is Stopped
    [Tags]    AUTH-50    needs:auth.health
    Stop Service    database
    The Health Check Should Answer

The Health Check Answers While The Database Hangs
    [Tags]    AUTH-50    needs:auth.health
    Pause Service    database
    The Health Check Should Answer

The Health Check Answers While The Session Store Hangs
    [Tags]    AUTH-50    needs:auth.health
    Pause Service    session-store
    The Health Check Should Answer

Log-In Is Refused Clearly While The Database Is Stopped
    [Tags]    AUTH-54    promise:CH-10
    ${account} =    A Verified Account
    Stop Service    database
    Log In Should Be Refused    ${account}    service-unavailable

Log-In Is Refused Clearly While The Database Hangs
    [Tags]    AUTH-54    promise:CH-10
    ${account} =    A Verified Account
    Pause Service    database
    Log In Should Be Refused    ${account}    service-unavailable

Refresh Is Refused Clearly While The Database Is Stopped, And Works Again Afterwards
    [Tags]    AUTH-54    AUTH-53    needs:auth.refresh
    ${user} =    A Logged In User
    Stop Service    database
    ${answer} =    Call    auth.refreshToken    refresh_token=${user.refresh_token}
    Should Be Refused As    ${answer}    service-unavailable
    Everything Is Back
    Should Be Able To Refresh    ${user}

Sign-Up Is Refused Clearly While The Database Is Stopped
    [Tags]    AUTH-54    needs:auth.signup
    ${person} =    A Person
    Stop Service    database
    ${answer} =    Call    auth.signUp    email=${person.email}    password=${person.password}
    Should Be Refused As    ${answer}    service-unavailable

People Stay Logged In While The Session Store Is Stopped
    [Tags]    AUTH-54    promise:CH-10
    ${user} =    A Logged In User
    Stop Service    session-store
    Should Be Let In    ${user}

An Ended Session Stays Ended While The Session Store Is Stopped
    [Tags]    AUTH-54    needs:auth.logout
    ${user} =    A Logged In User
    Log Out    ${user}
    Stop Service    session-store
    Should Be Shut Out    ${user}

An Ended Session Stays Ended When The Session Store Comes Back Empty
    [Tags]    AUTH-53    AUTH-35    needs:auth.logout
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    Log Out    ${user}
    Kill Service    session-store
    Everything Is Back
    Should Be Shut Out    ${user}

A Session Ended While The Session Store Hangs Stays Ended When It Goes On
    [Documentation]    The session store remembers the session as it was before it hung.
    [Tags]    AUTH-53    AUTH-35    needs:auth.logout
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    Pause Service    session-store
    Log Out    ${user}
    Everything Is Back
    Should Be Shut Out    ${user}

A Session Ended While The Session Store Is Stopped Stays Ended When It Is Back
    [Tags]    AUTH-53    AUTH-35    needs:auth.logout
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    Stop Service    session-store
    Log Out    ${user}
    Everything Is Back
    Should Be Shut Out    ${user}

Nobody Unknown Gets In While The Database Is Stopped
    [Tags]    AUTH-54    needs:auth.logout    needs:auth.validation
    ${user} =    A Logged In User
    Log Out    ${user}
    Stop Service    database
    ${answer} =    Call    auth.verifyToken    token=${user.access_token}
    Should Not Succeed    ${answer}

What Was True Before The Database Stopped Is True Afterwards
    [Tags]    AUTH-53    promise:CH-7    needs:auth.refresh
    ${user} =    A Logged In User
    Stop Service    database
    Everything Is Back
    Should Be Let In    ${user}
    Should Be Able To Refresh    ${user}

People Can Sign Up And Log In Once The Database Is Back
    [Tags]    AUTH-53    promise:CH-10    needs:auth.signup
    Kill Service    database
    Everything Is Back
    ${user} =    A Logged In User
    Should Be Let In    ${user}
