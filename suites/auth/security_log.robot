*** Settings ***
Documentation       What the security log tells of each thing that happens, to whom, from where, and what it must not tell.
Resource            ../../resources/session.resource
Resource            ../../resources/audit.resource
Test Tags           area:auth    needs:auth.security-log


*** Test Cases ***
A Log-In Is Told
    [Tags]    AUTH-70    core
    ${user} =    A Logged In User
    Exactly One Security Event Should Tell    login.succeeded    user_id=${user.id}    outcome=success

A Log-In Is Told With Its Session
    [Tags]    AUTH-71    needs:auth.sessions
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    Wait For Security Event    login.succeeded    user_id=${user.id}    session_id=${session}[id]

An Event Tells From Where It Was Caused
    [Tags]    AUTH-71
    ${user} =    A Logged In User
    ${address} =    Own Address
    Wait For Security Event    login.succeeded    user_id=${user.id}    address=${address}

A Header Does Not Change From Where An Event Was Caused
    [Tags]    AUTH-71
    ${account} =    A Verified Account
    ${user} =    Log In    ${account}    headers=${CLAIM OF ANOTHER ADDRESS}
    ${address} =    Own Address
    Wait For Security Event    login.succeeded    user_id=${user.id}    address=${address}

An Event Tells When It Happened, In UTC
    [Tags]    AUTH-71
    ${before} =    Now
    ${user} =    A Logged In User
    ${event} =    Wait For Security Event    login.succeeded    user_id=${user.id}
    ${after} =    Now
    Should Be In Order    ${before}    ${event}[time]    ${after}

A Refused Log-In Is Told
    [Tags]    AUTH-70    needs:auth.password
    ${address} =    Own Address
    ${nobody} =    A Person
    Log In Should Be Refused    ${nobody}
    Exactly One Security Event Should Tell    login.failed    address=${address}    outcome=failure

A Refused Log-In To An Account Names The Account
    [Tags]    AUTH-75    needs:auth.password
    ${user} =    A Logged In User
    ${wrong} =    Fresh Password
    Log In Should Be Refused    ${user}    password=${wrong}
    Wait For Security Event    login.failed    user_id=${user.id}

Each Refusal Is Told With Why
    [Tags]    AUTH-75    needs:auth.password    needs:auth.refresh
    ${address} =    Own Address
    ${nobody} =    A Person
    Log In Should Be Refused    ${nobody}
    Call    auth.getMe    token=${nobody.password}
    Call    auth.refreshToken    refresh_token=${nobody.password}
    Wait For Security Event    refresh.refused    address=${address}
    ${refused} =    Security Events    address=${address}    outcome=failure
    Should Be Equal    ${{ [event['event'] for event in $refused if event['reason']] }}
    ...    ${{ ['login.failed', 'token.refused', 'refresh.refused'] }}

Why An Access Token Was Refused Is Told In The Log Only
    [Tags]    AUTH-75    needs:auth.logout
    ${address} =    Own Address
    ${user} =    A Logged In User
    ${made up} =    Fresh Password    43
    Log Out    ${user}
    ${ended} =    Call    auth.getMe    token=${user.access_token}
    ${unreadable} =    Call    auth.getMe    token=${made up}
    Should Look Alike    ${ended}    ${unreadable}
    The Reasons Should Differ    token.refused    ${user}    ${address}

Why A Refresh Token Was Refused Is Told In The Log Only
    [Tags]    AUTH-75    needs:auth.refresh    needs:auth.logout
    ${address} =    Own Address
    ${user} =    A Logged In User
    ${made up} =    Fresh Password    43
    Log Out    ${user}
    ${ended} =    Call    auth.refreshToken    refresh_token=${user.refresh_token}
    ${unknown} =    Call    auth.refreshToken    refresh_token=${made up}
    Should Look Alike    ${ended}    ${unknown}
    The Reasons Should Differ    refresh.refused    ${user}    ${address}

