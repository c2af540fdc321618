*** Settings ***
Documentation       The name of the key, and what happens without one. The tokens are signed by keys of ours that the platform trusts:
...                 one for ES256 and, for RS256, another beside the platform's own.
Resource            ../../resources/token.resource
Suite Setup         A Platform That Trusts Our Keys    ES256    RS256    signing_algorithm=RS256
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    promise:CH-3    private    needs:auth.private    needs:auth.settings    needs:auth.jwt    needs:auth.trusted-keys


*** Test Cases ***
A Wrong Name Of The Key Is Refused Though A Trusted Key Has Signed
    [Tags]    JWT-21
    Tokens By Our Key Should Be Refused    wrong key name

The Name Of Another Trusted Key Is Refused
    [Tags]    JWT-21
    ${user} =    A Logged In User
    ${token} =    Sign Header Anew    ${user.access_token}    ${OUR_KEYS}[RS256]    kid=${OUR_KEYS}[ES256].kid
    The Token Should Be Refused    ${token}

Without A Name The Only Key Of The Algorithm Is Taken
    [Tags]    JWT-22
    ${user} =    A Logged In User
    ${token} =    Sign Header Anew    ${user.access_token}    ${OUR_KEYS}[ES256]    kid=${None}
    ${me} =    The Token Should Be Accepted    ${token}
    Should Be Equal    ${me.body}[id]    ${user.id}

Without A Name No Key Is Guessed Where Several Fit
    [Tags]    JWT-22
    ${user} =    A Logged In User
    ${token} =    Sign Header Anew    ${user.access_token}    ${OUR_KEYS}[RS256]    kid=${None}
    The Token Should Be Refused    ${token}
