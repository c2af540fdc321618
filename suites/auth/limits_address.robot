*** Settings ***
Documentation       How much may be asked from one address. The platform of this suite answers six requests an hour from each.
Resource            ../../resources/limit.resource
Resource            ../../resources/session.resource
Resource            ../../resources/health.resource
Resource            ../../resources/audit.resource
Suite Setup         Start A Private Platform    address_limit=${6}    address_window=${3600}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.rate-limits
...                 needs:auth.jwks    needs:auth.floods


*** Test Cases ***
As Many Requests As Are Allowed Are Answered, And Not One More
    [Tags]    API-01    core
    ${answers} =    Call Until Refused    auth.getJwks
    Exactly So Many Should Be Allowed    ${answers}    6

Requests For Headers Alone Count As Well
    [Documentation]    A method without a body in the answer is no way around a limit.
    [Tags]    API-06    API-01
    Call Together    auth.getJwks    6    method=HEAD
    Should Have To Wait    auth.getJwks

The Headers Tell The Quota And The Window That Are Set
    [Tags]    API-02
    ${answer} =    Should Be Served    auth.getJwks
    ${limits} =    Limits Should Be Told    ${answer}
    Should Contain    ${{ [(one.quota, one.window, one.left) for one in $limits.values()] }}    ${{ (6, 3600, 5) }}

The Refusal Says How Long To Wait, In The Promised Form
    [Tags]    API-01    API-02    AUTH-62    AUTH-66    needs:auth.problems
    ${refusal} =    Use Up    auth.getJwks
    ${seconds} =    Told Wait    ${refusal}
    Should Be True    1 <= ${seconds} <= 3600
    Should Be A Problem Document    ${refusal}
    Should Match The Contract    ${refusal}
    Should Tell Nothing Of The Inside    ${refusal}

What Is Left Falls To Nothing And No Further
    [Tags]    API-02
    ${answers} =    Call Until Refused    auth.getJwks
    What Is Left Should Fall    ${answers}[:6]
    ${last allowed} =    Limits Should Be Told    ${answers}[5]
    ${refused} =    Limits Should Be Told    ${answers}[6]
    Should Contain    ${{ [(one.quota, one.left) for one in $last_allowed.values()] }}    ${{ (6, 0) }}
    Should Contain    ${{ [(one.quota, one.left) for one in $refused.values()] }}    ${{ (6, 0) }}

The Count Is Exact However Many Ask At Once
    [Tags]    API-07
    ${answers} =    Call Together    auth.getJwks    24
    Exactly So Many Should Be Allowed    ${answers}    6

A Flood From One Address Hurts No Other
    [Tags]    API-05    core
    ${flooder} =    Another Address
    Use Up    auth.getJwks    address=${flooder}
    Should Be Served    auth.getJwks

Headers That Claim Another Address Do Not Help
    [Tags]    API-06    core
    Use Up    auth.getJwks
    ${calls} =    Claims Of Other Addresses
    ${answers} =    Call Together    auth.getJwks    each=${calls}
    Each Should Have To Wait    ${answers}

Each With Another Claim Are Counted Together
    [Documentation]    Nobody has to be refused first for the claims to be of no use.
    [Tags]    API-06
    ${calls} =    Claims Of Other Addresses
    ${answers} =    Call Together    auth.getJwks    each=${calls}
    Exactly So Many Should Be Allowed    ${answers}    6

Nobody Is Refused For What Somebody Else Claims To Be
    [Tags]    API-06    API-05
    ${here} =    Own Address
    ${flooder} =    Another Address
    VAR    &{claim} =    X-Forwarded-For=${here}    X-Real-IP=${here}    Forwarded=for\=${here}
    Use Up    auth.getJwks    address=${flooder}    headers=${claim}
    Should Be Served    auth.getJwks

Keys And Tokens That Nobody Gave Out Do Not Help
    [Tags]    API-06    core
    ${calls} =    Made Up Credentials    24
    ${answers} =    Call Together    auth.getJwks    each=${calls}
    Exactly So Many Should Be Allowed    ${answers}    6

Tokens That Are Refused Count
    [Documentation]    To look at a bad token costs the platform something too.
    [Tags]    API-06    API-09    needs:auth.profile
    ${calls} =    Made Up Credentials    24
    ${answers} =    Call Together    auth.getMe    each=${calls}
    Exactly So Many Should Be Allowed    ${answers}    6

Other Spellings Of The Path Do Not Help
    [Documentation]    Most of them are no path of the service; the point is that none of them leads around the count.
    [Tags]    API-06
    Use Up    auth.getJwks
    ${served} =    Spellings That Are Served    auth.getJwks
    Should Be Empty    ${served}
    Should Have To Wait    auth.getJwks

What Is Asked In Vain Counts As Well
    [Tags]    API-06    API-09    needs:auth.problems
    ${answers} =    Call Until Refused    auth.getJwks    method=DELETE
    Exactly So Many Should Be Allowed    ${answers}    6
    Should Have To Wait    auth.getJwks

All Operations Count Together
    [Tags]    API-01    API-08    needs:auth.discovery    needs:auth.contract    needs:auth.profile    needs:auth.validation
    Use Up    auth.getDiscovery
    Should Have To Wait    auth.getJwks
    Should Have To Wait    auth.getContract
    Should Have To Wait    auth.getMe
    ${made up} =    Fresh Password
    Should Have To Wait    auth.validateToken    token=${made up}

Health Checks Are Answered Whatever The Count
    [Tags]    API-08    needs:auth.health    needs:auth.readiness
    Use Up    auth.getJwks
    The Health Check Should Answer
    The Service Should Be Ready
    Should Have To Wait    auth.getJwks

Health Checks Do Not Count
    [Tags]    API-08    needs:auth.health
    Repeat Keyword    10    The Health Check Should Answer
    Should Be Served    auth.getJwks

Whoever Is Logged In Has To Wait As Well
    [Documentation]    The limit of the account has room; the one of the address has none.
    [Tags]    API-05    needs:auth.profile
    ${user} =    A Logged In User
    Use Up    auth.getJwks
    Should Have To Wait    auth.getMe    token=${user.access_token}

A Flood Is Told In The Security Log, Once
    [Tags]    AUTH-120    needs:auth.security-log
    ${here} =    Own Address
    Use Up    auth.getJwks
    Should Have To Wait    auth.getJwks
    Exactly One Security Event Should Tell    request.limited    address=${here}