A Log-In To An Unconfirmed Account Is Told As Refused
    [Tags]    AUTH-70    needs:auth.password    needs:auth.signup
    ${address} =    Own Address
    ${person} =    An Unconfirmed Account
    Log In Should Be Refused    ${person}    email-not-verified
    Wait For Security Event    login.failed    address=${address}    outcome=failure

A Sign-Up Is Told
    [Tags]    AUTH-70    needs:auth.signup
    ${address} =    Own Address
    An Unconfirmed Account
    Exactly One Security Event Should Tell    signup.requested    address=${address}

A Confirmed Address Is Told
    [Tags]    AUTH-70    needs:auth.signup    needs:auth.mail
    ${person} =    An Unconfirmed Account
    ${confirmed} =    Confirm The Address Of    ${person}
    Exactly One Security Event Should Tell    email.verified    user_id=${confirmed}[id]    outcome=success

A Refused Confirmation Is Told
    [Tags]    AUTH-70    needs:auth.signup
    ${address} =    Own Address
    ${made up} =    Fresh Password    43
    ${answer} =    Call    auth.verifyEmail    token=${made up}
    Should Be Refused As    ${answer}    invalid-verification-token
    Exactly One Security Event Should Tell    email.verification-refused    address=${address}    outcome=failure

A Refused Access Token Is Told
    [Tags]    AUTH-70
    ${address} =    Own Address
    ${made up} =    Fresh Password    43
    ${answer} =    Call    auth.getMe    token=${made up}
    Should Be Refused As    ${answer}    invalid-token
    Exactly One Security Event Should Tell    token.refused    address=${address}    outcome=failure

A Token Of An Ended Session Is Told With Its Session
    [Tags]    AUTH-70    AUTH-71    needs:auth.logout    needs:auth.sessions
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    Log Out    ${user}
    Should Be Shut Out    ${user}
    Wait For Security Event    token.refused    session_id=${session}[id]    outcome=failure

A Refresh Is Told
    [Tags]    AUTH-70    needs:auth.refresh
    ${user} =    A Logged In User
    Refresh    ${user}
    Exactly One Security Event Should Tell    refresh.succeeded    user_id=${user.id}

A Reused Refresh Token Is Told
    [Tags]    AUTH-70    needs:auth.refresh    core
    ${user} =    A Logged In User
    Refresh    ${user}
    Present A Used Refresh Token Of    ${user}
    Exactly One Security Event Should Tell    refresh.reused    user_id=${user.id}    outcome=failure

A Reused Refresh Token Is Told With The Session That Ended
    [Tags]    AUTH-70    AUTH-71    needs:auth.refresh    needs:auth.sessions
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    Refresh    ${user}
    Present A Used Refresh Token Of    ${user}
    Exactly One Security Event Should Tell    session.ended    session_id=${session}[id]

A Refused Refresh Token Is Told
    [Tags]    AUTH-70    needs:auth.refresh
    ${address} =    Own Address
    ${made up} =    Fresh Password    43
    ${answer} =    Call    auth.refreshToken    refresh_token=${made up}
    Should Be Refused As    ${answer}    invalid-refresh-token
    Exactly One Security Event Should Tell    refresh.refused    address=${address}    outcome=failure

A Log-Out Is Told
    [Tags]    AUTH-70    needs:auth.logout    needs:auth.sessions
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    Log Out    ${user}
    Exactly One Security Event Should Tell    session.ended    user_id=${user.id}    session_id=${session}[id]

A Log-Out Everywhere Is Told For Each Session
    [Tags]    AUTH-70    needs:auth.logout-all    needs:auth.sessions
    ${first} =    A Logged In User
    ${second} =    Log In    ${first}
    ${one} =    Session Of    ${first}
    ${two} =    Session Of    ${second}
    Log Out Everywhere    ${first}
    Exactly One Security Event Should Tell    session.ended    session_id=${one}[id]
    Exactly One Security Event Should Tell    session.ended    session_id=${two}[id]

