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
    A Crash At Each Step Should Heal    auth.signUp    A Sign-Up To Come    The Sign-Up Is Complete

A Confirmation Heals From A Crash At Each Step
    [Tags]    AUTH-182    needs:auth.email-verification
    A Crash At Each Step Should Heal    auth.verifyEmail    A Confirmation To Come    The Account Is Confirmed
    ...    done_already=invalid-verification-token

A Change Of The Password Heals From A Crash At Each Step
    [Tags]    AUTH-182    AUTH-184    needs:auth.password-change
    A Crash At Each Step Should Heal    auth.changePassword    A Change Of The Password To Come    The Password Is Changed
    ...    done_already=wrong-password

A Request For A Reset Heals From A Crash At Each Step
    [Tags]    AUTH-184    needs:auth.password-reset
    A Crash At Each Step Should Heal    auth.requestPasswordReset    A Request For A Reset To Come    A Reset Mail Came

A Reset Heals From A Crash At Each Step
    [Tags]    AUTH-182    AUTH-184    needs:auth.password-reset
    A Crash At Each Step Should Heal    auth.resetPassword    A Reset To Come    The Password Is Reset
    ...    done_already=invalid-reset-token

A Deletion Heals From A Crash At Each Step
    [Tags]    AUTH-182    AUTH-184    AUTH-172    needs:auth.deletion    needs:auth.database    needs:auth.refresh
    A Crash At Each Step Should Heal    auth.deleteAccount    A Deletion To Come    The Account Is Deleted
    ...    done_already=invalid-token

A Log-Out Heals From A Crash At Each Step
    [Tags]    AUTH-182    needs:auth.logout    needs:auth.refresh
    A Crash At Each Step Should Heal    auth.logOut    A Log-Out To Come    The Session Has Ended
    ...    done_already=invalid-token

A Rotation Of The Signing Key Heals From A Crash At Each Step
    [Tags]    AUTH-183    needs:auth.key-rotation
    A Crash At Each Step Should Heal    auth.rotateSigningKey    A Rotation To Come    Tokens Of Before And After Are Good
