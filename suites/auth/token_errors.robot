*** Settings ***
Documentation       What a refusal says: enough for a program to know what to do next, nothing for somebody who tries out forgeries.
Resource            ../../resources/token.resource
Test Tags           area:auth    promise:CH-3    needs:auth.jwt    needs:auth.problems


*** Test Cases ***
A Bad Token Is Answered With 401 And The Word For It
    [Tags]    JWT-38    core
    ${answer} =    Call    auth.getMe    authorization=Bearer x
    Should Be Refused As    ${answer}    invalid-token    status=401
    Should Have Header    ${answer}    WWW-Authenticate    Bearer\\b.*error="invalid_token".*

A Missing Token Is Answered With 401 And No Word About An Error
    [Documentation]    Where nobody tried to authenticate nothing went wrong (RFC 6750, 3.1).
    [Tags]    JWT-38
    ${answer} =    Call    auth.getMe
    Should Be Refused As    ${answer}    missing-token    status=401
    Should Have Header    ${answer}    WWW-Authenticate    Bearer(?!.*error=).*

Another Scheme Is Answered With 401 And No Word About An Error
    [Tags]    JWT-38
    ${answer} =    Call    auth.getMe    authorization=Basic eDp5
    Should Be Refused As    ${answer}    missing-token    status=401
    Should Have Header    ${answer}    WWW-Authenticate    Bearer(?!.*error=).*

A Missing Right Is Answered With 403 And The Word For It
    [Tags]    JWT-38    JWT-39    core    needs:auth.authorization
    ${user} =    A Logged In User
    ${answer} =    Call    auth.rotateSigningKey    token=${user.access_token}
    Should Be Refused As    ${answer}    insufficient-scope    status=403
    Should Have Header    ${answer}    WWW-Authenticate    Bearer\\b.*error="insufficient_scope".*

A Bad Token Is Never A Missing Right
    [Documentation]    The operation needs a right; whoever has no good token is asked for one first.
    [Tags]    JWT-39    needs:auth.authorization
    ${bad} =    Call    auth.rotateSigningKey    authorization=Bearer x
    Should Be Refused As    ${bad}    invalid-token    status=401
    ${none} =    Call    auth.rotateSigningKey
    Should Be Refused As    ${none}    missing-token    status=401

A Missing Right Ends No Session
    [Tags]    JWT-39    needs:auth.authorization
    ${user} =    A Logged In User
    Call    auth.rotateSigningKey    token=${user.access_token}
    Should Be Let In    ${user}

Reading One's Own Account Says How To Authenticate
    [Tags]    JWT-38
    Should Say How To Authenticate    auth.getMe

The Check For Other Services Says How To Authenticate
    [Tags]    JWT-38    needs:auth.validation
    Should Say How To Authenticate    auth.verifyToken

Reading Sessions Says How To Authenticate
    [Tags]    JWT-38    needs:auth.sessions
    Should Say How To Authenticate    auth.listSessions
    Should Say How To Authenticate    auth.getSession

Ending Sessions Says How To Authenticate
    [Tags]    JWT-38    needs:auth.logout    needs:auth.logout-all
    Should Say How To Authenticate    auth.logOut
    Should Say How To Authenticate    auth.logOutEverywhere

Ending One Session Says How To Authenticate
    [Tags]    JWT-38    needs:auth.sessions
    ${user} =    A Logged In User
    ${session} =    Session Of    ${user}
    Should Say How To Authenticate    auth.endSession    session_id=${session}[id]

Changing The Key Says How To Authenticate
    [Tags]    JWT-38    needs:auth.authorization
    Should Say How To Authenticate    auth.rotateSigningKey

A Refused Log-In And A Refused Refresh Say How To Authenticate
    [Documentation]    Every 401 carries a challenge (RFC 9110, 15.5.2).
    [Tags]    JWT-38    needs:auth.refresh
    ${refresh} =    Call    auth.refreshToken    refresh_token=no-such-token
    Should Have Header    ${refresh}    WWW-Authenticate
    ${person} =    A Person
    ${log in} =    Log In Should Be Refused    ${person}
    Should Have Header    ${log in}    WWW-Authenticate

The Answer Does Not Tell Which Check Failed
    [Documentation]    The same status, headers and body for a signature, a key, a form, an algorithm and an ended session.
    [Tags]    JWT-40    core    needs:auth.logout
    ${user} =    A Logged In User
    ${ended} =    A Logged In User
    Log Out    ${ended}
    @{answers} =    Answers To Forgeries Of    ${user.access_token}
    ${answer} =    Call    auth.getMe    token=${ended.access_token}
    Answers Should All Look Like    ${answer}    @{answers}

The Answer Does Not Repeat The Token
    [Tags]    JWT-40
    ${user} =    A Logged In User
    ${forged} =    Forge Token    borrowed signature    a stranger's signature    ${user.access_token}
    ${answer} =    The Token Should Be Refused    ${forged}
    Answer Should Not Hold Token    ${answer}    ${forged}
    Should Tell Nothing Of The Inside    ${answer}

The Answer Does Not Repeat What Is No Token At All
    [Tags]    JWT-40
    ${user} =    A Logged In User
    ${long} =    Forge Token    stripped    four segments    ${user.access_token}
    ${answer} =    The Token Should Be Refused    ${long}
    Answer Should Not Hold Token    ${answer}    ${long}
    ${answer} =    Call    auth.getMe    authorization=Bearer not-a-token-but-nobodys-business
    Answer Should Not Hold Token    ${answer}    not-a-token-but-nobodys-business

A Refusal Is A Problem Document That Nobody May Keep
    [Tags]    JWT-40
    ${answer} =    Call    auth.getMe    authorization=Bearer x
    Should Be A Problem Document    ${answer}
    Should Match The Contract    ${answer}


*** Keywords ***
Should Say How To Authenticate
    [Documentation]    The operation answers a bad token and a missing one with the challenges of the standard.
    [Arguments]    ${operation}    &{fields}
    ${bad} =    Call    ${operation}    authorization=Bearer x    &{fields}
    Should Be Refused As    ${bad}    invalid-token    status=401
    Should Have Header    ${bad}    WWW-Authenticate    Bearer\\b.*error="invalid_token".*
    ${none} =    Call    ${operation}    &{fields}
    Should Be Refused As    ${none}    missing-token    status=401
    Should Have Header    ${none}    WWW-Authenticate    Bearer(?!.*error=).*

Answers To Forgeries Of
    [Documentation]    The answers to one forgery of each of several sorts.
    [Arguments]    ${token}
    VAR    @{answers}    @{EMPTY}
    FOR    ${group}    ${name}    IN
    ...    none    alg none, no signature    stripped    signature empty    borrowed signature    a stranger's signature
    ...    stripped    four segments    blank secret    HS256 with an empty key    embedded key    jwk under its own kid
        ${forged} =    Forge Token    ${group}    ${name}    ${token}
        ${answer} =    The Token Should Be Refused    ${forged}
        VAR    @{answers}    @{answers}    ${answer}
    END
    RETURN    ${answers}
