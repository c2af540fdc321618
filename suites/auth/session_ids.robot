*** Settings ***
Documentation       A session is new at each log-in: nothing that a caller brings along becomes, or goes on as, the session.
Resource            ../../resources/session.resource
Test Tags           area:auth    needs:auth.sessions    needs:auth.profile


*** Test Cases ***
A Log-In With The Token Of One's Own Session Begins Another
    [Tags]    ACC-08    core
    ${user} =    A Logged In User
    ${before} =    Session Of    ${user}
    ${again} =    Log In    ${user}    token=${user.access_token}
    ${after} =    Session Of    ${again}
    Should Not Be Equal    ${after}[id]    ${before}[id]
    Should Be Let In    ${user}

A Log-In With A Stranger's Token Does Not Go On With The Stranger's Session
    [Tags]    ACC-08    core
    ${stranger} =    A Logged In User
    ${set by the stranger} =    Session Of    ${stranger}
    ${account} =    A Verified Account
    ${user} =    Log In    ${account}    token=${stranger.access_token}
    ${session} =    Session Of    ${user}
    Should Not Be Equal    ${session}[id]    ${set by the stranger}[id]
    Should Be Let In    ${stranger}

A Log-In Takes No Session Id That It Is Given
    [Tags]    ACC-08
    [Template]    A Log-In With This Header Has Another Id
    Cookie    session=
    Cookie    session_id=
    Cookie    __Host-session=
    X-Session-Id    ${EMPTY}
    Session-Id    ${EMPTY}

A Log-In Takes No Session Id From The Name Of The Device
    [Tags]    ACC-08
    ${account} =    A Verified Account
    VAR    ${wanted} =    ${{ str(uuid.uuid4()) }}
    ${user} =    Log In    ${account}    device_id=${wanted}
    ${session} =    Session Of    ${user}
    Should Not Be Equal    ${session}[id]    ${wanted}

Two Log-Ins Of One Device Are Two Sessions
    [Documentation]    The name of a device is what its owner calls it; nobody goes on with a session by knowing the name.
    [Tags]    ACC-08    needs:auth.logout
    ${account} =    A Verified Account
    ${first} =    Log In    ${account}    device_id=phone
    ${second} =    Log In    ${account}    device_id=phone
    ${one} =    Session Of    ${first}
    ${other} =    Session Of    ${second}
    Should Not Be Equal    ${one}[id]    ${other}[id]
    Log Out    ${first}
    Should Be Let In    ${second}


*** Keywords ***
A Log-In With This Header Has Another Id
    [Documentation]    The header carries an id that the caller has thought of; the session has another.
    [Arguments]    ${header}    ${before}
    ${account} =    A Verified Account
    VAR    ${wanted} =    ${{ str(uuid.uuid4()) }}
    VAR    &{headers} =    ${header}=${before}${wanted}
    ${user} =    Log In    ${account}    headers=${headers}
    ${session} =    Session Of    ${user}
    Should Not Be Equal    ${session}[id]    ${wanted}
