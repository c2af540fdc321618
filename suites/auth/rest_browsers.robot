*** Settings ***
Documentation       What browsers are told by every answer, refusals included, and who they let read it.
Resource            ../../resources/rest.resource
Resource            ../../resources/position.resource
Test Tags           area:auth    needs:auth.password    needs:auth.contract    needs:auth.problems


*** Test Cases ***
Every Answer Carries The Headers That Keep It Harmless
    [Tags]    REST-07
    Answers Should Carry Safe Headers    auth

No Page Of Another Origin May Read An Answer
    [Tags]    REST-08
    No Other Origin Should Be Let In    auth

No Browser Is Told That Another Origin May Send Anything
    [Tags]    REST-08
    No Preflight Should Be Granted    auth

What Proxies Say Of The Place Does Not Change What Is Published
    [Tags]    REST-06    needs:auth.discovery
    Headers Should Change Nothing    auth.getDiscovery    ${CLAIMS OF ANOTHER PLACE}

What Proxies Say Of The Place Does Not Change Who Is Asking
    [Tags]    REST-06    needs:auth.profile
    Headers Should Change Nothing    auth.getMe    ${CLAIMS OF ANOTHER PLACE}

What Proxies Say Of The Address Does Not Change The Session
    [Tags]    REST-06    needs:auth.sessions
    ${account} =    A Verified Account
    ${user} =    Log In    ${account}    headers=${CLAIM OF ANOTHER ADDRESS}
    ${session} =    Session Of    ${user}
    Should Be The Address Of The Caller    ${session}[ip_address]
