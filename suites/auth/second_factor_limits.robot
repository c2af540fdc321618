*** Settings ***
Documentation       How long codes and log-ins that wait for one are good, and how often one may guess. The clock is moved; three
...                 wrong codes are allowed in ten minutes.
Resource            ../../resources/session.resource
Resource            ../../resources/second_factor.resource
Suite Setup         Start A Private Platform    code_failures=${3}    code_failure_window=${600}    challenge_lifetime=${120}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.clock
...                 needs:auth.second-factor    needs:auth.signup    needs:auth.profile


*** Test Cases ***
A Code Of The Step Before Is Accepted
    [Documentation]    Early in a step as late in it: at three moments, a third of a step apart.
    [Tags]    AUTH-156
    A Code Of The Step Before Should Be Accepted
    Move The Clock    10s
    A Code Of The Step Before Should Be Accepted
    Move The Clock    10s
    A Code Of The Step Before Should Be Accepted

A Code Of The Step After Is Accepted
    [Tags]    AUTH-156
    ${user} =    A User With A Factor For A Long Time
    ${code} =    Code Of Step    ${user.factor}    1
    Log In With A Code    ${user}    ${code}

A Code That Is Older Is Refused
    [Tags]    ACC-20    AUTH-156
    [Template]    A Code Of This Step Is Refused
    -2
    -3
    -20

A Code That Is Still To Come Is Refused
    [Tags]    ACC-20    AUTH-156
    [Template]    A Code Of This Step Is Refused
    2
    3
    20

A Code Is Not Accepted Again In The Step After
    [Tags]    ACC-20
    ${user} =    A User With A Factor For A Long Time
    ${code} =    Code Of Step    ${user.factor}
    Log In With A Code    ${user}    ${code}
    Move The Clock    30s
    Code Should Be Refused    ${user}    ${code}

A Log-In That Waits Too Long Cannot Be Finished
    [Tags]    AUTH-151
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    Move The Clock    121s
    ${code} =    Fresh Code    ${user.factor}
    ${answer} =    Call    auth.finishLogIn    challenge_token=${challenge}    code=${code}
    Should Be Refused As    ${answer}    invalid-challenge

A Log-In Waits For As Long As Is Configured
    [Documentation]    The control of the test before.
    [Tags]    AUTH-151
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    Move The Clock    110s
    ${code} =    Fresh Code    ${user.factor}
    Finish To Log In    ${user}    ${challenge}    ${code}

After Three Wrong Codes Even A Right One Has To Wait
    [Tags]    AUTH-157    core    needs:auth.lockouts
    ${user} =    A User With A Second Factor
    Guess Three Codes    ${user}
    ${code} =    Fresh Code    ${user.factor}
    Code Should Be Refused    ${user}    ${code}    too-many-requests

Wrong Codes Are Counted For The Account, Not For The Log-In
    [Documentation]    Whoever begins anew, or from elsewhere, has no more guesses.
    [Tags]    AUTH-157    needs:auth.lockouts
    ${user} =    A User With A Second Factor
    Guess Three Codes    ${user}
    ${challenge} =    Begin To Log In    ${user}
    ${elsewhere} =    Another Address
    ${wrong} =    Wrong Code    ${user}
    ${answer} =    Call From    ${elsewhere}    auth.finishLogIn    challenge_token=${challenge}    code=${wrong}
    Should Be Refused As    ${answer}    too-many-requests

Recovery Codes Are Not Tried Without Limit Either
    [Tags]    AUTH-157    needs:auth.lockouts
    ${user} =    A User With A Second Factor
    Guess Three Codes    ${user}
    Code Should Be Refused    ${user}    ${user.recovery_codes}[0]    too-many-requests

