*** Settings ***
Documentation       No operation takes the user from a token that it has not verified. Each test presents a token that names somebody else
...                 under a stranger's signature, and looks afterwards whether that person noticed anything.
Resource            ../../resources/token.resource
Test Tags           area:auth    promise:CH-3    JWT-41    needs:auth.jwt


*** Test Cases ***
A Forged Token Logs Nobody Out
    [Tags]    core    needs:auth.logout
    A Forged Token Should Not Move    auth.logOut

A Forged Token Logs Nobody Out Everywhere
    [Tags]    needs:auth.logout-all
    A Forged Token Should Not Move    auth.logOutEverywhere

A Forged Token Shows Nobody's Session
    [Tags]    needs:auth.sessions
    A Forged Token Should Not Move    auth.getSession

A Forged Token Lists Nobody's Sessions
    [Tags]    needs:auth.sessions
    A Forged Token Should Not Move    auth.listSessions

A Forged Token Ends Nobody's Session
    [Tags]    needs:auth.sessions
    ${victim} =    A Logged In User
    ${session} =    Session Of    ${victim}
    ${forged} =    Forge Token    borrowed signature    a stranger's signature    ${victim.access_token}
    ${answer} =    Call    auth.endSession    token=${forged}    session_id=${session}[id]
    Should Be Refused As    ${answer}    invalid-token
    Should Be Let In    ${victim}

A Forged Token Shows Nobody's Account
    A Forged Token Should Not Move    auth.getMe

A Forged Token Is Not Vouched For
    [Tags]    needs:auth.validation
    A Forged Token Should Not Move    auth.verifyToken

A Forged Token Is Not Valid
    [Tags]    needs:auth.validation
    ${victim} =    A Logged In User
    ${forged} =    Forge Token    borrowed signature    a stranger's signature    ${victim.access_token}
    ${verdict} =    The Verdict On    ${forged}
    Should Be Equal    ${verdict.body}    ${{ {'valid': False} }}

A Forged Token Of The Administrator Changes No Key
    [Tags]    needs:auth.authorization    needs:auth.jwks
    ${administrator} =    An Administrator
    ${before} =    The Names Of The Published Keys
    ${forged} =    Forge Token    borrowed signature    a stranger's signature    ${administrator.access_token}
    ${answer} =    Call    auth.rotateSigningKey    token=${forged}
    Should Be Refused As    ${answer}    invalid-token
    ${after} =    The Names Of The Published Keys
    Should Be Equal    ${after}    ${before}


*** Keywords ***
A Forged Token Should Not Move
    [Documentation]    The operation refuses a token that names a victim under a stranger's signature or none, and the victim goes on.
    [Arguments]    ${operation}
    ${victim} =    A Logged In User
    ${forged} =    Forge Token    borrowed signature    a stranger's signature    ${victim.access_token}
    ${answer} =    Call    ${operation}    token=${forged}
    Should Be Refused As    ${answer}    invalid-token
    ${unsigned} =    Forge Token    stripped    signature empty    ${victim.access_token}
    ${answer} =    Call    ${operation}    token=${unsigned}
    Should Be Refused As    ${answer}    invalid-token
    Should Be Let In    ${victim}
