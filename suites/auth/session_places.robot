*** Settings ***
Documentation       A session that is used from elsewhere than it began goes on, and the security log tells of it.
Resource            ../../resources/session.resource
Resource            ../../resources/audit.resource
Test Tags           area:auth    needs:auth.sessions    needs:auth.profile    needs:auth.security-log


*** Variables ***
&{ANOTHER PROGRAM}      User-Agent=A program that did not log in
&{NO NAME}              User-Agent=${None}


*** Test Cases ***
Use By Another Program Is Told
    [Tags]    ACC-13    core
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    Use The Session By Another Program    ${user}
    Exactly One Security Event Should Tell    session.used-elsewhere    session_id=${session}[id]    user_id=${user.id}

Use By A Program That Does Not Name Itself Is Told
    [Tags]    ACC-13
    ${user} =    A Logged In User
    ${me} =    Call    auth.getMe    token=${user.access_token}    headers=${NO NAME}
    Should Succeed    ${me}
    Exactly One Security Event Should Tell    session.used-elsewhere    user_id=${user.id}

Use From Another Address Is Told With Both Addresses
    [Tags]    ACC-13    core
    ${user} =    A Logged In User
    ${here} =    Own Address
    ${elsewhere} =    Another Address
    Use The Session From    ${elsewhere}    ${user}
    Exactly One Security Event Should Tell    session.used-elsewhere    user_id=${user.id}
    ...    address=${elsewhere}    began_at=${here}

Renewal From Another Address Is Told
    [Tags]    ACC-13    needs:auth.refresh
    ${user} =    A Logged In User
    ${elsewhere} =    Another Address
    ${answer} =    Call From    ${elsewhere}    auth.refreshToken    refresh_token=${user.refresh_token}
    Should Succeed    ${answer}
    Exactly One Security Event Should Tell    session.used-elsewhere    user_id=${user.id}    address=${elsewhere}

Renewal By Another Program Is Told
    [Tags]    ACC-13    needs:auth.refresh
    ${user} =    A Logged In User
    ${answer} =    Call    auth.refreshToken    refresh_token=${user.refresh_token}    headers=${ANOTHER PROGRAM}
    Should Succeed    ${answer}
    Exactly One Security Event Should Tell    session.used-elsewhere    user_id=${user.id}

A Session Goes On Wherever It Is Used From
    [Tags]    AUTH-142    needs:auth.refresh
    ${user} =    A Logged In User
    ${elsewhere} =    Another Address
    Use The Session From    ${elsewhere}    ${user}
    Should Be Let In    ${user}
    Should Be Able To Refresh    ${user}

A New Place Is Told Once
    [Tags]    AUTH-143
    ${user} =    A Logged In User
    ${elsewhere} =    Another Address
    Use The Session From    ${elsewhere}    ${user}
    Should Be Let In    ${user}
    Use The Session From    ${elsewhere}    ${user}
    Exactly One Security Event Should Tell    session.used-elsewhere    user_id=${user.id}

A New Place Is Told Once When The Session Is Renewed There
    [Tags]    AUTH-143    needs:auth.refresh
    ${user} =    A Logged In User
    ${elsewhere} =    Another Address
    Use The Session From    ${elsewhere}    ${user}
    ${answer} =    Call From    ${elsewhere}    auth.refreshToken    refresh_token=${user.refresh_token}
    Should Succeed    ${answer}
    Wait For Security Event    refresh.succeeded    user_id=${user.id}
    Exactly One Security Event Should Tell    session.used-elsewhere    user_id=${user.id}

Each New Place Is Told
    [Tags]    AUTH-143
    ${user} =    A Logged In User
    ${first} =    Another Address    1
    ${second} =    Another Address    2
    Use The Session From    ${first}    ${user}
    Use The Session From    ${second}    ${user}
    Exactly One Security Event Should Tell    session.used-elsewhere    user_id=${user.id}    address=${first}
    Exactly One Security Event Should Tell    session.used-elsewhere    user_id=${user.id}    address=${second}

Use From Where A Session Began Is Not Told
    [Tags]    AUTH-143    needs:auth.refresh    needs:auth.logout
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    ${renewed} =    Refresh    ${user}
    Should Be Let In    ${renewed}
    Log Out    ${renewed}
    Wait For Security Event    session.ended    user_id=${user.id}
    No Security Event Should Tell    session.used-elsewhere    user_id=${user.id}

