*** Settings ***
Documentation       What is left of a person in databases, session store and logs when the account was deleted.
Resource            ../../resources/deletion.resource
Resource            ../../resources/password.resource
Test Tags           area:auth    needs:auth.deletion    needs:auth.database    needs:auth.signup    needs:auth.password
...                 needs:auth.profile


*** Test Cases ***
Nothing Of A Deleted Person Is Left In Any Store
    [Tags]    AUTH-172    core    needs:auth.refresh    needs:auth.logout
    ${user} =    A Person Of Whom Much Is Kept
    Nothing Of The Person Should Be Left After Deletion    ${user}

Nothing Is Left Of Who Asked For A Reset
    [Tags]    AUTH-172    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Person With A Name
    A Reset Token For    ${user}
    Nothing Of The Person Should Be Left After Deletion    ${user}

Nothing Is Left Of Who Changed The Password
    [Tags]    AUTH-172    needs:auth.password-change
    ${user} =    A Person With A Name
    ${changed} =    Change Password    ${user}
    Nothing Of The Person Should Be Left After Deletion    ${changed}

Nothing Is Left Of Whose Password Was Guessed At
    [Documentation]    Counts of guesses are kept under somebody's name too.
    [Tags]    AUTH-172
    ${user} =    A Person With A Name
    ${wrong} =    Fresh Password
    Log In Should Be Refused    ${user}    password=${wrong}
    Deletion Should Be Refused    ${user}    password=${wrong}
    Nothing Of The Person Should Be Left After Deletion    ${user}

Nothing Is Left Of A Person Who Comes Back And Goes Again
    [Tags]    AUTH-172    AUTH-176    needs:auth.mail    needs:auth.email-verification
    ${user} =    A Person With A Name
    Delete Account    ${user}
    ${again} =    Sign Up Again    ${user}
    ${traces} =    Traces Of    ${again.id}    ${again.email}
    Delete Account    ${again}
    No Trace Should Be Left    ${traces}

Nothing Is Kept Of A Deleted Person For Whom A Reset Is Asked
    [Documentation]    When the mail of a later request has come, the first one was dealt with.
    [Tags]    AUTH-172    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Person With A Name
    ${other} =    A Verified Account
    ${traces} =    Traces Of    ${user.id}    ${user.email}    ${user.full_name}
    Delete Account    ${user}
    Request A Reset    ${user.email}
    A Reset Mail For    ${other}
    No Trace Should Be Left    ${traces}

Everything Of Somebody Else Stays
    [Tags]    AUTH-174    needs:auth.refresh    needs:auth.logout
    ${ann} =    A Person With A Name
    ${bob} =    A Person Of Whom Much Is Kept
    ${traces of bob} =    Traces Of    ${bob.id}    ${bob.email}    ${bob.full_name}
    Nothing Of The Person Should Be Left After Deletion    ${ann}
    Every Trace Should Be Left    ${traces of bob}

No Log Holds The Address Or The Name Of A Deleted Person
    [Tags]    AUTH-173    needs:auth.security-log    needs:auth.service-log    needs:auth.refresh    needs:auth.logout
    ${user} =    A Person Of Whom Much Is Kept
    Delete Account    ${user}
    Wait For Security Event    account.deleted    user_id=${user.id}
    No Log Should Hold    address=${{ $user['email'].partition('@')[0] }}    name=${user.full_name}
