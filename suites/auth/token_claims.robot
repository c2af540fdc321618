*** Settings ***
Documentation       A true signature is not enough: a token must come from here, be meant for here, be about somebody, be an access token.
...                 All tokens are signed by a key that the platform trusts; one claim is wrong in each.
Resource            ../../resources/token.resource
Suite Setup         A Platform That Trusts Our Keys    ES256    RS256
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    promise:CH-3    private    needs:auth.private    needs:auth.jwt    needs:auth.trusted-keys


*** Test Cases ***
A Token By A Trusted Key Is Accepted And Names Its User
    [Documentation]    The control of this suite: nothing is wrong, so nothing is refused.
    [Tags]    JWT-28    core
    ${user} =    A Logged In User
    ${token} =    Sign Anew    ${user.access_token}    ${OUR_KEYS}[RS256]
    ${me} =    The Token Should Be Accepted    ${token}
    Should Be Equal    ${me.body}[id]    ${user.id}

A Token Of Another Issuer Is Refused
    [Tags]    JWT-28
    Tokens By Our Key Should Be Refused    issuer

A Token For Another Audience Is Refused
    [Tags]    JWT-28
    Tokens By Our Key Should Be Refused    audience

A Token For Another Service Or Environment Is Refused By Every Face
    [Tags]    JWT-30    needs:auth.validation
    ${elsewhere} =    A Token By Our Key    ES256    aud=another-service
    ${staging} =    A Token By Our Key    ES256    aud=another-service.staging
    Every Face Should Refuse    ${elsewhere}
    Every Face Should Refuse    ${staging}

A Token About Nobody Is Refused
    [Tags]    JWT-28
    Tokens By Our Key Should Be Refused    subject

A Token Of No Session Or Of Another User's Is Refused
    [Tags]    JWT-28
    Tokens By Our Key Should Be Refused    session

A Token That Was Made For Another Purpose Is No Access Token
    [Tags]    JWT-29
    Tokens By Our Key Should Be Refused    token kind

A Token Of Another Type Is Refused
    [Tags]    JWT-31
    Tokens By Our Key Should Be Refused    type

A Claim That Is An Attack Is Refused As Any Bad Token
    [Tags]    JWT-33
    Tokens By Our Key Should Be Refused    hostile claim

A Permission That The User Does Not Have Is Not Given For A Claim
    [Documentation]    Even a signed claim gives no more than the user has.
    [Tags]    JWT-32    needs:auth.authorization
    ${token} =    A Token By Our Key    ES256    permissions=${{ ['keys:rotate', '*', 'admin'] }}
    ${answer} =    Call    auth.rotateSigningKey    token=${token}
    Should Be Refused As    ${answer}    insufficient-scope    status=403
