*** Settings ***
Documentation       How much a program may ask with one key. The platform of this suite answers six requests an hour with each.
Resource            ../../resources/limit.resource
Resource            ../../resources/api_key.resource
Suite Setup         Start A Private Platform    key_limit=${6}    key_window=${3600}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.rate-limits
...                 needs:auth.api-keys    needs:auth.signup    needs:auth.profile    needs:auth.floods


*** Test Cases ***
As Many Requests With A Key As Are Allowed Are Answered
    [Tags]    API-01    API-05    core
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${answers} =    Call Until Refused    auth.getMe    api_key=${key.secret}
    Exactly So Many Should Be Allowed    ${answers}    6

The Headers Tell What Is Left Of A Key
    [Tags]    API-02
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${answer} =    Should Be Served    auth.getMe    api_key=${key.secret}
    ${limits} =    Limits Should Be Told    ${answer}
    Should Contain    ${{ [(one.quota, one.window, one.left) for one in $limits.values()] }}    ${{ (6, 3600, 5) }}

A Key That Is Used Up Hurts No Other And No Session
    [Tags]    API-05
    ${user} =    A Logged In User
    ${one} =    An API Key    ${user}    read
    ${other} =    An API Key    ${user}    read
    Use Up    auth.getMe    api_key=${one.secret}
    Should Be Served    auth.getMe    api_key=${other.secret}
    Should Be Served    auth.getMe    token=${user.access_token}

What The Limit Of A Key Refuses Takes Nothing From Its Address
    [Documentation]    Between the two requests that are compared, six were answered and eleven refused.
    [Tags]    API-07    needs:auth.jwks
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${before} =    Should Be Served    auth.getJwks
    Use Up    auth.getMe    api_key=${key.secret}
    ${refused} =    Call Together    auth.getMe    10    api_key=${key.secret}
    Each Should Have To Wait    ${refused}
    ${after} =    Should Be Served    auth.getJwks
    What Is Left Should Fall    ${{ [$before, $after] }}    by=7

Another Secret Begins No New Count
    [Tags]    API-06
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Use Up    auth.getMe    api_key=${key.secret}
    ${rotated} =    Rotate The Key    ${key}    ${user}
    Should Have To Wait    auth.getMe    api_key=${rotated.secret}

Made-Up Keys Use Nothing Up
    [Documentation]    Only what a key proved is counted for it; else a stranger uses up what another may ask.
    [Tags]    API-06
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${altered} =    Without The Last Character    ${key.secret}
    Call Together    auth.getMe    8    api_key=${altered}
    Should Be Served    auth.getMe    api_key=${key.secret}
