*** Settings ***
Documentation       A public key that nobody published can be worked out from two tokens. It must be of no more use than a published one.
Resource            ../../resources/token.resource
Suite Setup         A Platform That Trusts A Key With A Small Exponent
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    promise:CH-3    private    needs:auth.private    needs:auth.settings    needs:auth.trusted-keys    needs:auth.jwt


*** Test Cases ***
A Public Key Worked Out From Two Tokens Is No Secret
    [Documentation]    The key is recovered from the signatures alone. Its exponent is 3, with which this takes a moment.
    [Tags]    JWT-07
    ${user} =    A Logged In User
    ${first} =    Sign Anew    ${user.access_token}    ${OUR_KEYS}[RS256]
    ${second} =    Sign Anew    ${user.access_token}    ${OUR_KEYS}[RS256]    jti=another
    ${key set} =    Recovered Key Set    ${first}    ${second}
    Token Should Verify With    ${first}    ${key set}
    ${rows} =    Forgeries    public key as secret    ${first}    key_set=${key set}
    Call Each Row    auth.getMe    ${rows}    refused_as=invalid-token

Two Issued Tokens Reveal The Public Key And The Key Is No Secret
    [Documentation]    With the usual exponent the recovery takes minutes; that its result would be the published key is shown by
    ...    the equation that it solves.
    [Tags]    JWT-07    needs:auth.jwks
    ${one} =    A Logged In User
    ${other} =    A Logged In User
    ${key set} =    The Published Keys
    Signatures Should Reveal Key    ${key set}    ${one.access_token}    ${other.access_token}
    ${rows} =    Forgeries    public key as secret    ${one.access_token}    key_set=${key set}
    Call Each Row    auth.getMe    ${rows}    refused_as=invalid-token


*** Keywords ***
A Platform That Trusts A Key With A Small Exponent
    [Documentation]    A private platform that signs with RSA and trusts an RSA key of ours with the exponent 3.
    ${key} =    Make Signing Key    RS256    exponent=${3}
    VAR    &{OUR_KEYS}    RS256=${key}    scope=SUITE
    ${key set} =    Public Key Set    ${key}
    Start A Private Platform    trusted_keys=${key set}    signing_algorithm=RS256