A Header Makes No New Place
    [Tags]    AUTH-143    needs:auth.logout
    ${user} =    A Logged In User
    ${me} =    Call    auth.getMe    token=${user.access_token}    headers=${CLAIM OF ANOTHER ADDRESS}
    Should Succeed    ${me}
    Log Out    ${user}
    Wait For Security Event    session.ended    user_id=${user.id}
    No Security Event Should Tell    session.used-elsewhere    user_id=${user.id}

A Log-In From Elsewhere Is A Session Of Its Own
    [Tags]    AUTH-143    needs:auth.logout
    ${first} =    A Logged In User
    ${second} =    Log In    ${first}    headers=${ANOTHER PROGRAM}
    Use The Session By Another Program    ${second}
    Should Be Let In    ${first}
    Log Out    ${first}
    Wait For Security Event    session.ended    user_id=${first.id}
    No Security Event Should Tell    session.used-elsewhere    user_id=${first.id}

To Ask About A Token Makes No New Place
    [Tags]    AUTH-143    needs:auth.validation    needs:auth.logout
    ${user} =    A Logged In User
    ${verdict} =    Call    auth.validateToken    token=${user.access_token}    headers=${ANOTHER PROGRAM}
    Should Be Equal    ${verdict.body}[valid]    ${True}
    Log Out    ${user}
    Wait For Security Event    session.ended    user_id=${user.id}
    No Security Event Should Tell    session.used-elsewhere    user_id=${user.id}

A Session Tells From Where It Was Used Last
    [Tags]    AUTH-144
    ${user} =    A Logged In User
    ${other device} =    Log In    ${user}
    ${before} =    Session Of    ${other device}
    Use The Session By Another Program    ${other device}
    ${after} =    Session In The List    ${user}    ${before}[id]
    Should Be Equal    ${after}[user_agent]    ${before}[user_agent]
    Should Be Equal    ${after}[last_user_agent]    ${ANOTHER PROGRAM}[User-Agent]

A Session Tells From Which Address It Was Used Last
    [Tags]    AUTH-144
    ${user} =    A Logged In User
    ${other device} =    Log In    ${user}
    ${before} =    Session Of    ${other device}
    ${elsewhere} =    Another Address
    Use The Session From    ${elsewhere}    ${other device}
    ${after} =    Session In The List    ${user}    ${before}[id]
    Should Be Equal    ${after}[ip_address]    ${before}[ip_address]
    Should Be Equal    ${after}[last_ip_address]    ${elsewhere}

A Session Tells That It Was Used Last From Where It Began
    [Documentation]    It was used from elsewhere in between.
    [Tags]    AUTH-144
    ${user} =    A Logged In User
    ${other device} =    Log In    ${user}
    ${before} =    Session Of    ${other device}
    ${elsewhere} =    Another Address
    Use The Session From    ${elsewhere}    ${other device}
    Should Be Let In    ${other device}
    ${after} =    Session In The List    ${user}    ${before}[id]
    Should Be Equal    ${after}[last_ip_address]    ${before}[ip_address]

A Session Tells From Where It Was Renewed Last
    [Tags]    AUTH-144    needs:auth.refresh
    ${user} =    A Logged In User
    ${other device} =    Log In    ${user}
    ${before} =    Session Of    ${other device}
    ${elsewhere} =    Another Address
    ${answer} =    Call From    ${elsewhere}    auth.refreshToken    refresh_token=${other device.refresh_token}
    Should Succeed    ${answer}
    ${after} =    Session In The List    ${user}    ${before}[id]
    Should Be Equal    ${after}[last_ip_address]    ${elsewhere}


*** Keywords ***
Use The Session By Another Program
    [Documentation]    Presents the access token as a program that did not log in; it is accepted.
    [Arguments]    ${user}
    ${me} =    Call    auth.getMe    token=${user}[access_token]    headers=${ANOTHER PROGRAM}
    Should Succeed    ${me}

Use The Session From
    [Documentation]    Presents the access token from an address; it is accepted.
    [Arguments]    ${address}    ${user}
    ${me} =    Call From    ${address}    auth.getMe    token=${user}[access_token]
    Should Succeed    ${me}

Session In The List
    [Documentation]    One of the person's open sessions, by its id.
    [Arguments]    ${user}    ${session_id}
    ${sessions} =    Sessions Of    ${user}
    VAR    ${by id} =    ${{ {session['id']: session for session in $sessions} }}
    RETURN    ${by id}[${session_id}]
