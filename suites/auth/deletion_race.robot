*** Settings ***
Documentation       Deletions while other requests of the same person are under way. The platform of this suite lets many sessions begin and many
...                 log-ins fail.
Resource            ../../resources/deletion.resource
Suite Setup         Start A Private Platform    session_limit=${50}    login_failures=${1000}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.deletion    needs:auth.signup
...                 needs:auth.password    needs:auth.profile


*** Test Cases ***
No Session Begins While An Account Is Being Deleted
    [Tags]    AUTH-178    needs:auth.database    needs:auth.floods
    ${user} =    A Person With A Name
    ${traces} =    Traces Of    ${user.id}    ${user.email}    ${user.full_name}
    ${answers} =    Delete During    ${user}    auth.logIn    email=${user.email}    password=${user.password}
    Each Should Succeed Or Be Refused As    ${answers}    invalid-credentials
    No Trace Should Be Left    ${traces}

A Token That Is Checked All The While Is Dead Afterwards
    [Documentation]    Whoever looked the session up before the deletion must not remember it after that. By one, and by many who ask.
    [Tags]    AUTH-178    AUTH-171    needs:auth.validation    needs:auth.floods
    [Template]    A Token That So Many Check Is Dead After The Deletion
    ${1}
    ${2}
    ${3}
    ${4}
    ${6}
    ${8}

Whoever Signs Up With The Address Meanwhile Is Answered As Always
    [Documentation]    Each of them chose the password of the deleted account, so that any of the mails confirms an account with it.
    ...    There is one caller, since an address is mailed only so often.
    [Tags]    AUTH-178    needs:auth.mail    needs:auth.floods
    ${user} =    A Logged In User
    ${answers} =    Delete During    ${user}    auth.signUp    email=${user.email}    password=${user.password}    callers=${1}
    Each Should Succeed    ${answers}
    ${again} =    Sign Up Again    ${user}    ${user.password}
    Should Not Be Equal    ${again.id}    ${user.id}    The new account has the id of the deleted one.

Whoever Asks For A Reset Meanwhile Is Answered As Always
    [Tags]    AUTH-178    needs:auth.password-reset    needs:auth.database    needs:auth.floods
    ${user} =    A Person With A Name
    ${traces} =    Traces Of    ${user.id}    ${user.email}    ${user.full_name}
    ${answers} =    Delete During    ${user}    auth.requestPasswordReset    email=${user.email}
    Each Should Succeed    ${answers}
    No Trace Should Be Left    ${traces}


*** Keywords ***
Delete During
    [Documentation]    Deletes an account while others call an operation again and again. Returns all answers; the deletion succeeds.
    [Arguments]    ${user}    ${other}    &{fields}
    VAR    &{deletion} =    token=${user}[access_token]    current_password=${user}[password]
    ${answers} =    Call During    auth.deleteAccount    ${deletion}    ${other}    &{fields}
    Should Succeed    ${answers}[0]
    RETURN    ${answers}

A Token That So Many Check Is Dead After The Deletion
    [Documentation]    Each answer meanwhile is one from before the deletion or one from after it.
    [Arguments]    ${callers}
    ${user} =    A Logged In User
    ${answers} =    Delete During    ${user}    auth.verifyToken    token=${user.access_token}    callers=${callers}
    Each Should Succeed Or Be Refused As    ${answers}    invalid-token
    ${answer} =    Call    auth.verifyToken    token=${user.access_token}
    Should Be Refused As    ${answer}    invalid-token
