*** Settings ***
Documentation       Real credentials of other kinds in the place of an access token, and the access token in theirs.
Resource            ../../resources/token.resource
Test Tags           area:auth    promise:CH-3    needs:auth.jwt


*** Test Cases ***
A Refresh Token Is No Access Token
    [Tags]    JWT-29    needs:auth.refresh
    ${user} =    A Logged In User
    The Token Should Be Refused    ${user.refresh_token}
    Should Be Able To Refresh    ${user}

An Access Token Is No Refresh Token
    [Tags]    JWT-29    needs:auth.refresh
    ${user} =    A Logged In User
    ${answer} =    Call    auth.refreshToken    refresh_token=${user.access_token}
    Should Be Refused As    ${answer}    invalid-refresh-token
    Should Be Let In    ${user}

A Confirmation Token Is No Access Token
    [Tags]    JWT-29    needs:auth.signup    needs:auth.mail
    ${person} =    An Unconfirmed Account
    ${confirmation} =    Confirmation Token For    ${person.email}
    The Token Should Be Refused    ${confirmation}

An Access Token Confirms No Address
    [Tags]    JWT-29    needs:auth.email-verification
    ${user} =    A Logged In User
    ${answer} =    Call    auth.verifyEmail    token=${user.access_token}
    Should Not Succeed    ${answer}

An Identity Token Is No Access Token
    [Tags]    JWT-29    needs:auth.id-token
    ${user} =    A Logged In User
    The Token Should Be Refused    ${user}[id_token]
