*** Settings ***
Documentation       Whatever is wrong with the claims of a token: every face refuses it, in the same words and in the same time.
...                 The tokens are signed by a key that the platform trusts; one thing alone is wrong in each.
Resource            ../../resources/token.resource
Suite Setup         A Platform That Trusts Our Keys    ES256
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    promise:CH-3    private    needs:auth.private    needs:auth.jwt    needs:auth.trusted-keys


*** Test Cases ***
Claims Are Checked By The Check For Other Services Too
    [Tags]    JWT-36    needs:auth.validation    needs:auth.jwks
    ${rows} =    A Sample Of Forgeries    key=${OUR_KEYS}[ES256]
    Call Each Row    auth.getMe    ${rows}    refused_as=invalid-token
    Call Each Row    auth.verifyToken    ${rows}    refused_as=invalid-token

Claims Are Checked By The Validation In A Body Too
    [Tags]    JWT-36    needs:auth.validation    needs:auth.jwks
    ${rows} =    A Sample Of Forgeries    key=${OUR_KEYS}[ES256]
    Call Each Row    auth.validateToken    ${rows}    refused_as=/valid=false

The Answer Does Not Tell Which Claim Is Wrong
    [Tags]    JWT-40    needs:auth.problems
    ${user} =    A Logged In User
    @{answers} =    Answers To Wrong Claims Of    ${user.access_token}
    ${answer} =    Call    auth.getMe    authorization=Bearer x
    Answers Should All Look Like    ${answer}    @{answers}

The Time Of The Answer Does Not Tell Which Check Failed
    [Documentation]    A false alarm has a probability of at most one in a million; ten milliseconds are what a caller over a
    ...    network could make use of.
    [Tags]    JWT-40    needs:auth.floods
    ${user} =    A Logged In User
    ${rows} =    Forgeries For Timing    ${user.access_token}    ${OUR_KEYS}[ES256]
    Response Times Should Not Differ    auth.getMe    ${rows}    invalid-token    margin=10ms


*** Keywords ***
Answers To Wrong Claims Of
    [Documentation]    The answers to tokens by a trusted key, each with another claim wrong.
    [Arguments]    ${token}
    VAR    @{answers}    @{EMPTY}
    @{forged} =    One Forgery Of Each Claim    ${token}    ${OUR_KEYS}[ES256]
    FOR    ${one}    IN    @{forged}
        ${answer} =    The Token Should Be Refused    ${one}
        VAR    @{answers}    @{answers}    ${answer}
    END
    RETURN    ${answers}
