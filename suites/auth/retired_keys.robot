*** Settings ***
Documentation       A key that no longer signs ends when its overlap is over: its tokens are refused, itself is published no more.
...                 The overlap on the platform of this suite is one second; tokens would live for a quarter of an hour.
Resource            ../../resources/token.resource
Suite Setup         Start A Private Platform    key_overlap=${1}    access_token_lifetime=${900}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    promise:CH-3    private    needs:auth.private    needs:auth.settings    needs:auth.key-rotation
...                 needs:auth.jwt    needs:auth.jwks


*** Test Cases ***
A Token By A Retired Key Is Refused
    [Tags]    JWT-24    core
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    The Signing Key Changes
    Call Until    auth.getMe    invalid-token    within=4s    token=${user.access_token}

A Retired Key Is No Longer Published
    [Tags]    JWT-24
    ${user} =    A Logged In User
    ${old} =    The Name Of The Key Of    ${user.access_token}
    The Signing Key Changes
    Call Until    auth.getMe    invalid-token    within=4s    token=${user.access_token}
    ${names} =    The Names Of The Published Keys
    Should Not Contain    ${names}    ${old}

A Session Outlives The Key That Began It
    [Tags]    JWT-24    needs:auth.refresh
    ${user} =    A Logged In User
    The Signing Key Changes
    Call Until    auth.getMe    invalid-token    within=4s    token=${user.access_token}
    Should Be Able To Refresh    ${user}

Without An Overlap The Old Key Ends At Once
    [Tags]    JWT-24
    [Setup]    Start A Private Platform    key_overlap=${0}
    ${user} =    A Logged In User
    The Signing Key Changes
    Should Be Shut Out    ${user}
    [Teardown]    Stop The Private Platform
