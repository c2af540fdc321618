*** Settings ***
Documentation       What is configured is what happens. Each test has a platform of its own.
Resource            ../../resources/session.resource
Resource            ../../resources/token.resource
Test Teardown       Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings


*** Test Cases ***
Issuer And Audience Are Those Configured
    [Documentation]    An audience of one may be written as a list (RFC 7519, 4.1.3).
    [Tags]    AUTH-92    needs:auth.jwt    needs:auth.discovery
    Start A Private Platform    issuer=https://issuer.assay.test    audience=people-of-assay
    ${user} =    A Logged In User
    ${token} =    Open Token    ${user.access_token}
    Should Be Equal    ${token.claims}[iss]    https://issuer.assay.test
    Should Contain    ${{ ['people-of-assay', ['people-of-assay']] }}    ${token.claims}[aud]
    ${discovery} =    Call    auth.getDiscovery
    Should Be Equal    ${discovery.body}[issuer]    https://issuer.assay.test

The Audience Of A Refreshed Token Is The One Configured
    [Tags]    AUTH-92    needs:auth.jwt    needs:auth.refresh
    Start A Private Platform    audience=people-of-assay
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    ${token} =    Open Token    ${renewed.access_token}
    Should Contain    ${{ ['people-of-assay', ['people-of-assay']] }}    ${token.claims}[aud]

The Shortest Password Is The One Configured
    [Tags]    AUTH-09    needs:auth.signup    needs:auth.password
    Start A Private Platform    password_min_length=${12}
    ${short} =    Fresh Password    11
    ${person} =    A Person    ${short}
    ${answer} =    Call    auth.signUp    email=${person.email}    password=${short}
    Should Be Refused As    ${answer}    invalid-request
    ${long enough} =    Fresh Password    12
    ${account} =    A Verified Account    ${long enough}
    Log In    ${account}

The Largest Body Is The One Configured, To The Octet
    [Tags]    AUTH-64    needs:auth.password
    Start A Private Platform    max_body_bytes=${4096}
    ${account} =    A Verified Account
    ${rows} =    Bodies Around A Limit    4096    email=${account.email}    password=${account.password}
    Call Each Row    auth.logIn    ${rows}    refused_as=payload-too-large

The Largest Body Is The Same Over HTTPS, Which Cuts It Into Records
    [Documentation]    A record of TLS holds 16 KiB at most (RFC 8446, 5.1); the largest body fills two and begins a third.
    [Tags]    AUTH-64    AUTH-95    needs:auth.https    needs:auth.password
    Start A Private Platform    profile=https    max_body_bytes=${40000}
    ${account} =    A Verified Account
    ${rows} =    Bodies Around A Limit    40000    email=${account.email}    password=${account.password}
    Call Each Row    auth.logIn    ${rows}    refused_as=payload-too-large

A Setting That Makes No Sense Does Not Start
    [Tags]    AUTH-93
    [Template]    Starting A Private Platform Should Fail
    signing_algorithm=none
    signing_algorithm=HS256
    access_token_lifetime=${0}
    access_token_lifetime=${-1}
    access_token_lifetime=soon
    session_limit=${0}
    no_such_setting=${1}
