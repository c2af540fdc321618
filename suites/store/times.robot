*** Settings ***
Documentation       The moments that the store tells: in UTC, now where they say now, and never back.
Resource            ../../resources/store_times.resource
Test Tags           area:store    DATA-14    needs:store.rest


*** Test Cases ***
Times Of A Token Are In UTC
    ${answer} =    The Administrator Logs In
    Should Be In Utc    ${answer}[expires_at]
    Should Be Soon    ${answer}[expires_at]    2d

Times Of API Keys Are In UTC And In Order
    [Tags]    needs:store.api-keys
    ${first} =    An API Key Of The Store    expires_in=${60}
    ${second} =    An API Key Of The Store    expires_in=${60}
    Should Be In Utc    ${first}[created_at]    ${first}[expires_at]    ${second}[created_at]    ${second}[expires_at]
    Should Be In Order    ${first}[created_at]    ${second}[created_at]    ${second}[expires_at]
    Should Be Soon    ${second}[created_at]

The List Of API Keys Tells The Times That Were Told
    [Tags]    needs:store.api-keys
    ${made} =    An API Key Of The Store    expires_in=${60}
    ${listed} =    The API Key In The List    ${made}[id]
    Should Be The Same Moment    ${listed}[created_at]    ${made}[created_at]
    Should Be The Same Moment    ${listed}[expires_at]    ${made}[expires_at]

Times Of Grants Are In UTC And In Order
    [Tags]    needs:store.grants    needs:store.enrolment
    ${grant} =    A Fresh Grant    expires_in=${60}
    Should Be In Utc    ${grant}[granted_at]    ${grant}[expires_at]
    Should Be In Order    ${grant}[granted_at]    ${grant}[expires_at]
    Should Be Soon    ${grant}[granted_at]

When A Worker Was There Last Goes On And Never Back
    [Tags]    needs:store.subscription    needs:store.enrolment
    ${first}    ${second} =    Seen Twice
    Should Be In Utc    ${first}    ${second}
    Should Be In Order    ${first}    ${second}
    Should Not Be Equal    ${first}    ${second}
    Should Be Soon    ${second}

A Later Data Key Is Told To Be Later
    [Tags]    needs:store.rotation
    ${first} =    When The Key Of A Fresh Schema Was Made
    ${second} =    When The Key Of A Fresh Schema Was Made
    Should Be In Utc    ${first}    ${second}
    Should Be In Order    ${first}    ${second}
    Should Be Soon    ${second}

The Security Log Tells Its Events In Their Order
    [Tags]    needs:store.security-log    needs:store.api-keys
    ${moments} =    Moments Of Some Events
    Should Be In Utc    @{moments}
    Should Be In Order    @{moments}
