*** Settings ***
Documentation       What is configured to end ends: tokens and sessions after their lifetime.
...                 The platform of this suite has short lifetimes; what outlives them is the control.
Resource            ../../resources/session.resource
Resource            ../../resources/password.resource
Suite Setup         Start A Private Platform    access_token_lifetime=${2}    refresh_token_lifetime=${4}
...                 verification_lifetime=${6}    reset_lifetime=${6}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.profile


*** Test Cases ***
The Answer Says How Long The Access Token Lives
    [Tags]    AUTH-91
    ${user} =    A Logged In User
    ${configured} =    Platform Setting    access_token_lifetime
    Should Be Equal    ${user.expires_in}    ${configured}

A Refreshed Access Token Lives As Long
    [Tags]    AUTH-91    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Should Be Equal    ${renewed.expires_in}    ${2}

An Access Token Is Refused After Its Lifetime
    [Tags]    AUTH-91    JWT-27    core
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    ${now} =    Now
    Wait Until After    ${now}    2s
    Should Be Shut Out    ${user}

A Refreshed Access Token Is Refused After Its Lifetime
    [Tags]    AUTH-91    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    ${now} =    Now
    Should Be Let In    ${renewed}
    Wait Until After    ${now}    2s
    Should Be Shut Out    ${renewed}

An Access Token That Is Over Logs Nobody Out
    [Tags]    AUTH-38    needs:auth.logout    needs:auth.refresh
    ${user} =    A Logged In User
    ${now} =    Now
    Wait Until After    ${now}    2s
    ${answer} =    Call    auth.logOut    token=${user.access_token}
    Should Be Refused As    ${answer}    invalid-token
    Should Be Able To Refresh    ${user}

A Session Goes On When Its Access Token Has Ended
    [Tags]    AUTH-91    AUTH-25    needs:auth.refresh
    ${user} =    A Logged In User
    ${now} =    Now
    Wait Until After    ${now}    2s
    Should Be Shut Out    ${user}
    Should Be Able To Refresh    ${user}

A Refresh Token Is Refused After Its Lifetime
    [Tags]    AUTH-30    needs:auth.refresh    needs:auth.sessions
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    Wait Until After    ${session}[expires_at]
    Should Not Be Able To Refresh    ${user}

A Refreshed Session Ends At The End Set At Log-In
    [Tags]    AUTH-30    needs:auth.refresh    needs:auth.sessions
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    ${renewed} =    Refresh Several Times    ${user}
    Wait Until After    ${session}[expires_at]
    Should Not Be Able To Refresh    ${renewed}

A Session Lives As Long As Is Configured
    [Tags]    AUTH-30    needs:auth.sessions
    ${before} =    Now
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    ${after} =    Now
    Should Be Apart    ${before}    ${session}[expires_at]    at_least=4s
    Should Be Apart    ${after}    ${session}[expires_at]    at_most=4s

A Confirmation Token Is Refused After Its Lifetime
    [Tags]    AUTH-04    needs:auth.signup    needs:auth.mail    needs:auth.email-verification
    ${person} =    An Unconfirmed Account
    ${token} =    Confirmation Token For    ${person.email}
    ${now} =    Now
    Wait Until After    ${now}    6s
    ${answer} =    Call    auth.verifyEmail    token=${token}
    Should Be Refused As    ${answer}    invalid-verification-token

A Confirmation Token Works Within Its Lifetime
    [Documentation]    The control of the test before: on the same platform, in time; the mail may take a while to come.
    [Tags]    AUTH-04    needs:auth.signup    needs:auth.mail    needs:auth.email-verification
    ${person} =    An Unconfirmed Account
    Confirm The Address Of    ${person}
    Log In    ${person}

A Reset Token Is Refused After Its Lifetime
    [Tags]    AUTH-105    needs:auth.password-reset    needs:auth.signup    needs:auth.mail
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    ${now} =    Now
    Wait Until After    ${now}    6s
    Reset Should Be Refused    ${token}
    Log In    ${account}

A Refused Try Gives A Reset Token No More Time
    [Tags]    AUTH-105    AUTH-110    needs:auth.password-reset    needs:auth.signup    needs:auth.mail
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    ${now} =    Now
    ${too short} =    Fresh Password    characters=3
    Wait Until After    ${now}    3s
    ${answer} =    Call    auth.resetPassword    token=${token}    new_password=${too short}
    Should Be Refused As    ${answer}    invalid-request
    Wait Until After    ${now}    6s
    Reset Should Be Refused    ${token}

A Reset Token Works Within Its Lifetime
    [Documentation]    The control of the test before: on the same platform, in time.
    [Tags]    AUTH-105    needs:auth.password-reset    needs:auth.signup    needs:auth.mail
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    Reset Password    ${account}    ${token}
