*** Settings ***
Documentation       When a key was used last, as time goes on. The clock is moved.
Resource            ../../resources/session.resource
Resource            ../../resources/api_key.resource
Suite Setup         Start A Private Platform
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.clock    needs:auth.api-keys    needs:auth.signup
...                 needs:auth.profile


*** Test Cases ***
A Later Use Of A Key Is Told Too
    [Documentation]    Uses are told to the minute.
    [Tags]    AUTH-203
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    The Key Should Open    ${key}    ${user}
    ${once} =    Keys Of    ${user}
    Move The Clock    2 minutes
    The Key Should Open    ${key}    ${user}
    ${again} =    Keys Of    ${user}
    Should Be Apart    ${once}[0][last_used_at]    ${again}[0][last_used_at]    at_least=60s
