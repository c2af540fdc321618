*** Settings ***
Documentation       How often a reset can be asked for and a password guessed. The platform of this suite allows two mails and three guesses.
Resource            ../../resources/session.resource
Resource            ../../resources/password.resource
Suite Setup         Start A Private Platform    reset_mails=${2}    login_failures=${3}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.password
...                 needs:auth.signup    needs:auth.mail


*** Test Cases ***
No More Than The Allowed Number Of Reset Mails Is Sent
    [Documentation]    When the mail of a later request of another account has come, the third one was dealt with.
    [Tags]    AUTH-108    needs:auth.password-reset
    ${account} =    A Verified Account
    ${other} =    A Verified Account
    A Reset Mail For    ${account}
    A Reset Mail For    ${account}
    ${before} =    Mails To    ${account.email}
    Request A Reset    ${account.email}
    A Reset Mail For    ${other}
    ${after} =    Mails To    ${account.email}
    Length Should Be    ${after}    ${{ len($before) }}    More reset mails came than are allowed.

The Last Token Within The Allowed Number Stays Good
    [Documentation]    A stranger who keeps asking takes no token away from its owner.
    [Tags]    AUTH-108    needs:auth.password-reset
    ${account} =    A Verified Account
    ${other} =    A Verified Account
    A Reset Mail For    ${account}
    ${token} =    A Reset Token For    ${account}
    Request A Reset    ${account.email}
    A Reset Mail For    ${other}
    Reset Password    ${account}    ${token}

A Request Beyond The Allowed Number Is Answered Like Any Other
    [Tags]    AUTH-108    AUTH-107    needs:auth.password-reset
    ${account} =    A Verified Account
    ${nobody} =    A Person
    A Reset Mail For    ${account}
    A Reset Mail For    ${account}
    ${one more} =    Request A Reset    ${account.email}
    ${for unknown} =    Request A Reset    ${nobody.email}
    Should Look Alike    ${one more}    ${for unknown}

Guesses Of The Current Password Are Limited
    [Documentation]    After as many as a log-in allows, the right one is refused as well.
    [Tags]    AUTH-102    needs:auth.password-change    needs:auth.lockouts
    ${user} =    A Logged In User
    Guess The Current Password    ${user}
    Guess The Current Password    ${user}
    Guess The Current Password    ${user}
    ${new} =    Fresh Password
    ${answer} =    Call    auth.changePassword    token=${user.access_token}
    ...    current_password=${user.password}    new_password=${new}
    Should Be Refused As    ${answer}    too-many-requests

A Weak New Password Lets Nobody Guess The Current One
    [Documentation]    After as many tries as are allowed, the answer does not tell any more which of two passwords is the right one.
    [Tags]    AUTH-102    needs:auth.password-change    needs:auth.lockouts
    ${user} =    A Logged In User
    ${wrong} =    Fresh Password
    Try A Weak New Password    ${user}    ${wrong}
    Try A Weak New Password    ${user}    ${wrong}
    Try A Weak New Password    ${user}    ${wrong}
    ${by wrong} =    Try A Weak New Password    ${user}    ${wrong}
    ${by right} =    Try A Weak New Password    ${user}    ${user.password}
    Should Look Alike    ${by wrong}    ${by right}

Guesses From All Sessions Count Together
    [Tags]    AUTH-102    needs:auth.password-change    needs:auth.lockouts
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}
    Guess The Current Password    ${user}
    Guess The Current Password    ${elsewhere}
    Guess The Current Password    ${elsewhere}
    ${new} =    Fresh Password
    ${answer} =    Call    auth.changePassword    token=${user.access_token}
    ...    current_password=${user.password}    new_password=${new}
    Should Be Refused As    ${answer}    too-many-requests

Guesses Of The Current Password Keep Nobody From Logging In
    [Documentation]    Whoever has a token for a while cannot lock its owner out.
    [Tags]    AUTH-102    needs:auth.password-change    needs:auth.lockouts
    ${user} =    A Logged In User
    Guess The Current Password    ${user}
    Guess The Current Password    ${user}
    Guess The Current Password    ${user}
    Log In    ${user}


*** Keywords ***
Guess The Current Password
    [Documentation]    Tries to change the password with a wrong one, as a test does until no more guesses are allowed.
    [Arguments]    ${user}
    Lockouts Are Tolerated
    ${guess} =    Fresh Password
    ${new} =    Fresh Password
    ${answer} =    Call    auth.changePassword    token=${user}[access_token]
    ...    current_password=${guess}    new_password=${new}
    Should Be Refused As    ${answer}    wrong-password

Try A Weak New Password
    [Documentation]    Tries to change the password to one that is too short. Returns the answer, a refusal.
    [Arguments]    ${user}    ${current}
    Lockouts Are Tolerated
    ${too short} =    Fresh Password    characters=3
    ${answer} =    Call    auth.changePassword    token=${user}[access_token]
    ...    current_password=${current}    new_password=${too short}
    Should Not Succeed    ${answer}
    RETURN    ${answer}
