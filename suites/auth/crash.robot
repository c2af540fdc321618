*** Settings ***
Documentation       A service that is killed at each of its writes, started again and asked again: what it does is done wholly or not at all.
Resource            ../../resources/crash.resource
Suite Setup         A Platform Behind Links
Suite Teardown      The Platform Behind Links Ends
Test Tags           area:auth    private    crash    promise:CH-9    needs:auth.private    needs:auth.restart    needs:auth.links
...                 needs:auth.signup    needs:auth.password    needs:auth.profile    needs:auth.mail


*** Test Cases ***
A Sign-Up Heals From A Crash At Each Step
    [Tags]    AUTH-182    AUTH-184    needs:auth.email-verification
    A Crash At Each Step Should Heal    auth.signUp    Sign-Up

A Confirmation Heals From A Crash At Each Step
    [Tags]    AUTH-182    needs:auth.email-verification
    A Crash At Each Step Should Heal    auth.verifyEmail    Confirmation    invalid-verification-token

A Change Of The Password Heals From A Crash At Each Step
    [Tags]    AUTH-182    AUTH-184    needs:auth.password-change
    A Crash At Each Step Should Heal    auth.changePassword    Change Of The Password    wrong-password

A Request For A Reset Heals From A Crash At Each Step
    [Tags]    AUTH-184    needs:auth.password-reset
    A Crash At Each Step Should Heal    auth.requestPasswordReset    Request For A Reset

A Reset Heals From A Crash At Each Step
    [Tags]    AUTH-182    AUTH-184    needs:auth.password-reset
    A Crash At Each Step Should Heal    auth.resetPassword    Reset    invalid-reset-token

A Deletion Heals From A Crash At Each Step
    [Tags]    AUTH-182    AUTH-184    needs:auth.deletion    needs:auth.database    needs:auth.refresh
    A Crash At Each Step Should Heal    auth.deleteAccount    Deletion    invalid-token

A Log-Out Heals From A Crash At Each Step
    [Tags]    AUTH-182    needs:auth.logout    needs:auth.refresh
    A Crash At Each Step Should Heal    auth.logOut    Log-Out    invalid-token

A Rotation Of The Signing Key Heals From A Crash At Each Step
    [Tags]    AUTH-183    needs:auth.key-rotation
    A Crash At Each Step Should Heal    auth.rotateSigningKey    Rotation

A Rotation Of An API Key Heals From A Crash At Each Step
    [Tags]    AUTH-440    needs:auth.api-keys
    A Crash At Each Step Should Heal    auth.rotateApiKey    Rotation Of An API Key    ask again=${False}

A Rotation Of A Service's Secret Heals From A Crash At Each Step
    [Tags]    AUTH-440    needs:auth.service-tokens
    A Crash At Each Step Should Heal    auth.rotateServiceSecret    Rotation Of A Service Secret    ask again=${False}

A Log-In With A Recovery Code Heals From A Crash At Each Step
    [Documentation]    Nobody loses a code for nothing.
    [Tags]    AUTH-182    AUTH-154    needs:auth.second-factor    needs:auth.sessions
    A Crash At Each Step Should Heal    auth.finishLogIn    Log-In With A Recovery Code    invalid-challenge

A Recovery Code Is Not Told As Used Before It Is
    [Tags]    AUTH-159    needs:auth.second-factor    needs:auth.security-log
    A Crash At Each Step Should Heal    auth.finishLogIn    Log-In Told Once    invalid-challenge
