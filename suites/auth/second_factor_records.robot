*** Settings ***
Documentation       What the platform keeps of second factors, and what it writes down of their use.
Resource            ../../resources/session.resource
Resource            ../../resources/second_factor.resource
Resource            ../../resources/audit.resource
Test Tags           area:auth    needs:auth.second-factor    needs:auth.signup


*** Test Cases ***
No Store Holds The Secret Of An App
    [Tags]    AUTH-158    core    needs:auth.database
    ${user} =    A User With A Second Factor
    No Record Should Hold    ${user.email}    factor=${user.factor}

No Store Holds A Secret That Is Not Confirmed Yet
    [Tags]    AUTH-158    needs:auth.database
    ${user} =    A Logged In User
    ${enrolled} =    Enrol    ${user}
    No Record Should Hold    ${user.email}    factor=${enrolled.factor}

No Store Holds A Recovery Code
    [Tags]    AUTH-158    needs:auth.database
    ${user} =    A User With A Second Factor
    No Record Should Hold    ${user.email}    first=${user.recovery_codes}[0]    last=${user.recovery_codes}[-1]

No Store Holds What Waits For A Code
    [Tags]    AUTH-158    needs:auth.database
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    No Record Should Hold    ${user.email}    challenge=${challenge}

No Log Holds What A Log-In In Two Steps Needs
    [Tags]    AUTH-158    AUTH-72    needs:auth.security-log
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    Finish To Log In    ${user}    ${challenge}    ${user.recovery_codes}[0]
    Wait For Security Event    login.succeeded    user_id=${user.id}
    No Log Should Hold    factor=${user.factor}    challenge=${challenge}    recovery_code=${user.recovery_codes}[0]

To Switch The Factor On Is Told
    [Tags]    AUTH-159    needs:auth.security-log
    ${user} =    A User With A Second Factor
    Exactly One Security Event Should Tell    second-factor.switched-on    user_id=${user.id}    outcome=success

To Switch The Factor Off Is Told
    [Tags]    AUTH-159    needs:auth.security-log
    ${user} =    A User With A Second Factor
    ${answer} =    Call    auth.disableSecondFactor    token=${user.access_token}    password=${user.password}
    ...    code=${user.recovery_codes}[0]
    Should Succeed    ${answer}
    Exactly One Security Event Should Tell    second-factor.switched-off    user_id=${user.id}    outcome=success

A Wrong Code Is Told
    [Tags]    AUTH-159    core    needs:auth.security-log
    ${user} =    A User With A Second Factor
    ${wrong} =    Wrong Code    ${user}
    Code Should Be Refused    ${user}    ${wrong}
    Exactly One Security Event Should Tell    second-factor.refused    user_id=${user.id}    outcome=failure

A Recovery Code That Is Used Is Told
    [Tags]    AUTH-159    needs:auth.security-log
    ${user} =    A User With A Second Factor
    Log In With A Code    ${user}    ${user.recovery_codes}[0]
    Exactly One Security Event Should Tell    second-factor.recovery-used    user_id=${user.id}

A Log-In Is Told Once The Code Is Right And Not Before
    [Tags]    AUTH-159    needs:auth.security-log
    ${account} =    A User With A Second Factor
    Exactly One Security Event Should Tell    login.succeeded    user_id=${account.id}
    Begin To Log In    ${account}
    Exactly One Security Event Should Tell    login.challenged    user_id=${account.id}
    ${told} =    Security Events    event=login.succeeded    user_id=${account.id}
    Length Should Be    ${told}    1
