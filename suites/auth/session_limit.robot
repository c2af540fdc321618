*** Settings ***
Documentation       How many sessions a person may have. The platform of this suite allows three.
Resource            ../../resources/session.resource
Resource            ../../resources/audit.resource
Suite Setup         Start A Private Platform    session_limit=${3}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.sessions
...                 needs:auth.profile


*** Test Cases ***
As Many Sessions As Are Allowed Stay Open
    [Tags]    AUTH-43
    ${first} =    A Logged In User
    ${second} =    Log In    ${first}
    ${third} =    Log In    ${first}
    Should Be Let In    ${first}
    Should Be Let In    ${second}
    Should Be Let In    ${third}

One More Log-In Ends The Oldest Session
    [Tags]    AUTH-43
    ${oldest} =    A Logged In User
    Log In    ${oldest}
    Log In    ${oldest}
    ${newest} =    Log In    ${oldest}
    Should Be Let In    ${newest}
    Should Be Shut Out    ${oldest}

One More Log-In Ends The Oldest Session's Refresh Token
    [Tags]    AUTH-43    needs:auth.refresh
    ${oldest} =    A Logged In User
    Log In    ${oldest}
    Log In    ${oldest}
    Log In    ${oldest}
    Should Not Be Able To Refresh    ${oldest}

The End Of The Oldest Session Is Told
    [Tags]    ACC-10    needs:auth.security-log
    ${oldest} =    A Logged In User
    ${session} =    Session Of    ${oldest}
    Log In    ${oldest}
    Log In    ${oldest}
    Log In    ${oldest}
    Exactly One Security Event Should Tell    session.ended    session_id=${session}[id]    user_id=${oldest.id}

One More Log-In Ends Only One Session
    [Tags]    AUTH-43
    ${oldest} =    A Logged In User
    ${second} =    Log In    ${oldest}
    ${third} =    Log In    ${oldest}
    Log In    ${oldest}
    Should Be Let In    ${second}
    Should Be Let In    ${third}

A Session That Was Refreshed Lately Still Counts By Its Beginning
    [Tags]    AUTH-43    needs:auth.refresh
    ${oldest} =    A Logged In User
    ${second} =    Log In    ${oldest}
    Log In    ${oldest}
    ${renewed} =    Refresh    ${oldest}
    Log In    ${oldest}
    Should Be Shut Out    ${renewed}
    Should Be Let In    ${second}

Ended Sessions Do Not Count
    [Tags]    AUTH-43    needs:auth.logout
    ${first} =    A Logged In User
    ${second} =    Log In    ${first}
    ${third} =    Log In    ${first}
    Log Out    ${second}
    Log In    ${first}
    Should Be Let In    ${first}
    Should Be Let In    ${third}

The Sessions Of Other People Do Not Count
    [Tags]    AUTH-43
    ${ann} =    A Logged In User
    ${bob} =    A Logged In User
    Log In    ${bob}
    Log In    ${bob}
    Log In    ${bob}
    Should Be Let In    ${ann}