A Session Ended From The List Is Told
    [Tags]    AUTH-70    needs:auth.sessions
    ${user} =    A Logged In User
    ${other device} =    Log In    ${user}
    ${session} =    Session Of    ${other device}
    End Session    ${user}    ${session}[id]
    Exactly One Security Event Should Tell    session.ended    session_id=${session}[id]

What Nobody Did Is Not Told
    [Tags]    AUTH-70    needs:auth.logout
    ${user} =    A Logged In User
    Wait For Security Event    login.succeeded    user_id=${user.id}
    No Security Event Should Tell    login.failed    user_id=${user.id}
    No Security Event Should Tell    session.ended    user_id=${user.id}
    No Security Event Should Tell    refresh.reused    user_id=${user.id}

No Log Holds What People Log In With
    [Tags]    AUTH-72    core
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    Wait For Security Event    login.succeeded    user_id=${user.id}
    No Log Should Hold    password=${user.password}    access_token=${user.access_token}
    ...    refresh_token=${user.refresh_token}

No Log Holds A Password That Was Refused
    [Tags]    AUTH-72    needs:auth.password
    ${address} =    Own Address
    ${nobody} =    A Person
    Log In Should Be Refused    ${nobody}
    Wait For Security Event    login.failed    address=${address}
    No Log Should Hold    password=${nobody.password}

No Log Holds A Token That Was Refused
    [Tags]    AUTH-72    needs:auth.refresh    needs:auth.logout
    ${user} =    A Logged In User
    Log Out    ${user}
    Should Be Shut Out    ${user}
    Should Not Be Able To Refresh    ${user}
    Wait For Security Event    token.refused    user_id=${user.id}
    No Log Should Hold    access_token=${user.access_token}    refresh_token=${user.refresh_token}

No Log Holds A Token That Came In A Query
    [Documentation]    When the next answer is there, the line about the one before is written.
    [Tags]    AUTH-72
    ${user} =    A Logged In User
    ${answer} =    Call    auth.getMe    access_token=${user.access_token}
    Should Be Refused As    ${answer}    missing-token
    Should Be Let In    ${user}
    No Log Should Hold    access_token=${user.access_token}

No Log Holds A Refresh Token That Was Used Twice
    [Tags]    AUTH-72    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Present A Used Refresh Token Of    ${user}
    Wait For Security Event    refresh.reused    user_id=${user.id}
    No Log Should Hold    used=${user.refresh_token}    latest=${renewed.refresh_token}

No Log Holds A Confirmation Token
    [Tags]    AUTH-72    needs:auth.signup    needs:auth.mail
    ${person} =    An Unconfirmed Account
    ${token} =    Confirmation Token For    ${person.email}
    ${confirmed} =    Confirm The Address Of    ${person}
    Wait For Security Event    email.verified    user_id=${confirmed}[id]
    No Log Should Hold    confirmation_token=${token}    password=${person.password}

No Log Holds A Password In A Request That Makes No Sense
    [Tags]    AUTH-72    needs:auth.password
    ${user} =    A Logged In User
    ${answer} =    Call    auth.logIn    email=${user.email}    password=${{ [$user['password']] }}
    Should Be Refused As    ${answer}    invalid-request
    Wait For Security Event    login.succeeded    user_id=${user.id}
    No Log Should Hold    password=${user.password}


*** Keywords ***
The Reasons Should Differ
    [Documentation]    One event tells why what belonged to a person was refused; the other, of nobody, tells something else.
    [Arguments]    ${event}    ${user}    ${address}
    ${of the person} =    Wait For Security Event    ${event}    user_id=${user.id}
    ${of nobody} =    Wait For Security Event    ${event}    address=${address}    user_id=${None}
    Should Be True    ${{ bool($of_the_person['reason'] and $of_nobody['reason']) }}    There is an event without a reason.
    Should Not Be Equal    ${of the person}[reason]    ${of nobody}[reason]
