*** Settings ***
Documentation       The token of a service ends. The platform of this suite gives it two seconds.
Resource            ../../resources/service_account.resource
Resource            ../../resources/audit.resource
Suite Setup         Start A Private Platform    service_token_lifetime=${2}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.service-tokens


*** Test Cases ***
The Token Of A Service Is Refused After Its Lifetime
    [Tags]    AUTH-246    core
    ${service} =    A Service    users:read
    ${token} =    A Service Token    ${service}
    ${told} =    The Service Should Be Let In    ${token}    ${service}
    Wait Until After    ${told}[expires_at]
    The Service Should Be Shut Out    ${token}

A Service Gets Another Token When One Has Ended
    [Tags]    AUTH-246    ACC-16
    ${service} =    A Service
    ${token} =    A Service Token    ${service}
    ${told} =    The Service Should Be Let In    ${token}    ${service}
    Wait Until After    ${told}[expires_at]
    ${another} =    A Service Token    ${service}
    The Service Should Be Let In    ${another}    ${service}
