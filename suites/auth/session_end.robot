*** Settings ***
Documentation       When a session ends by itself: not used for ten minutes, or half an hour after its log-in. The clock is moved.
Resource            ../../resources/session.resource
Resource            ../../resources/users.resource
Suite Setup         Start A Private Platform    session_idle_lifetime=${600}    refresh_token_lifetime=${1800}
...                 access_token_lifetime=${1800}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.clock
...                 needs:auth.profile


*** Test Cases ***
A Session That Is Not Used Ends
    [Tags]    ACC-09    core
    ${user} =    A Logged In User
    Move The Clock    601s
    Should Be Shut Out    ${user}

A Session That Was Used Once Ends
    [Tags]    ACC-09
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    Move The Clock    601s
    Should Be Shut Out    ${user}

A Session That Is Not Used Cannot Be Renewed
    [Tags]    ACC-09    needs:auth.refresh
    ${user} =    A Logged In User
    Move The Clock    601s
    Should Not Be Able To Refresh    ${user}

A Session That Was Renewed And Is Not Used Ends
    [Tags]    ACC-09    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Move The Clock    601s
    Should Be Shut Out    ${renewed}
    Should Not Be Able To Refresh    ${renewed}

A Session That Ended For Want Of Use Stays Ended
    [Documentation]    To try it is no use of it.
    [Tags]    ACC-09    needs:auth.refresh
    ${user} =    A Logged In User
    Move The Clock    601s
    Should Be Shut Out    ${user}
    Should Be Shut Out    ${user}
    Should Not Be Able To Refresh    ${user}

A Session Lives Until It Was Not Used For Nine Tenths Of The Time
    [Tags]    AUTH-140
    ${user} =    A Logged In User
    Move The Clock    535s
    Should Be Let In    ${user}

A Session That Is Used Goes On
    [Tags]    AUTH-140    core
    ${user} =    A Logged In User
    Move The Clock    500s
    Should Be Let In    ${user}
    Move The Clock    500s
    Should Be Let In    ${user}

A Session That Is Renewed Goes On
    [Tags]    AUTH-140    needs:auth.refresh
    ${user} =    A Logged In User
    Move The Clock    500s
    ${renewed} =    Refresh    ${user}
    Move The Clock    500s
    Should Be Able To Refresh    ${renewed}

Using A Session Lets It Be Renewed Later
    [Tags]    AUTH-140    needs:auth.refresh
    ${user} =    A Logged In User
    Move The Clock    500s
    Should Be Let In    ${user}
    Move The Clock    500s
    Should Be Able To Refresh    ${user}

Using One Session Keeps No Other
    [Tags]    AUTH-140
    ${forgotten} =    A Logged In User
    ${used} =    Log In    ${forgotten}
    Move The Clock    500s
    Should Be Let In    ${used}
    Move The Clock    101s
    Should Be Let In    ${used}
    Should Be Shut Out    ${forgotten}

To Ask About A Token Is No Use Of Its Session
    [Tags]    AUTH-140    needs:auth.validation
    ${user} =    A Logged In User
    Move The Clock    500s
    ${verdict} =    Call    auth.validateToken    token=${user.access_token}
    Should Be Equal    ${verdict.body}[valid]    ${True}
    Move The Clock    101s
    Should Be Shut Out    ${user}

A Session That Is Not Used Is Called Bad When Somebody Asks
    [Tags]    ACC-09    needs:auth.validation
    ${user} =    A Logged In User
    Move The Clock    601s
    ${verdict} =    Call    auth.validateToken    token=${user.access_token}
    Should Be Equal    ${verdict.body}[valid]    ${False}

A Session That Is Not Used Is No Longer Listed
    [Tags]    ACC-09    needs:auth.sessions
    ${forgotten} =    A Logged In User
    ${used} =    Log In    ${forgotten}
    ${session} =    Session Of    ${used}
    Move The Clock    500s
    Should Be Let In    ${used}
    Move The Clock    101s
    ${ids} =    Ids Of Sessions Of    ${used}
    Should Be Equal    ${ids}    ${{ [$session['id']] }}

A Session Ends In The End However Much It Is Used
    [Documentation]    A later session of the same person sees it gone, whatever its access token says of its own end.
    [Tags]    AUTH-141    core    needs:auth.sessions
    ${user} =    A Session That Was Used For Half An Hour
    ${later} =    Log In    ${user}
    ${session} =    Session Of    ${later}
    Move The Clock    1s
    ${ids} =    Ids Of Sessions Of    ${later}
    Should Be Equal    ${ids}    ${{ [$session['id']] }}
    Should Be Shut Out    ${user}

A Session Cannot Be Renewed In The End However Much It Is Used
    [Tags]    AUTH-141    needs:auth.refresh
    ${user} =    A Session That Was Used For Half An Hour
    Move The Clock    1s
    Should Not Be Able To Refresh    ${user}

A Session Ends In The End However Often It Is Renewed
    [Tags]    AUTH-141    needs:auth.refresh
    ${user} =    A Logged In User
    Move The Clock    590s
    ${once} =    Refresh    ${user}
    Move The Clock    590s
    ${twice} =    Refresh    ${once}
    Move The Clock    590s
    ${thrice} =    Refresh    ${twice}
    Move The Clock    31s
    Should Be Shut Out    ${thrice}
    Should Not Be Able To Refresh    ${thrice}

The Session Of A Named Device Ends No Later
    [Tags]    AUTH-141    needs:auth.refresh    needs:auth.sessions
    ${account} =    A Verified Account
    ${user} =    Log In    ${account}    device_id=phone
    ${before} =    Session Of    ${user}
    Move The Clock    300s
    ${renewed} =    Refresh    ${user}
    ${after} =    Session Of    ${renewed}
    Should Be Equal    ${after}[expires_at]    ${before}[expires_at]

A Role Keeps No Session That Is Not Used
    [Documentation]    The role comes shortly before the end of the session.
    [Tags]    ACC-09    AUTH-140    needs:auth.user-management
    ${user} =    A Logged In User
    Move The Clock    590s
    Give The Role    support    ${user}
    Move The Clock    15s
    Should Be Shut Out    ${user}

An Access Token That Is Over Keeps No Session
    [Documentation]    To present it is refused, and so no use. The platform of this test gives it five minutes.
    [Tags]    ACC-09    AUTH-140    needs:auth.refresh
    [Setup]    Start A Private Platform    session_idle_lifetime=${600}    access_token_lifetime=${300}
    ${user} =    A Logged In User
    Move The Clock    500s
    Should Be Shut Out    ${user}
    Move The Clock    101s
    Should Not Be Able To Refresh    ${user}


*** Keywords ***
A Session That Was Used For Half An Hour
    [Documentation]    It has seconds left of the time since its log-in, and was used until now.
    ${user} =    A Logged In User
    Move The Clock    530s
    Should Be Let In    ${user}
    Move The Clock    530s
    Should Be Let In    ${user}
    Move The Clock    530s
    Should Be Let In    ${user}
    Move The Clock    209s
    RETURN    ${user}
