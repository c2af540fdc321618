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

A Refresh Token Opens No Session
    [Tags]    JWT-29    needs:auth.refresh    needs:auth.sessions
    ${user} =    A Logged In User
    ${session} =    Call    auth.getSession    token=${user.refresh_token}
    Should Be Refused As    ${session}    invalid-token
    ${sessions} =    Call    auth.listSessions    token=${user.refresh_token}
    Should Be Refused As    ${sessions}    invalid-token

A Refresh Token Is Not Vouched For
    [Tags]    JWT-29    JWT-36    needs:auth.refresh    needs:auth.validation
    ${user} =    A Logged In User
    Every Face Should Refuse    ${user.refresh_token}

A Refresh Token Ends No Session
    [Tags]    JWT-29    needs:auth.refresh    needs:auth.logout
    ${user} =    A Logged In User
    ${answer} =    Call    auth.logOut    token=${user.refresh_token}
    Should Be Refused As    ${answer}    invalid-token
    Should Be Let In    ${user}

An Access Token Is No Refresh Token
    [Tags]    JWT-29    needs:auth.refresh
    ${user} =    A Logged In User
    ${answer} =    Call    auth.refreshToken    refresh_token=${user.access_token}
    Should Be Refused As    ${answer}    invalid-refresh-token
    Should Be Let In    ${user}

A Confirmation Token Is No Access Token
    [Tags]    JWT-29    needs:auth.signup    needs:auth.email-verification    needs:auth.mail
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
