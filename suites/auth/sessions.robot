*** Settings ***
Documentation       What a person sees of their sessions, and that nobody else can touch them.
Resource            ../../resources/session.resource
Test Tags           area:auth    promise:CH-3    needs:auth.sessions    needs:auth.profile


*** Test Cases ***
A Person Sees One Session For Each Log-In
    [Tags]    AUTH-40    core
    ${first} =    A Logged In User
    ${second} =    Log In    ${first}
    ${one} =    Session Of    ${first}
    ${two} =    Session Of    ${second}
    ${ids} =    Ids Of Sessions Of    ${first}
    Should Be Equal    ${ids}    ${{ sorted([$one['id'], $two['id']]) }}

The List Says Which Session Is Asking
    [Tags]    AUTH-40    needs:auth.session-details
    ${first} =    A Logged In User
    Log In    ${first}
    ${asking} =    Session Of    ${first}
    ${sessions} =    Sessions Of    ${first}
    Should Be Equal    ${{ [session['id'] for session in $sessions if session['current']] }}    ${{ [$asking['id']] }}

A Session Tells From Where It Was Begun
    [Tags]    AUTH-40    needs:auth.session-details
    ${account} =    A Verified Account
    VAR    &{headers} =    User-Agent=Assay on a borrowed phone
    ${user} =    Log In    ${account}    headers=${headers}
    ${session} =    Session Of    ${user}
    Should Be Equal    ${session}[user_agent]    Assay on a borrowed phone
    Should Be The Address Of The Caller    ${session}[ip_address]

A Header Does Not Change From Where A Session Was Begun
    [Tags]    AUTH-40    needs:auth.session-details
    ${account} =    A Verified Account
    ${user} =    Log In    ${account}    headers=${CLAIM OF ANOTHER ADDRESS}
    ${session} =    Session Of    ${user}
    Should Be The Address Of The Caller    ${session}[ip_address]

A Session Tells When It Began And When It Will End
    [Tags]    AUTH-40    needs:auth.session-details
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    Should Be In Order    ${session}[created_at]    ${session}[last_activity]    ${session}[expires_at]

A Refreshed Session Is Still One Session
    [Tags]    AUTH-40    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh Several Times    ${user}
    ${ids} =    Ids Of Sessions Of    ${renewed}
    Length Should Be    ${ids}    1

An Ended Session Is No Longer Listed
    [Tags]    AUTH-40    needs:auth.logout
    ${first} =    A Logged In User
    ${second} =    Log In    ${first}
    ${two} =    Session Of    ${second}
    Log Out    ${first}
    ${ids} =    Ids Of Sessions Of    ${second}
    Should Be Equal    ${ids}    ${{ [$two['id']] }}

A Session Ended From The List Loses Its Access Token
    [Tags]    AUTH-41    core
    ${user} =    A Logged In User
    ${stolen} =    Log In    ${user}
    ${session} =    Session Of    ${stolen}
    End Session    ${user}    ${session}[id]
    Should Be Shut Out    ${stolen}

A Session Ended From The List Loses Its Refresh Token
    [Tags]    AUTH-41    needs:auth.refresh
    ${user} =    A Logged In User
    ${stolen} =    Log In    ${user}
    ${session} =    Session Of    ${stolen}
    End Session    ${user}    ${session}[id]
    Should Not Be Able To Refresh    ${stolen}

Ending A Session From The List Leaves The Others Alone
    [Tags]    AUTH-41    needs:auth.refresh
    ${user} =    A Logged In User
    ${stolen} =    Log In    ${user}
    ${third} =    Log In    ${user}
    ${session} =    Session Of    ${stolen}
    End Session    ${user}    ${session}[id]
    Should Be Let In    ${user}
    Should Be Able To Refresh    ${third}

A Person Can End The Session That Is Asking
    [Tags]    AUTH-41
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    End Session    ${user}    ${session}[id]
    Should Be Shut Out    ${user}

A Session Cannot Be Ended Twice
    [Tags]    AUTH-41
    ${user} =    A Logged In User
    ${other device} =    Log In    ${user}
    ${session} =    Session Of    ${other device}
    End Session    ${user}    ${session}[id]
    ${again} =    Call    auth.endSession    token=${user.access_token}    session_id=${session}[id]
    Should Be Refused As    ${again}    not-found

