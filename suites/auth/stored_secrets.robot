*** Settings ***
Documentation       What lies in the stores of the platform, seen by somebody who stole them.
Resource            ../../resources/session.resource
Resource            ../../resources/audit.resource
Resource            ../../resources/password.resource
Test Tags           area:auth    needs:auth.database    needs:auth.signup    needs:auth.mail


*** Test Cases ***
A Password Is Stored As An Argon2id Hash Of Exactly That Password
    [Tags]    AUTH-80    AUTH-11    needs:auth.password
    ${password} =    Fresh Password    characters=100
    ${account} =    A Verified Account    ${password}
    Stored Password Should Be Argon2id    ${account.email}    ${account.password}

Two People With One Password Have Different Salts
    [Tags]    AUTH-80    needs:auth.password
    ${ann} =    A Verified Account
    ${bob} =    A Verified Account    ${ann.password}
    ${salt of ann} =    Stored Password Should Be Argon2id    ${ann.email}    ${ann.password}
    ${salt of bob} =    Stored Password Should Be Argon2id    ${bob.email}    ${bob.password}
    Should Not Be Equal    ${salt of ann}    ${salt of bob}

No Password Is Stored
    [Tags]    AUTH-81    needs:auth.password
    ${user} =    A Logged In User
    No Record Should Hold    ${user.email}    password=${user.password}

No Password That Took The Place Of Another Is Stored
    [Tags]    AUTH-81    needs:auth.password    needs:auth.password-change
    ${user} =    A Logged In User
    ${changed} =    Change Password    ${user}
    No Record Should Hold    ${user.email}    old=${user.password}    new=${changed.password}

No Password Of An Unconfirmed Account Is Stored
    [Tags]    AUTH-81    needs:auth.password
    ${person} =    An Unconfirmed Account
    No Record Should Hold    ${person.email}    password=${person.password}

No Password Of A Refused Log-In Is Stored
    [Tags]    AUTH-81    needs:auth.password
    ${account} =    A Verified Account
    ${wrong} =    Fresh Password
    Log In Should Be Refused    ${account}    password=${wrong}
    No Record Should Hold    ${account.email}    wrong_password=${wrong}

No Refresh Token Is Stored
    [Tags]    AUTH-82    needs:auth.refresh
    ${user} =    A Logged In User
    No Record Should Hold    ${user.email}    refresh_token=${user.refresh_token}

No Refresh Token From A Refresh Is Stored
    [Tags]    AUTH-82    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh Several Times    ${user}
    No Record Should Hold    ${user.email}    first=${user.refresh_token}    latest=${renewed.refresh_token}

No Refresh Token Of An Ended Session Is Stored
    [Tags]    AUTH-82    needs:auth.logout
    ${user} =    A Logged In User
    Log Out    ${user}
    No Record Should Hold    ${user.email}    refresh_token=${user.refresh_token}

No Confirmation Token Is Stored
    [Tags]    AUTH-83
    ${person} =    An Unconfirmed Account
    ${token} =    Confirmation Token For    ${person.email}
    No Record Should Hold    ${person.email}    confirmation_token=${token}

No Access Token Is Stored
    [Tags]    AUTH-84
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    No Record Should Hold    ${user.email}    access_token=${user.access_token}

No Access Token That Was Asked About Is Stored
    [Tags]    AUTH-84    needs:auth.validation
    ${user} =    A Logged In User
    ${verdict} =    Call    auth.validateToken    token=${user.access_token}
    Should Succeed    ${verdict}
    Should Be True    ${verdict.body}[valid]
    No Record Should Hold    ${user.email}    access_token=${user.access_token}

No Access Token Of An Ended Session Is Stored
    [Documentation]    A list of refused tokens must not be a list of tokens.
    [Tags]    AUTH-84    needs:auth.logout
    ${user} =    A Logged In User
    Log Out    ${user}
    Should Be Shut Out    ${user}
    No Record Should Hold    ${user.email}    access_token=${user.access_token}
