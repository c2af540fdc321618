*** Settings ***
Documentation       How many keys a person may have. The platform of this suite allows three.
Resource            ../../resources/session.resource
Resource            ../../resources/api_key.resource
Suite Setup         Start A Private Platform    api_key_limit=${3}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.api-keys
...                 needs:auth.signup    needs:auth.profile


*** Test Cases ***
One Key Beyond The Limit Is Refused
    [Tags]    AUTH-205
    ${user} =    A Logged In User
    ${key} =    Three Keys    ${user}
    ${answer} =    Call    auth.createApiKey    token=${user.access_token}    name=Fourth    scopes=${{ ['read'] }}
    Should Be Refused As    ${answer}    conflict
    The Key Should Open    ${key}    ${user}

A Revoked Key Makes Room
    [Tags]    AUTH-205
    ${user} =    A Logged In User
    ${key} =    Three Keys    ${user}
    Revoke The Key    ${key}    ${user}
    ${another} =    An API Key    ${user}    read
    The Key Should Open    ${another}    ${user}

A Key That Is Switched Off Makes No Room
    [Tags]    AUTH-205
    ${user} =    A Logged In User
    ${key} =    Three Keys    ${user}
    Switch The Key    off    ${key}    ${user}
    ${answer} =    Call    auth.createApiKey    token=${user.access_token}    name=Fourth    scopes=${{ ['read'] }}
    Should Be Refused As    ${answer}    conflict

Keys That Are Asked For At Once Do Not Pass The Limit
    [Tags]    AUTH-205
    ${user} =    A Logged In User
    Call Together    auth.createApiKey    8    token=${user.access_token}    name=One    scopes=${{ ['read'] }}
    ${keys} =    Keys Of    ${user}
    Length Should Be    ${keys}    3


*** Keywords ***
Three Keys
    [Documentation]    As many as are allowed. Returns the first.
    [Arguments]    ${owner}
    ${first} =    An API Key    ${owner}    read
    An API Key    ${owner}    read
    An API Key    ${owner}    read
    RETURN    ${first}
