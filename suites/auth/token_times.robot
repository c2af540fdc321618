*** Settings ***
Documentation       From its first second to its last, and no longer. The tokens are signed by a key that the platform trusts, so that any
...                 time can be written into them.
Resource            ../../resources/token.resource
Suite Setup         A Platform That Trusts Our Keys    ES256    leeway=${0}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    promise:CH-3    private    needs:auth.private    needs:auth.settings    needs:auth.jwt    needs:auth.trusted-keys


*** Test Cases ***
A Token That Has Ended Or Does Not Say When It Ends Is Refused
    [Tags]    JWT-27    core
    Tokens By Our Key Should Be Refused    expiry

A Token That Has Not Begun Is Refused
    [Tags]    JWT-27
    Tokens By Our Key Should Be Refused    beginning

Without A Leeway The Second Of The Expiry Is The Last
    [Tags]    JWT-27
    Times Should Be Judged To The Second    leeway=${0}

A Leeway Of Five Seconds Is Five Seconds
    [Documentation]    One second inside it is accepted, one second outside it is refused, at either end.
    [Tags]    JWT-27
    [Setup]    Another Platform That Trusts Our Keys    leeway=${5}
    Times Should Be Judged To The Second    leeway=${5}
    [Teardown]    Stop The Private Platform

A Token Ends While It Is In Use
    [Documentation]    Whatever remembers that the token was good must not outlive it.
    [Tags]    JWT-27
    ${user} =    A Logged In User
    ${end} =    Evaluate    int(time.time()) + 3
    ${token} =    Sign Anew    ${user.access_token}    ${OUR_KEYS}[ES256]    exp=${end}
    The Token Should Be Accepted    ${token}
    Wait Until After    ${{ datetime.datetime.fromtimestamp($end, datetime.timezone.utc).isoformat() }}
    The Token Should Be Refused    ${token}


*** Keywords ***
Times Should Be Judged To The Second
    [Documentation]    Sends tokens whose times lie one second to either side of the leeway.
    [Arguments]    ${leeway}
    ${user} =    A Logged In User
    ${rows} =    Rows At The Edge    ${user.access_token}    ${OUR_KEYS}[ES256]    ${leeway}
    Call Each Row    auth.getMe    ${rows}    refused_as=invalid-token
