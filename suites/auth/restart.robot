*** Settings ***
Documentation       What outlives a restart and a kill of the service, and what must not come back by it.
Resource            ../../resources/session.resource
Resource            ../../resources/health.resource
Suite Setup         Start A Private Platform
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    promise:CH-7    private    needs:auth.private    needs:auth.restart
...                 needs:auth.profile


*** Test Cases ***
An Access Token Outlives A Restart
    [Tags]    AUTH-45    core
    ${user} =    A Logged In User
    Restart Service    auth
    Should Be Let In    ${user}

A Refresh Token Outlives A Restart
    [Tags]    AUTH-45    needs:auth.refresh
    ${user} =    A Logged In User
    Restart Service    auth
    Should Be Able To Refresh    ${user}

A Session Outlives A Kill
    [Tags]    AUTH-45    needs:auth.refresh
    ${user} =    A Logged In User
    The Service Is Killed And Started
    Should Be Let In    ${user}
    Should Be Able To Refresh    ${user}

The Published Keys Are The Same After A Restart
    [Documentation]    In whatever order: a key set has none (RFC 7517, 5).
    [Tags]    AUTH-45    needs:auth.jwks
    ${before} =    Call    auth.getJwks
    Restart Service    auth
    ${after} =    Call    auth.getJwks
    Should Be Equal    ${{ sorted($after.body['keys'], key=lambda key: key['kid']) }}
    ...    ${{ sorted($before.body['keys'], key=lambda key: key['kid']) }}

An Ended Session Stays Ended After A Restart
    [Tags]    AUTH-45    AUTH-35    needs:auth.logout
    ${user} =    A Logged In User
    Log Out    ${user}
    Restart Service    auth
    Should Be Shut Out    ${user}

A Session Ended Just Before A Kill Stays Ended
    [Tags]    AUTH-45    AUTH-37    needs:auth.logout-all    needs:auth.refresh
    ${user} =    A Logged In User
    Log Out Everywhere    ${user}
    The Service Is Killed And Started
    Should Be Shut Out    ${user}
    Should Not Be Able To Refresh    ${user}

A Used Refresh Token Stays Used After A Restart
    [Tags]    AUTH-45    AUTH-26    needs:auth.refresh
    ${user} =    A Logged In User
    Refresh    ${user}
    Restart Service    auth
    Should Not Be Able To Refresh    ${user}

A Reused Refresh Token Ends Its Session After A Restart Too
    [Tags]    AUTH-45    AUTH-27    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Restart Service    auth
    Present A Used Refresh Token Of    ${user}
    Should Be Shut Out    ${renewed}

A Confirmation Token Outlives A Restart
    [Tags]    AUTH-45    AUTH-01    needs:auth.signup    needs:auth.mail    needs:auth.email-verification
    ${person} =    An Unconfirmed Account
    Wait For Mail    ${person.email}
    Restart Service    auth
    Confirm The Address Of    ${person}
    Log In    ${person}


*** Keywords ***
The Service Is Killed And Started
    [Documentation]    As a crash does: without a word, and back again.
    Kill Service    auth
    Start Service    auth
