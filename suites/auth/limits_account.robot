*** Settings ***
Documentation       How much one account may ask, from wherever. The platform of this suite answers six requests an hour of each.
Resource            ../../resources/limit.resource
Resource            ../../resources/session.resource
Resource            ../../resources/api_key.resource
Suite Setup         Start A Private Platform    account_limit=${6}    account_window=${3600}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.rate-limits
...                 needs:auth.profile    needs:auth.floods


*** Test Cases ***
As Many Requests Of An Account As Are Allowed Are Answered
    [Tags]    API-01    API-05    core
    ${user} =    A Logged In User
    ${answers} =    Call Until Refused    auth.getMe    token=${user.access_token}
    Exactly So Many Should Be Allowed    ${answers}    6

The Count Of An Account Is Exact However Many Ask At Once
    [Tags]    API-07    API-05
    ${user} =    A Logged In User
    ${answers} =    Call Together    auth.getMe    24    token=${user.access_token}
    Exactly So Many Should Be Allowed    ${answers}    6

The Flood Of One Person Does Not Hurt Another
    [Documentation]    Both ask from the same address.
    [Tags]    API-05    core
    ${flooder} =    A Logged In User
    ${other} =    A Logged In User
    Use Up    auth.getMe    token=${flooder.access_token}
    Should Be Let In    ${other}

What One Person Asks Leaves Another As Much
    [Tags]    API-05    API-02
    ${one} =    A Logged In User
    ${other} =    A Logged In User
    Should Be Let In    ${one}
    Should Be Let In    ${one}
    ${answer} =    Should Be Served    auth.getMe    token=${other.access_token}
    ${limits} =    Limits Should Be Told    ${answer}
    Should Contain    ${{ [(one.quota, one.left) for one in $limits.values()] }}    ${{ (6, 5) }}

All Sessions Of A Person Count Together
    [Documentation]    A new token does not begin a new count.
    [Tags]    API-06    core
    ${user} =    A Logged In User
    ${again} =    Log In    ${user}
    ${once more} =    Log In    ${user}
    VAR    @{sessions} =    ${user}    ${again}    ${once more}
    ${answers} =    Call Together    auth.getMe    each=${{ [{'token': one['access_token']} for one in $sessions] * 5 }}
    Exactly So Many Should Be Allowed    ${answers}    6

All Keys Of A Person Count With Their Sessions
    [Documentation]    A key is made and used, a session as well: together they are one person.
    [Tags]    API-05    API-06    needs:auth.api-keys
    ${user} =    A Logged In User
    ${one} =    An API Key    ${user}    read
    ${other} =    An API Key    ${user}    read
    VAR    @{calls} =    ${{ {'api_key': $one['secret']} }}    ${{ {'api_key': $other['secret']} }}
    ...    ${{ {'token': $user['access_token']} }}
    ${answers} =    Call Together    auth.getMe    each=${{ $calls * 5 }}
    Exactly So Many Should Be Allowed    ${answers}    4

Refreshed Tokens Count With Those Before Them
    [Tags]    API-06    needs:auth.refresh
    ${user} =    A Logged In User
    Use Up    auth.getMe    token=${user.access_token}
    ${renewed} =    Refresh    ${user}
    Should Have To Wait    auth.getMe    token=${renewed.access_token}

Requests From Everywhere Count Together
    [Tags]    API-06    API-05
    ${user} =    A Logged In User
    ${elsewhere} =    Another Address
    Use Up    auth.getMe    token=${user.access_token}
    ${answer} =    Call From    ${elsewhere}    auth.getMe    token=${user.access_token}
    Should Be Refused As    ${answer}    too-many-requests

All That A Person Asks Counts Together
    [Tags]    API-01    API-05    needs:auth.sessions    needs:auth.validation
    ${user} =    A Logged In User
    Use Up    auth.listSessions    token=${user.access_token}
    Should Have To Wait    auth.getMe    token=${user.access_token}
    Should Have To Wait    auth.verifyToken    token=${user.access_token}

Forged Tokens Take Nothing From Their Owner
    [Documentation]    The forgeries name the person; only what is proved counts.
    [Tags]    API-06    core
    ${user} =    A Logged In User
    ${forged} =    Without The Last Character    ${user.access_token}
    Call Together    auth.getMe    12    token=${forged}
    ${answers} =    Call Until Refused    auth.getMe    token=${user.access_token}
    Exactly So Many Should Be Allowed    ${answers}    6

Who Has To Wait Can Log In
    [Documentation]    The account is held back, not locked: a log-in proves no account before it succeeds.
    [Tags]    API-05
    ${user} =    A Logged In User
    Use Up    auth.getMe    token=${user.access_token}
    Log In    ${user}
