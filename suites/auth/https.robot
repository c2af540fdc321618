*** Settings ***
Documentation       The service over HTTPS: the right certificate, nothing old, nothing in the clear.
Resource            ../../resources/session.resource
Resource            ../../resources/https.resource
Suite Setup         A Platform Over HTTPS
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.https


*** Test Cases ***
A Session Works Over HTTPS From Log-In To Log-Out
    [Tags]    AUTH-95    core    needs:auth.refresh    needs:auth.logout
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Should Be Let In    ${renewed}
    Log Out    ${renewed}
    Should Be Shut Out    ${renewed}

The Certificate Is For The Name Of The Service, By The Authority That Was Announced
    [Tags]    AUTH-95
    Certificate Should Fit    auth

TLS 1.2 And 1.3 Are Spoken
    [Tags]    AUTH-96
    [Template]    TLS Should Be Spoken
    auth    TLSv1.2
    auth    TLSv1.3

TLS Older Than 1.2 Is Not Spoken
    [Tags]    AUTH-96
    [Template]    TLS Should Not Be Spoken
    auth    TLSv1.0
    auth    TLSv1.1

Weak Ciphers Are Not Spoken
    [Documentation]    Families as OpenSSL names them: without a certificate, without encryption, without forward secrecy, with SHA-1.
    [Tags]    ACC-18
    [Template]    Ciphers Should Not Be Spoken
    auth    aNULL
    auth    eNULL
    auth    kRSA
    auth    SHA1

Nothing Is Answered In Plain HTTP
    [Tags]    AUTH-97
    Plain HTTP Should Not Be Answered    auth

Answers Tell Browsers To Come Back Over HTTPS Only
    [Tags]    AUTH-98
    ${user} =    A Logged In User
    ${me} =    Call    auth.getMe    token=${user.access_token}
    Should Have Header    ${me}    Strict-Transport-Security    max-age=[1-9]\\d{6,}.*

Refusals Tell Browsers So As Well
    [Tags]    AUTH-98
    ${me} =    Call    auth.getMe
    Should Be Refused As    ${me}    missing-token
    Should Have Header    ${me}    Strict-Transport-Security    max-age=[1-9]\\d{6,}.*

The Published Addresses Are HTTPS
    [Tags]    AUTH-95    needs:auth.discovery
    ${discovery} =    Call    auth.getDiscovery
    Should Match Regexp    ${discovery.body}[jwks_uri]    ^https://
    Should Match Regexp    ${discovery.body}[issuer]    ^https://
