*** Settings ***
Documentation       How a session goes on, and how a stolen refresh token is found out.
Resource            ../../resources/session.resource
Test Tags           area:auth    promise:CH-3    needs:auth.refresh    needs:auth.profile


*** Test Cases ***
A Refresh Gives New Tokens Of The Same Person
    [Tags]    AUTH-25    core
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Should Be Let In    ${renewed}
    Secrets Should All Differ    ${user.access_token}    ${renewed.access_token}
    Secrets Should All Differ    ${user.refresh_token}    ${renewed.refresh_token}

A Refresh Stays In The Same Session
    [Tags]    AUTH-25    needs:auth.sessions
    ${user} =    A Logged In User
    ${before} =    Session Of    ${user}
    ${renewed} =    Refresh Several Times    ${user}
    ${after} =    Session Of    ${renewed}
    Should Be Equal    ${after}[id]    ${before}[id]

A Session That Is Not The Newest Is Refreshed As Itself
    [Tags]    AUTH-25    needs:auth.sessions
    ${user} =    A Logged In User
    ${before} =    Session Of    ${user}
    Log In    ${user}
    ${renewed} =    Refresh    ${user}
    ${after} =    Session Of    ${renewed}
    Should Be Equal    ${after}[id]    ${before}[id]

A Session Can Be Refreshed Again And Again
    [Tags]    AUTH-25
    ${user} =    A Logged In User
    ${later} =    Refresh Several Times    ${user}
    ${latest} =    Refresh Several Times    ${later}
    Should Be Let In    ${latest}

A Refresh Does Not Bring A Session Back To Its Beginning
    [Documentation]    The end that was set at log-in stays, however often the session is refreshed.
    [Tags]    AUTH-30    needs:auth.session-details
    ${user} =    A Logged In User
    ${before} =    Session Of    ${user}
    ${renewed} =    Refresh Several Times    ${user}
    ${after} =    Session Of    ${renewed}
    Should Be Equal    ${after}[expires_at]    ${before}[expires_at]

A Refresh Token Works Once
    [Tags]    AUTH-26    core
    ${user} =    A Logged In User
    Refresh    ${user}
    Should Not Be Able To Refresh    ${user}

A Reused Refresh Token Ends The Newest Refresh Token Too
    [Tags]    AUTH-27
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Present A Used Refresh Token Of    ${user}
    Should Not Be Able To Refresh    ${renewed}

A Reused Refresh Token Ends The Newest Access Token
    [Tags]    AUTH-27
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Present A Used Refresh Token Of    ${user}
    Should Be Shut Out    ${renewed}

A Reused Refresh Token Ends The First Access Token
    [Tags]    AUTH-27
    ${user} =    A Logged In User
    Refresh    ${user}
    Present A Used Refresh Token Of    ${user}
    Should Be Shut Out    ${user}

An Access Token In Use Ends With The Reused Refresh Token
    [Documentation]    Whatever remembers that the session was good must forget it.
    [Tags]    AUTH-27
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Should Be Let In    ${renewed}
    Present A Used Refresh Token Of    ${user}
    Should Be Shut Out    ${renewed}

A Refresh Token From Long Before Ends The Session Too
    [Tags]    AUTH-27
    ${user} =    A Logged In User
    ${latest} =    Refresh Several Times    ${user}
    Present A Used Refresh Token Of    ${user}
    Should Not Be Able To Refresh    ${latest}
    Should Be Shut Out    ${latest}

A Reused Refresh Token Leaves The Person's Other Sessions Alone
    [Tags]    AUTH-28
    ${user} =    A Logged In User
    ${other device} =    Log In    ${user}
    Refresh    ${user}
    Present A Used Refresh Token Of    ${user}
    Should Be Let In    ${other device}
    Should Be Able To Refresh    ${other device}

A Reused Refresh Token Leaves Other People Alone
    [Tags]    AUTH-28
    ${user} =    A Logged In User
    ${somebody else} =    A Logged In User
    Refresh    ${user}
    Present A Used Refresh Token Of    ${user}
    Should Be Able To Refresh    ${somebody else}

Nothing But A Live Refresh Token Refreshes
    [Tags]    AUTH-31
    ${user} =    A Logged In User
    ${other} =    A Logged In User
    ${rows} =    Altered Forms Of Secret    ${user.refresh_token}    refresh_token    accepted=${other.refresh_token}
    Call Each Row    auth.refreshToken    ${rows}    refused_as=invalid-refresh-token

An Access Token Does Not Refresh
    [Tags]    AUTH-31    JWT-29
    ${user} =    A Logged In User
    ${answer} =    Call    auth.refreshToken    refresh_token=${user.access_token}
    Should Be Refused As    ${answer}    invalid-refresh-token

A Guessed Refresh Token Does Not Harm The Session
    [Tags]    AUTH-31
    ${user} =    A Logged In User
    ${other} =    A Logged In User
    ${rows} =    Altered Forms Of Secret    ${user.refresh_token}    refresh_token    accepted=${other.refresh_token}
    Call Each Row    auth.refreshToken    ${rows}    refused_as=invalid-refresh-token
    Should Be Let In    ${user}
    Should Be Able To Refresh    ${user}

A Refresh Token Of An Ended Session Is Refused Without More Harm
    [Tags]    AUTH-28    AUTH-35    needs:auth.logout
    ${user} =    A Logged In User
    ${other device} =    Log In    ${user}
    Log Out    ${user}
    Should Not Be Able To Refresh    ${user}
    Should Be Able To Refresh    ${other device}

Refresh Tokens Cannot Be Guessed
    [Tags]    AUTH-32
    ${some} =    Refresh Tokens Of Four Log-Ins
    ${more} =    Refresh Tokens Of Four Log-Ins
    ${even more} =    Refresh Tokens Of Four Log-Ins
    Secrets Should Be Unguessable    @{some}    @{more}    @{even more}

Refresh Tokens Say Nothing Of Whose They Are
    [Documentation]    That of a log-in as little as those of renewals. Of signed tokens what they say is not judged.
    [Tags]    AUTH-32    needs:auth.sessions
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    ${renewed} =    Refresh    ${user}
    VAR    &{known} =    account=${user.id}    session=${session}[id]    address=${user.email}
    Secret Should Say Nothing Of    ${user.refresh_token}    &{known}
    Secret Should Say Nothing Of    ${renewed.refresh_token}    &{known}


*** Keywords ***
Refresh Tokens Of Four Log-Ins
    [Documentation]    The refresh tokens of four log-ins of somebody at the same moment.
    ${account} =    A Verified Account
    ${answers} =    Call Together    auth.logIn    4    email=${account.email}    password=${account.password}
    Each Should Succeed    ${answers}
    RETURN    ${{ [answer.body['refresh_token'] for answer in $answers] }}
