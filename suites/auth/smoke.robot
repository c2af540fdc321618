*** Settings ***
Documentation       Is there a platform at all? A few seconds before the long look.
Resource            ../../resources/session.resource
Resource            ../../resources/health.resource
Test Tags           area:auth    smoke


*** Test Cases ***
The Service Is Alive
    [Tags]    AUTH-50    promise:CH-8    needs:auth.health
    The Health Check Should Answer

The Service Is Ready
    [Tags]    AUTH-51    AUTH-52    promise:CH-8    needs:auth.readiness
    The Service Should Be Ready

A Person Logs In And Is Known
    [Tags]    AUTH-15    AUTH-21    core    promise:CH-1
    ${user} =    A Logged In User
    Should Be Let In    ${user}

A Session Goes On By Its Refresh Token
    [Tags]    AUTH-25    core    promise:CH-3    needs:auth.refresh
    ${user} =    A Logged In User
    Should Be Able To Refresh    ${user}

A Session Ends By Log-Out
    [Tags]    AUTH-35    core    promise:CH-3    needs:auth.logout
    ${user} =    A Logged In User
    Log Out    ${user}
    Should Be Shut Out    ${user}

Keys Are Published
    [Tags]    AUTH-60    promise:CH-3    needs:auth.jwks
    ${keys} =    Call    auth.getJwks
    Should Succeed    ${keys}
    Should Not Be Empty    ${keys.body}[keys]
