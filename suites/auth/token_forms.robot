*** Settings ***
Documentation       A token has one form and one spelling. The tokens here carry true signatures in other clothes.
Resource            ../../resources/token.resource
Suite Setup         A Platform That Trusts Our Keys    ES256    RS256
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    promise:CH-3    private    needs:auth.private    needs:auth.jwt    needs:auth.jwks    needs:auth.trusted-keys


*** Test Cases ***
Another Spelling Of A Token Is Refused
    [Tags]    JWT-09
    Forged Tokens Should Be Refused    spelling

Another Spelling Is Refused Though It Is What Was Signed
    [Tags]    JWT-09
    Tokens By Our Key Should Be Refused    signed spelling

A Name That Comes Twice Is Refused
    [Tags]    JWT-10
    Tokens By Our Key Should Be Refused    double names

What Is No JSON Object Is Refused
    [Tags]    JWT-10
    Tokens By Our Key Should Be Refused    odd JSON

A Token In A JSON Form Is Refused
    [Tags]    JWT-11
    Forged Tokens Should Be Refused    JSON serialisation

A Token That Demands An Unknown Extension Is Refused
    [Tags]    JWT-12
    Tokens By Our Key Should Be Refused    critical header

An Encrypted Token Is Refused
    [Tags]    JWT-13
    Forged Tokens Should Be Refused    encrypted

An Encrypted Token Is Refused By A Platform With A Key On A Curve
    [Tags]    JWT-13
    Forgeries Of A Token By Our Key Should Be Refused    encrypted    ES256

A Compressed Token Is Refused
    [Tags]    JWT-14
    Tokens By Our Key Should Be Refused    compressed

An Encrypted And Compressed Token Is Refused
    [Tags]    JWT-14
    Forged Tokens Should Be Refused    encrypted and compressed

A Token That Unpacks To Many Megabytes Costs No Memory
    [Documentation]    Twenty tokens that would grow to eight megabytes each, at the same moment. As many good ones are sent before
    ...    the first measurement, so that what the service needs for twenty callers at once is not counted.
    [Tags]    JWT-14
    ${user} =    A Logged In User
    Call Together    auth.getMe    20    token=${user.access_token}
    ${bomb} =    Forge Token    compressed    zip DEF, 8 MB when unpacked    ${user.access_token}    key=${OUR_KEYS}[ES256]
    ${before} =    Most Memory Of Service    auth
    ${answers} =    Call Together    auth.getMe    20    token=${bomb}
    ${after} =    Most Memory Of Service    auth
    Should Be Equal    ${{ {answer.problem for answer in $answers} }}    ${{ {'invalid-token'} }}
    Should Be True    ${after} - ${before} < 20_000_000    The service took ${{ $after - $before }} bytes more.