Another Person's Session Cannot Be Ended
    [Tags]    AUTH-42    ACC-12    core
    ${owner} =    A Logged In User
    ${stranger} =    A Logged In User
    ${session} =    Session Of    ${owner}
    ${answer} =    Call    auth.endSession    token=${stranger.access_token}    session_id=${session}[id]
    Should Be Refused As    ${answer}    not-found
    Should Be Let In    ${owner}

Another Person's Session Keeps Its Refresh Token
    [Tags]    AUTH-42    needs:auth.refresh
    ${owner} =    A Logged In User
    ${stranger} =    A Logged In User
    ${session} =    Session Of    ${owner}
    Call    auth.endSession    token=${stranger.access_token}    session_id=${session}[id]
    Should Be Able To Refresh    ${owner}

Another Person's Session Is Answered As One That Does Not Exist
    [Tags]    AUTH-42
    ${owner} =    A Logged In User
    ${stranger} =    A Logged In User
    ${session} =    Session Of    ${owner}
    ${existing} =    Call    auth.endSession    token=${stranger.access_token}    session_id=${session}[id]
    ${missing} =    Call    auth.endSession    token=${stranger.access_token}    session_id=${{ str(uuid.uuid4()) }}
    Should Look Alike    ${existing}    ${missing}

Another Person's Sessions Are Not Listed
    [Tags]    AUTH-42
    ${owner} =    A Logged In User
    ${stranger} =    A Logged In User
    ${session} =    Session Of    ${owner}
    ${ids} =    Ids Of Sessions Of    ${stranger}
    Should Not Contain    ${ids}    ${session}[id]

What Is No Session Id Ends No Session
    [Tags]    AUTH-42    AUTH-65    ACC-12
    [Template]    Ending A Session By This Is Answered As Not Found
    all
    0
    *
    %
    ' OR '1'='1
    00000000-0000-0000-0000-000000000000
    ..
    a b
    null

Nobody Sees Sessions Without A Token
    [Tags]    AUTH-42    AUTH-38
    ${answer} =    Call    auth.listSessions
    Should Be Refused As    ${answer}    missing-token

Session Ids Cannot Be Guessed
    [Documentation]    An id opens nothing without a token; 62 bits are those of chance that a UUID of version 7 has at its end.
    [Tags]    AUTH-44
    ${some} =    Ids Of Three New Sessions
    ${more} =    Ids Of Three New Sessions
    ${even more} =    Ids Of Three New Sessions
    Secrets Should Be Unguessable    @{some}    @{more}    @{even more}    bits=62

Using A Session Is Seen In The List
    [Tags]    AUTH-46    needs:auth.refresh    needs:auth.session-details
    ${user} =    A Logged In User
    ${before} =    Session Of    ${user}
    ${renewed} =    Refresh Several Times    ${user}
    ${after} =    Session Of    ${renewed}
    Should Not Be Equal    ${after}[last_activity]    ${before}[last_activity]
    Should Be In Order    ${before}[last_activity]    ${after}[last_activity]

Using Another Session Is Seen In The List
    [Tags]    AUTH-46    needs:auth.refresh    needs:auth.session-details
    ${user} =    A Logged In User
    ${other} =    Log In    ${user}
    ${before} =    Session Of    ${other}
    Refresh Several Times    ${other}
    ${sessions} =    Sessions Of    ${user}
    VAR    ${by id} =    ${{ {one['id']: one for one in $sessions} }}
    VAR    ${after} =    ${by id}[${before}[id]]
    Should Not Be Equal    ${after}[last_activity]    ${before}[last_activity]
    Should Be In Order    ${before}[last_activity]    ${after}[last_activity]


*** Keywords ***
Ending A Session By This Is Answered As Not Found
    [Documentation]    Nobody's session ends by it, the asking one included.
    [Arguments]    ${session_id}
    ${user} =    A Logged In User
    ${answer} =    Call    auth.endSession    token=${user.access_token}    session_id=${session_id}
    Should Be Refused As    ${answer}    not-found
    Should Be Let In    ${user}

Ids Of Three New Sessions
    [Documentation]    The ids of the sessions of three log-ins of somebody new.
    ${account} =    A Verified Account
    ${begun} =    Call Together    auth.logIn    3    email=${account.email}    password=${account.password}
    Each Should Succeed    ${begun}
    ${told} =    Call Together    auth.getSession    each=${{ [{'token': answer.body['access_token']} for answer in $begun] }}
    Each Should Succeed    ${told}
    RETURN    ${{ [answer.body['id'] for answer in $told] }}