To Switch The Factor Off Gives No More Guesses
    [Tags]    AUTH-157    needs:auth.lockouts
    ${user} =    A User With A Second Factor
    Guess Three Codes    ${user}
    ${wrong} =    Wrong Code    ${user}
    ${answer} =    Call    auth.disableSecondFactor    token=${user.access_token}    password=${user.password}    code=${wrong}
    Should Be Refused As    ${answer}    too-many-requests

The Answer Says How Long To Wait, And Then A Code Is Accepted
    [Tags]    AUTH-157    needs:auth.lockouts
    ${user} =    A User With A Second Factor
    Guess Three Codes    ${user}
    ${challenge} =    Begin To Log In    ${user}
    ${answer} =    Call    auth.finishLogIn    challenge_token=${challenge}    code=${user.recovery_codes}[0]
    Should Be Refused As    ${answer}    too-many-requests
    ${seconds} =    Should Have Header    ${answer}    Retry-After    [0-9]+
    Move The Clock    ${seconds}s
    Log In With A Code    ${user}

Trying While Codes Have To Wait Does Not Lengthen The Wait
    [Documentation]    A code is refused halfway; it counts for nothing when the wait is over.
    [Tags]    AUTH-157    API-07    needs:auth.lockouts
    ${user} =    A User With A Second Factor
    Guess Three Codes    ${user}
    Move The Clock    5 minutes
    ${code} =    Fresh Code    ${user.factor}
    Code Should Be Refused    ${user}    ${code}    too-many-requests
    Move The Clock    5 minutes
    Log In With A Code    ${user}

Guesses At The Same Moment Are All Counted
    [Tags]    AUTH-157    needs:auth.lockouts
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    @{wrong} =    Wrong Codes    ${user.factor}    8
    ${answers} =    Call Together    auth.finishLogIn    each=${{ [{'code': code} for code in $wrong] }}
    ...    challenge_token=${challenge}
    ${judged} =    Evaluate    sum(answer.problem == 'wrong-code' for answer in $answers)
    Should Be Equal    ${judged}    ${3}

A Right Code Forgives The Wrong Ones Before It
    [Tags]    AUTH-157    needs:auth.lockouts
    ${user} =    A User With A Second Factor
    Guess Two Codes    ${user}
    Log In With A Code    ${user}
    Guess Two Codes    ${user}
    Log In With A Code    ${user}    ${user.recovery_codes}[0]

The Guesses At One Account Hinder No Other
    [Tags]    AUTH-157    needs:auth.lockouts
    ${user} =    A User With A Second Factor
    ${other} =    A User With A Second Factor
    Guess Three Codes    ${user}
    Log In With A Code    ${other}


*** Keywords ***
A User With A Factor For A Long Time
    [Documentation]    The code that switched the factor on is long past.
    ${user} =    A User With A Second Factor
    Move The Clock    20 minutes
    RETURN    ${user}

A Code Of The Step Before Should Be Accepted
    [Documentation]    The code that an app showed until the present step began logs in.
    ${user} =    A User With A Factor For A Long Time
    ${code} =    Code Of Step    ${user.factor}    -1
    Log In With A Code    ${user}    ${code}

A Code Of This Step Is Refused
    [Documentation]    The code of a step so far from the present one does not log in.
    [Arguments]    ${away: int}
    ${user} =    A User With A Factor For A Long Time
    ${code} =    Code Of Step    ${user.factor}    ${away}
    Code Should Be Refused    ${user}    ${code}

Guess Two Codes
    [Documentation]    Two wrong codes, each judged; one more is the last that is allowed.
    [Arguments]    ${user}
    Lockouts Are Tolerated
    @{wrong} =    Wrong Codes    ${user}[factor]    2
    Code Should Be Refused    ${user}    ${wrong}[0]
    Code Should Be Refused    ${user}    ${wrong}[1]

Guess Three Codes
    [Documentation]    Three wrong codes, each judged; no more are allowed.
    [Arguments]    ${user}
    Guess Two Codes    ${user}
    ${wrong} =    Wrong Code    ${user}
    Code Should Be Refused    ${user}    ${wrong}
