*** Settings ***
Documentation       Whichever algorithm is set: tokens are signed with it, the fit key is published, and nothing else is taken.
Resource            ../../resources/token.resource
Test Teardown       Stop The Private Platform
Test Tags           area:auth    promise:CH-3    private    needs:auth.private    needs:auth.settings    needs:auth.jwt    needs:auth.jwks


*** Test Cases ***
Tokens Are Signed With RS256 Where That Is Set
    [Tags]    AUTH-90    JWT-06    JWT-23
    Tokens Should Be Signed With    RS256    RSA

Tokens Are Signed With ES256 Where That Is Set
    [Tags]    AUTH-90    JWT-06    JWT-23
    Tokens Should Be Signed With    ES256    EC

Tokens Are Signed With EdDSA Where That Is Set
    [Tags]    AUTH-90    JWT-06    JWT-23
    Tokens Should Be Signed With    EdDSA    OKP

A Rotation Keeps The Algorithm That Is Set
    [Tags]    AUTH-90    needs:auth.key-rotation
    Start A Private Platform    signing_algorithm=ES256
    ${administrator} =    An Administrator
    ${answer} =    Call    auth.rotateSigningKey    token=${administrator.access_token}
    Should Succeed    ${answer}
    ${user} =    A Logged In User
    ${key set} =    The Published Keys
    Should Be Equal    ${{ {key.get('alg') for key in $key_set['keys']} }}    ${{ {'ES256'} }}
    Token Should Verify With    ${user.access_token}    ${key set}
    ${opened} =    Open Token    ${user.access_token}
    Should Be Equal    ${opened.header}[alg]    ES256


*** Keywords ***
Tokens Should Be Signed With
    [Documentation]    A platform that is told to use the algorithm signs with it, publishes a fit key, and takes its own tokens only.
    [Arguments]    ${algorithm}    ${kind of key}
    Start A Private Platform    signing_algorithm=${algorithm}
    ${user} =    A Logged In User
    ${key set} =    The Published Keys
    Key Set Should Be Fit To Publish    ${key set}
    Should Be Equal    ${{ {(key['kty'], key.get('alg')) for key in $key_set['keys']} }}    ${{ {($kind_of_key, $algorithm)} }}
    Token Should Verify With    ${user.access_token}    ${key set}
    ${opened} =    Open Token    ${user.access_token}
    Should Be Equal    ${opened.header}[alg]    ${algorithm}
    Only Its Own Tokens Should Be Taken    ${user}    ${key set}

Only Its Own Tokens Should Be Taken
    [Documentation]    The platform lets its own token in, and none that was made from it.
    [Arguments]    ${user}    ${key set}
    Should Be Let In    ${user}
    ${confused} =    Forgeries    public key as secret    ${user.access_token}    key_set=${key set}
    Call Each Row    auth.getMe    ${confused}    refused_as=invalid-token
    ${rows} =    Sample Of Forgeries    ${user.access_token}    key_set=${key set}
    Call Each Row    auth.getMe    ${rows}    refused_as=invalid-token
