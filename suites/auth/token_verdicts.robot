*** Settings ***
Documentation       One token, one verdict: every face of the platform lets it in for the same user, or none does.
Resource            ../../resources/token.resource
Test Tags           area:auth    promise:CH-3    needs:auth.jwt


*** Test Cases ***
Every Face Names The Same User
    [Tags]    JWT-36    core    needs:auth.validation
    ${user} =    A Logged In User
    ${ids} =    Users Named By Every Face    ${user.access_token}
    Should Be Equal    ${ids}    ${{ [$user.id] * 3 }}

Every Face Agrees On When A Token Ends And What It Permits
    [Tags]    JWT-36    needs:auth.validation    needs:auth.contract
    ${user} =    A Logged In User
    ${opened} =    Open Token    ${user.access_token}
    ${verified} =    Call    auth.verifyToken    token=${user.access_token}
    ${validated} =    The Verdict On    ${user.access_token}
    Should Be Equal    ${verified.body}[expires_at]    ${validated.body}[expires_at]
    Should Be Equal    ${verified.body}[permissions]    ${validated.body}[permissions]
    Should Be The Same Moment    ${verified.body}[expires_at]    ${opened.claims}[exp]

The Check For Other Services Refuses What The Service Itself Refuses
    [Documentation]    A sample of every sort of forgery that needs no key of the platform's.
    [Tags]    JWT-36    needs:auth.validation    needs:auth.jwks
    ${rows} =    A Sample Of Forgeries
    Call Each Row    auth.verifyToken    ${rows}    refused_as=invalid-token

The Validation Of A Token In A Body Refuses What The Service Itself Refuses
    [Tags]    JWT-36    needs:auth.validation    needs:auth.jwks
    ${rows} =    A Sample Of Forgeries
    Call Each Row    auth.validateToken    ${rows}    refused_as=/valid=false

A Token In A JSON Form Is Not Valid In A Body
    [Documentation]    A body has room for forms that no header takes.
    [Tags]    JWT-11    needs:auth.validation
    ${user} =    A Logged In User
    ${rows} =    Forgeries    JSON serialisation    ${user.access_token}
    Call Each Row    auth.validateToken    ${rows}    refused_as=/valid=false

Another Spelling Of A Token Is Not Valid In A Body
    [Tags]    JWT-09    needs:auth.validation
    ${user} =    A Logged In User
    ${rows} =    Forgeries    spelling    ${user.access_token}
    Call Each Row    auth.validateToken    ${rows}    refused_as=/valid=false

A Revoked Token Is Refused By Every Face At Once
    [Tags]    JWT-35    JWT-36    needs:auth.validation    needs:auth.logout
    ${user} =    A Logged In User
    Users Named By Every Face    ${user.access_token}
    Log Out    ${user}
    Every Face Should Refuse    ${user.access_token}

A Token Of An Ended Family Is Refused By Every Face
    [Documentation]    The session ends because a refresh token came twice; its access tokens end with it.
    [Tags]    JWT-35    JWT-36    needs:auth.validation    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Users Named By Every Face    ${renewed.access_token}
    Present A Used Refresh Token Of    ${user}
    Every Face Should Refuse    ${renewed.access_token}

A Verdict Of Not Valid Tells Nothing Else
    [Tags]    JWT-36    JWT-40    needs:auth.validation    needs:auth.jwks
    ${user} =    A Logged In User
    ${forged} =    Forge Token    borrowed signature    a stranger's signature    ${user.access_token}
    ${verdict} =    The Verdict On    ${forged}
    Should Be Equal    ${verdict.body}    ${{ {'valid': False} }}


*** Keywords ***
Users Named By Every Face
    [Documentation]    The ids under which the token is known: to the user's own page, to other services, in the validation.
    [Arguments]    ${token}
    ${me} =    The Token Should Be Accepted    ${token}
    ${verified} =    Call    auth.verifyToken    token=${token}
    Should Succeed    ${verified}
    ${validated} =    The Verdict On    ${token}
    Should Be True    ${validated.body}[valid]
    RETURN    ${{ [$me.body['id'], $verified.body['user_id'], $validated.body['user_id']] }}

Should Be The Same Moment
    [Documentation]    A moment in writing and one in seconds since 1970 are the same to the second.
    [Arguments]    ${written}    ${seconds}
    Should Be Equal As Integers    ${{ int(datetime.datetime.fromisoformat($written).timestamp()) }}    ${seconds}
