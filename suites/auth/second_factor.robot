*** Settings ***
Documentation       A second factor: once it is switched on, no way leads in without a code.
Resource            ../../resources/session.resource
Resource            ../../resources/second_factor.resource
Resource            ../../resources/password.resource
Resource            ../../resources/contract.resource
Test Tags           area:auth    needs:auth.second-factor    needs:auth.signup    needs:auth.profile


*** Test Cases ***
The Secret Fits Any App
    [Tags]    AUTH-150
    ${user} =    A Logged In User
    ${answer} =    Call    auth.enrolSecondFactor    token=${user.access_token}    password=${user.password}
    Should Succeed    ${answer}
    Enrolment Should Fit Apps    ${answer.body}[secret]    ${answer.body}[uri]    ${user.email}

Nobody Enrols Without The Password
    [Tags]    AUTH-150
    ${user} =    A Logged In User
    ${wrong} =    Fresh Password
    ${answer} =    Call    auth.enrolSecondFactor    token=${user.access_token}    password=${wrong}
    Should Be Refused As    ${answer}    wrong-password

A Secret That Was Not Confirmed Asks Nobody For A Code
    [Tags]    AUTH-150
    ${user} =    A Logged In User
    Enrol    ${user}
    The Password Should Be Enough    ${user}

A Wrong Code Confirms Nothing
    [Tags]    AUTH-150
    ${user} =    A Logged In User
    ${enrolled} =    Enrol    ${user}
    ${wrong} =    Wrong Code    ${enrolled}
    ${answer} =    Call    auth.confirmSecondFactor    token=${user.access_token}    code=${wrong}
    Should Be Refused As    ${answer}    wrong-code
    The Password Should Be Enough    ${user}

A Secret Asked For Later Replaces One That Was Not Confirmed
    [Tags]    AUTH-150
    ${user} =    A Logged In User
    ${first} =    Enrol    ${user}
    ${second} =    Enrol    ${user}
    ${code} =    Fresh Code    ${first.factor}
    ${answer} =    Call    auth.confirmSecondFactor    token=${user.access_token}    code=${code}
    Should Be Refused As    ${answer}    wrong-code
    Switch The Factor On    ${second}

Nobody Replaces A Factor That Is Switched On
    [Tags]    AUTH-150
    ${user} =    A User With A Second Factor
    ${answer} =    Call    auth.enrolSecondFactor    token=${user.access_token}    password=${user.password}
    Should Be Refused As    ${answer}    second-factor-present
    A Code Should Still Be Needed    ${user}

The Password Alone Begins No Session
    [Tags]    ACC-20    core
    ${user} =    A User With A Second Factor
    ${answer} =    Call    auth.logIn    email=${user.email}    password=${user.password}
    The Challenge In    ${answer}
    Should Not Contain    ${answer.body}    access_token
    Should Not Contain    ${answer.body}    refresh_token

The Password And A Code Begin A Session
    [Tags]    ACC-20    core
    ${user} =    A User With A Second Factor
    ${logged in} =    Log In With A Code    ${user}
    Should Be Let In    ${logged in}

A Wrong Password Is Refused Before A Code Is Asked For
    [Tags]    ACC-20    needs:auth.password
    ${user} =    A User With A Second Factor
    ${wrong} =    Fresh Password
    Log In Should Be Refused    ${user}    password=${wrong}

A Wrong Code Is Refused
    [Tags]    ACC-20    core
    ${user} =    A User With A Second Factor
    ${wrong} =    Wrong Code    ${user}
    Code Should Be Refused    ${user}    ${wrong}

A Code Of Somebody Else Is Refused
    [Tags]    ACC-20
    ${user} =    A User With A Second Factor
    ${stranger} =    A User With A Second Factor
    ${code} =    Fresh Code    ${stranger.factor}
    Code Should Be Refused    ${user}    ${code}

A Code Works Once
    [Tags]    ACC-20    core
    ${user} =    A User With A Second Factor
    ${code} =    Fresh Code    ${user.factor}
    Log In With A Code    ${user}    ${code}
    Code Should Be Refused    ${user}    ${code}

The Code That Switched The Factor On Does Not Log In
    [Tags]    ACC-20
    ${user} =    A Logged In User
    ${enrolled} =    Enrol    ${user}
    ${code} =    Fresh Code    ${enrolled.factor}
    ${answer} =    Call    auth.confirmSecondFactor    token=${user.access_token}    code=${code}
    Should Succeed    ${answer}
    Code Should Be Refused    ${enrolled}    ${code}

