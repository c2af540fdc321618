*** Settings ***
Documentation       Whoever sends a request can write any host and any path into it; no answer may lead there.
Resource            ../../resources/session.resource
Resource            ../../resources/token.resource
Resource            ../../resources/http.resource
Test Tags           area:auth


*** Variables ***
${ELSEWHERE}        elsewhere.assay.test
&{TO ELSEWHERE}     Host=${ELSEWHERE}
&{VIA ELSEWHERE}    X-Forwarded-Host=${ELSEWHERE}    Forwarded=host\=${ELSEWHERE}


*** Test Cases ***
A Slash Too Many Leads Nowhere Else
    [Tags]    AUTH-271    REST-06    needs:auth.profile
    ${path} =    Path Of Operation    auth.getMe
    ${answer} =    GET From The Platform    ${path}/    headers=${TO ELSEWHERE}
    Should Lead Nowhere Else    ${answer}
    ${right} =    GET From The Platform    auth.getMe
    Should Be Refused As    ${right}    missing-token

A Slash Too Many After The Path Of A Log-In Leads Nowhere Else
    [Tags]    AUTH-271    REST-06    needs:auth.contract
    ${account} =    A Verified Account
    ${path} =    Path Of Operation    auth.logIn
    ${answer} =    POST To The Platform    ${path}/    headers=${TO ELSEWHERE}    json=${account}
    Should Lead Nowhere Else    ${answer}

A Path In Capitals Leads Nowhere Else
    [Tags]    AUTH-271    needs:auth.profile
    ${path} =    Path Of Operation    auth.getMe
    ${answer} =    GET From The Platform    ${path.upper()}    headers=${TO ELSEWHERE}
    Should Lead Nowhere Else    ${answer}

Discovery Names No Host That A Request Named
    [Documentation]    A platform may refuse to answer for another host; what it says must not name that host.
    [Tags]    AUTH-272    needs:auth.discovery
    ${answer} =    GET From The Platform    auth.getDiscovery    headers=${TO ELSEWHERE}
    Answer Should Not Hold    ${answer}    ${ELSEWHERE}

Discovery Is The Same Whatever A Proxy Is Said To Be
    [Tags]    AUTH-272    needs:auth.discovery
    ${usual} =    GET From The Platform    auth.getDiscovery
    Should Succeed    ${usual}
    ${answer} =    GET From The Platform    auth.getDiscovery    headers=${VIA ELSEWHERE}
    Should Be Equal    ${answer.body}    ${usual.body}

A Token Names The Same Issuer Whatever Host Its Owner Asked
    [Tags]    AUTH-272    needs:auth.jwt    needs:auth.contract
    ${user} =    A Logged In User
    ${usual} =    Open Token    ${user.access_token}
    VAR    &{credentials} =    email=${user.email}    password=${user.password}
    ${answer} =    POST To The Platform    auth.logIn    headers=${VIA ELSEWHERE}    json=${credentials}
    ${access token} =    Response Field    ${answer}    access_token
    ${token} =    Open Token    ${access token}
    Should Be Equal    ${token.claims}[iss]    ${usual.claims}[iss]
