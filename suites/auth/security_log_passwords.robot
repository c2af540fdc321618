*** Settings ***
Documentation       What the security log tells of new passwords, and what it must not tell.
Resource            ../../resources/session.resource
Resource            ../../resources/password.resource
Resource            ../../resources/audit.resource
Test Tags           area:auth    needs:auth.security-log    needs:auth.password    needs:auth.signup


*** Test Cases ***
A Change Of The Password Is Told
    [Tags]    AUTH-70    AUTH-71    needs:auth.password-change
    ${user} =    A Logged In User
    Change Password    ${user}
    Exactly One Security Event Should Tell    password.changed    user_id=${user.id}    outcome=success

A Change Is Told With Each Session That It Ended
    [Tags]    AUTH-70    AUTH-71    needs:auth.password-change    needs:auth.sessions
    ${user} =    A Logged In User
    ${second} =    Log In    ${user}
    ${third} =    Log In    ${user}
    ${of second} =    Session Of    ${second}
    ${of third} =    Session Of    ${third}
    Change Password    ${user}
    Exactly One Security Event Should Tell    session.ended    session_id=${of second}[id]
    Exactly One Security Event Should Tell    session.ended    session_id=${of third}[id]

A Refused Change Is Told With Whose It Was
    [Tags]    AUTH-70    AUTH-75    needs:auth.password-change
    ${user} =    A Logged In User
    ${wrong} =    Fresh Password
    ${new} =    Fresh Password
    ${answer} =    Call    auth.changePassword    token=${user.access_token}
    ...    current_password=${wrong}    new_password=${new}
    Should Be Refused As    ${answer}    wrong-password
    Exactly One Security Event Should Tell    password.change-refused    user_id=${user.id}    outcome=failure

A Reset Is Told
    [Tags]    AUTH-70    AUTH-71    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Logged In User
    ${token} =    A Reset Token For    ${user}
    Reset Password    ${user}    ${token}
    Exactly One Security Event Should Tell    password.reset    user_id=${user.id}    outcome=success

A Request For A Reset Is Told
    [Tags]    AUTH-70    needs:auth.password-reset
    ${address} =    Own Address
    ${account} =    A Verified Account
    Request A Reset    ${account.email}
    Exactly One Security Event Should Tell    password.reset-requested    address=${address}

A Reset Mail Is Told With Whose It Is
    [Tags]    AUTH-70    AUTH-71    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Logged In User
    A Reset Mail For    ${user}
    Exactly One Security Event Should Tell    password.reset-mailed    user_id=${user.id}

A Reset Token That Was Used Is Told With Whose It Was
    [Tags]    AUTH-70    AUTH-75    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Logged In User
    ${token} =    A Reset Token For    ${user}
    Reset Password    ${user}    ${token}
    Reset Should Be Refused    ${token}
    Exactly One Security Event Should Tell    password.reset-refused    user_id=${user.id}    outcome=failure

No Log Holds A Password That Was Changed
    [Tags]    AUTH-72    needs:auth.password-change
    ${user} =    A Logged In User
    ${changed} =    Change Password    ${user}
    Wait For Security Event    password.changed    user_id=${user.id}
    No Log Should Hold    old=${user.password}    new=${changed.password}

No Log Holds A Reset Token
    [Tags]    AUTH-72    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Logged In User
    ${token} =    A Reset Token For    ${user}
    ${changed} =    Reset Password    ${user}    ${token}
    Reset Should Be Refused    ${token}
    Wait For Security Event    password.reset-refused    user_id=${user.id}
    No Log Should Hold    reset_token=${token}    new=${changed.password}
