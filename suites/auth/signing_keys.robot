*** Settings ***
Documentation       The signing key changes: nobody is thrown out, the new key is known before it signs, the old one ends in time.
Resource            ../../resources/token.resource
Test Tags           area:auth    promise:CH-3    private    needs:auth.private    needs:auth.key-rotation    needs:auth.jwt    needs:auth.jwks
Test Teardown       Stop The Private Platform


*** Test Cases ***
After A Change Tokens Are Signed With The New Key
    [Tags]    JWT-24    core
    [Setup]    Start A Private Platform
    ${user} =    A Logged In User
    ${kid} =    The Signing Key Changes
    ${later} =    Log In    ${user}
    ${named} =    The Name Of The Key Of    ${later.access_token}
    Should Be Equal    ${named}    ${kid}
    Should Be Let In    ${later}

A New Key Is Published Before Its First Token Is Out
    [Tags]    JWT-24
    [Setup]    Start A Private Platform
    ${user} =    A Logged In User
    The Signing Key Changes
    ${later} =    Log In    ${user}
    ${key set} =    The Published Keys
    Token Should Verify With    ${later.access_token}    ${key set}

A Token By The Old Key Is Good During The Overlap
    [Tags]    JWT-24    core
    [Setup]    Start A Private Platform
    ${user} =    A Logged In User
    The Signing Key Changes
    Should Be Let In    ${user}
    ${key set} =    The Published Keys
    Token Should Verify With    ${user.access_token}    ${key set}

A Token By The Old Key Is Good Through Several Changes
    [Tags]    JWT-24
    [Setup]    Start A Private Platform
    ${user} =    A Logged In User
    ${first} =    The Signing Key Changes
    ${second} =    The Signing Key Changes
    ${third} =    The Signing Key Changes
    Should Be Let In    ${user}
    ${names} =    The Names Of The Published Keys
    Should Be Equal    ${{ {$first, $second, $third} - set($names) }}    ${{ set() }}

A Token By A Retired Key Is Refused
    [Documentation]    The overlap is one second; the token itself would live for a quarter of an hour.
    [Tags]    JWT-24
    [Setup]    Start A Private Platform    key_overlap=${1}    access_token_lifetime=${900}
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    The Signing Key Changes
    Call Until    auth.getMe    invalid-token    within=4s    token=${user.access_token}

A Retired Key Is No Longer Published
    [Tags]    JWT-24
    [Setup]    Start A Private Platform    key_overlap=${1}
    ${user} =    A Logged In User
    ${old} =    The Name Of The Key Of    ${user.access_token}
    The Signing Key Changes
    Call Until    auth.getMe    invalid-token    within=4s    token=${user.access_token}
    ${names} =    The Names Of The Published Keys
    Should Not Contain    ${names}    ${old}

A Session Outlives The Key That Began It
    [Tags]    JWT-24    needs:auth.refresh
    [Setup]    Start A Private Platform    key_overlap=${0}
    ${user} =    A Logged In User
    The Signing Key Changes
    Should Be Shut Out    ${user}
    Should Be Able To Refresh    ${user}

Without An Overlap The Old Key Ends At Once
    [Tags]    JWT-24
    [Setup]    Start A Private Platform    key_overlap=${0}
    ${user} =    A Logged In User
    The Signing Key Changes
    Should Be Shut Out    ${user}

A Change Outlives A Restart
    [Tags]    JWT-24    needs:auth.restart
    [Setup]    Start A Private Platform
    ${user} =    A Logged In User
    ${kid} =    The Signing Key Changes
    Restart Service    auth
    Should Be Let In    ${user}
    ${later} =    Log In    ${user}
    ${named} =    The Name Of The Key Of    ${later.access_token}
    Should Be Equal    ${named}    ${kid}

A Token Signed Just Before The Change Is Good
    [Documentation]    Log-ins and a change at the same moment: whichever key has signed, every token is good.
    [Tags]    JWT-24
    [Setup]    Start A Private Platform
    ${user} =    A Logged In User
    ${administrator} =    An Administrator
    @{answers} =    Call Together    auth.logIn    5    email=${user.email}    password=${user.password}
    Call    auth.rotateSigningKey    token=${administrator.access_token}
    Should Be Let In    ${{ {**$user, **$answers[-1].body} }}

Only Who May Change The Key Changes It
    [Tags]    JWT-24    JWT-39    needs:auth.authorization
    [Setup]    Start A Private Platform
    ${user} =    A Logged In User
    ${before} =    The Names Of The Published Keys
    ${answer} =    Call    auth.rotateSigningKey    token=${user.access_token}
    Should Be Refused As    ${answer}    insufficient-scope
    ${after} =    The Names Of The Published Keys
    Should Be Equal    ${after}    ${before}

Tokens Are Signed With RS256 Where That Is Set
    [Tags]    JWT-06    JWT-23
    Tokens Should Be Signed With    RS256

Tokens Are Signed With ES256 Where That Is Set
    [Tags]    JWT-06    JWT-23
    Tokens Should Be Signed With    ES256

Tokens Are Signed With EdDSA Where That Is Set
    [Tags]    JWT-06    JWT-23
    Tokens Should Be Signed With    EdDSA


*** Keywords ***
Tokens Should Be Signed With
    [Documentation]    A platform that is told to use the algorithm signs with it, publishes a fit key, and takes its own tokens only.
    [Arguments]    ${algorithm}
    Start A Private Platform    signing_algorithm=${algorithm}
    ${user} =    A Logged In User
    ${key set} =    The Published Keys
    Key Set Should Be Fit To Publish    ${key set}
    ${key} =    Token Should Verify With    ${user.access_token}    ${key set}
    Should Be Equal    ${key}[alg]    ${algorithm}
    ${rows} =    Sample Of Forgeries    ${user.access_token}    key_set=${key set}
    Call Each Row    auth.getMe    ${rows}    refused_as=invalid-token