A Code Works Once At The Same Moment
    [Tags]    ACC-20
    ${user} =    A User With A Second Factor
    ${one} =    Begin To Log In    ${user}
    ${two} =    Begin To Log In    ${user}
    ${code} =    Fresh Code    ${user.factor}
    ${answers} =    Call Together    auth.finishLogIn
    ...    each=${{ [{'challenge_token': $one}, {'challenge_token': $two}] }}    code=${code}
    VAR    ${let in} =    ${{ [answer for answer in $answers if answer.succeeded] }}
    Length Should Be    ${let in}    1

What Waits For A Code Opens Nothing
    [Tags]    AUTH-151    core
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    ${me} =    Call    auth.getMe    token=${challenge}
    Should Be Refused As    ${me}    invalid-token
    ${sessions} =    Call    auth.listSessions    token=${challenge}
    Should Be Refused As    ${sessions}    invalid-token
    ${factor} =    Call    auth.getSecondFactor    token=${challenge}
    Should Be Refused As    ${factor}    invalid-token

What Waits For A Code Renews Nothing
    [Tags]    AUTH-151    needs:auth.refresh
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    ${answer} =    Call    auth.refreshToken    refresh_token=${challenge}
    Should Be Refused As    ${answer}    invalid-refresh-token

A Log-In Is Finished Once
    [Tags]    AUTH-151
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    ${code} =    Fresh Code    ${user.factor}
    Finish To Log In    ${user}    ${challenge}    ${code}
    ${answer} =    Call    auth.finishLogIn    challenge_token=${challenge}    code=${user.recovery_codes}[0]
    Should Be Refused As    ${answer}    invalid-challenge

A Log-In Is Finished By The Token That It Was Given Alone
    [Tags]    AUTH-151
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    ${other} =    Begin To Log In    ${user}
    ${code} =    Fresh Code    ${user.factor}
    ${rows} =    Altered Forms Of Secret    ${challenge}    challenge_token    accepted=${other}    code=${code}
    Call Each Row    auth.finishLogIn    ${rows}    refused_as=invalid-challenge

A Wrong Code Leaves A Log-In As It Was
    [Tags]    AUTH-151
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    ${wrong} =    Wrong Code    ${user}
    ${answer} =    Call    auth.finishLogIn    challenge_token=${challenge}    code=${wrong}
    Should Be Refused As    ${answer}    wrong-code
    ${code} =    Fresh Code    ${user.factor}
    Finish To Log In    ${user}    ${challenge}    ${code}

A Log-In That Waits Is Void Once The Password Is Another
    [Tags]    AUTH-151    needs:auth.password-change
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    Change Password    ${user}
    ${code} =    Fresh Code    ${user.factor}
    ${answer} =    Call    auth.finishLogIn    challenge_token=${challenge}    code=${code}
    Should Be Refused As    ${answer}    invalid-challenge

A Reset Of The Password Leaves The Factor On
    [Tags]    AUTH-152    core    needs:auth.password-reset    needs:auth.mail
    ${user} =    A User With A Second Factor
    ${token} =    A Reset Token For    ${user}
    ${reset} =    Reset Password    ${user}    ${token}
    A Code Should Still Be Needed    ${reset}

A Change Of The Password Leaves The Factor On
    [Tags]    AUTH-152    needs:auth.password-change
    ${user} =    A User With A Second Factor
    ${changed} =    Change Password    ${user}
    A Code Should Still Be Needed    ${changed}

A Log-Out Everywhere Leaves The Factor On
    [Tags]    AUTH-152    needs:auth.logout-all
    ${user} =    A User With A Second Factor
    Log Out Everywhere    ${user}
    A Code Should Still Be Needed    ${user}

To Switch The Factor On Ends Every Other Session
    [Tags]    AUTH-153    core
    ${user} =    A Logged In User
    ${without a code} =    Log In    ${user}
    Should Be Let In    ${without a code}
    ${enrolled} =    Enrol    ${user}
    Switch The Factor On    ${enrolled}
    Should Be Let In    ${user}
    Should Be Shut Out    ${without a code}

A Session Without A Code Is Not Renewed Once The Factor Is On
    [Tags]    AUTH-153    needs:auth.refresh
    ${user} =    A Logged In User
    ${without a code} =    Log In    ${user}
    ${enrolled} =    Enrol    ${user}
    Switch The Factor On    ${enrolled}
    Should Not Be Able To Refresh    ${without a code}
    Should Be Able To Refresh    ${user}

A Recovery Code Logs In Without The App
    [Tags]    AUTH-154    core
    ${user} =    A User With A Second Factor
    ${logged in} =    Log In With A Code    ${user}    ${user.recovery_codes}[0]
    Should Be Let In    ${logged in}

A Recovery Code Works Once And The Others Stay
    [Tags]    AUTH-154
    ${user} =    A User With A Second Factor
    Log In With A Code    ${user}    ${user.recovery_codes}[0]
    Code Should Be Refused    ${user}    ${user.recovery_codes}[0]
    Log In With A Code    ${user}    ${user.recovery_codes}[1]

A Log-In Is Finished Once By A Recovery Code Too
    [Tags]    AUTH-151
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    Finish To Log In    ${user}    ${challenge}    ${user.recovery_codes}[0]
    ${answer} =    Call    auth.finishLogIn    challenge_token=${challenge}    code=${user.recovery_codes}[1]
    Should Be Refused As    ${answer}    invalid-challenge

A Recovery Code Makes No Code Of The App Good Again
    [Tags]    ACC-20
    ${user} =    A User With A Second Factor
    ${code} =    Fresh Code    ${user.factor}
    Log In With A Code    ${user}    ${code}
    Log In With A Code    ${user}    ${user.recovery_codes}[0]
    Code Should Be Refused    ${user}    ${code}

A Recovery Code Of Somebody Else Is Refused
    [Tags]    AUTH-154
    ${user} =    A User With A Second Factor
    ${stranger} =    A User With A Second Factor
    Code Should Be Refused    ${user}    ${stranger.recovery_codes}[0]
    Log In With A Code    ${stranger}    ${stranger.recovery_codes}[0]

Recovery Codes Cannot Be Guessed
    [Documentation]    What has 112 bits of chance needs no slow hash (ASVS 6.5.2).
    [Tags]    AUTH-154
    ${user} =    A User With A Second Factor
    Secrets Should Be Unguessable    @{user.recovery_codes}    bits=112

It Is Told How Many Recovery Codes Are Left
    [Tags]    AUTH-154
    ${user} =    A User With A Second Factor
    Log In With A Code    ${user}    ${user.recovery_codes}[3]
    ${state} =    Call    auth.getSecondFactor    token=${user.access_token}
    Should Be Equal    ${state.body}[active]    ${True}
    Should Be Equal    ${state.body}[recovery_codes_left]    ${{ len($user['recovery_codes']) - 1 }}

The Factor Is Switched Off With Password And Code
    [Tags]    AUTH-155    core
    ${user} =    A User With A Second Factor
    ${code} =    Fresh Code    ${user.factor}
    ${answer} =    Call    auth.disableSecondFactor    token=${user.access_token}    password=${user.password}    code=${code}
    Should Succeed    ${answer}
    The Password Should Be Enough    ${user}

The Factor Is Not Switched Off With A Wrong Code
    [Tags]    AUTH-155
    ${user} =    A User With A Second Factor
    ${wrong} =    Wrong Code    ${user}
    ${answer} =    Call    auth.disableSecondFactor    token=${user.access_token}    password=${user.password}    code=${wrong}
    Should Be Refused As    ${answer}    wrong-code
    A Code Should Still Be Needed    ${user}

The Factor Is Not Switched Off With A Wrong Password
    [Tags]    AUTH-155
    ${user} =    A User With A Second Factor
    ${wrong} =    Fresh Password
    ${answer} =    Call    auth.disableSecondFactor    token=${user.access_token}    password=${wrong}
    ...    code=${user.recovery_codes}[0]
    Should Be Refused As    ${answer}    wrong-password
    Log In With A Code    ${user}    ${user.recovery_codes}[0]

The Operations Of The Factor Answer As Promised
    [Tags]    AUTH-150    AUTH-60    needs:auth.contract
    ${user} =    A Logged In User
    ${enrolled} =    Should Be As Promised    auth.enrolSecondFactor    token=${user.access_token}    password=${user.password}
    ${code} =    Fresh Code    ${enrolled.body}[secret]
    Should Be As Promised    auth.confirmSecondFactor    token=${user.access_token}    code=${code}
    Should Be As Promised    auth.getSecondFactor    token=${user.access_token}
    ${challenged} =    Should Be As Promised    auth.logIn    email=${user.email}    password=${user.password}
    ${next} =    Fresh Code    ${enrolled.body}[secret]
    Should Be As Promised    auth.finishLogIn    challenge_token=${challenged.body}[challenge_token]    code=${next}
