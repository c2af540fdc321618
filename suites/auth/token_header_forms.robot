*** Settings ***
Documentation       A token counts in one place and in one form: one Authorization header, the word Bearer, a space, the token.
Resource            ../../resources/token.resource
Test Tags           area:auth    promise:CH-3    needs:auth.password


*** Test Cases ***
Only The Form Of The Standard Is Accepted
    [Documentation]    The word Bearer may be written in any case; that is all that is free.
    [Tags]    JWT-37    core
    ${user} =    A Logged In User
    ${rows} =    Forms Of The Header    ${user.access_token}
    Call Each Row    auth.getMe    ${rows}    refused_as=invalid-token

A Header Of Another Scheme Counts As None
    [Documentation]    Whoever presents something else than a bearer token has not tried to authenticate here (RFC 6750, 3.1).
    [Tags]    JWT-37    JWT-38
    ${user} =    A Logged In User
    ${rows} =    Headers Of Other Schemes    ${user.access_token}
    Call Each Row    auth.getMe    ${rows}    refused_as=missing-token

A Header Of Another Scheme Counts As None For Other Services
    [Tags]    JWT-37    JWT-38    needs:auth.validation
    ${user} =    A Logged In User
    ${rows} =    Headers Of Other Schemes    ${user.access_token}
    Call Each Row    auth.verifyToken    ${rows}    refused_as=missing-token

A Token Beside The Header Does Not Count
    [Documentation]    In the query, in a cookie, in other headers: as if there were none.
    [Tags]    JWT-37
    ${user} =    A Logged In User
    ${rows} =    Places Beside The Header    ${user.access_token}
    Call Each Row    auth.getMe    ${rows}    refused_as=missing-token

A Token Beside The Header Does Not Count For Other Services
    [Tags]    JWT-37    needs:auth.validation
    ${user} =    A Logged In User
    ${rows} =    Places Beside The Header    ${user.access_token}
    Call Each Row    auth.verifyToken    ${rows}    refused_as=missing-token

A Bad Token In The Header Is Not Mended By A Good One Beside It
    [Tags]    JWT-37
    ${user} =    A Logged In User
    ${answer} =    Call    auth.getMe    authorization=Bearer x    access_token=${user.access_token}
    Should Be Refused As    ${answer}    invalid-token

Headers That No Client Would Send Are Refused
    [Documentation]    Two headers, a NUL, something else than a space: sent as bytes.
    [Tags]    JWT-37
    ${user} =    A Logged In User
    @{rows} =    Odd Requests With Token    ${user.access_token}    auth.getMe
    Raw Requests Should Be Refused    ${rows}

Headers That No Client Would Send Are Not Vouched For
    [Tags]    JWT-37    needs:auth.validation
    ${user} =    A Logged In User
    @{rows} =    Odd Requests With Token    ${user.access_token}    auth.verifyToken
    Raw Requests Should Be Refused    ${rows}

The Word Bearer Is Taken Off Once
    [Documentation]    Two published platforms remove it wherever it stands, and so accept what others refuse.
    [Tags]    JWT-42    core
    ${user} =    A Logged In User
    ${rows} =    Forms With Bearer Misplaced    ${user.access_token}
    Call Each Row    auth.getMe    ${rows}    refused_as=invalid-token

The Word Bearer Is Taken Off Once By The Check For Other Services
    [Tags]    JWT-42    needs:auth.validation
    ${user} =    A Logged In User
    ${rows} =    Forms With Bearer Misplaced    ${user.access_token}
    Call Each Row    auth.verifyToken    ${rows}    refused_as=invalid-token

A Doubled Bearer Ends No Session
    [Tags]    JWT-42    needs:auth.logout
    ${user} =    A Logged In User
    ${doubled} =    Header With Bearer Doubled    ${user.access_token}
    ${answer} =    Call    auth.logOut    authorization=${doubled}
    Should Be Refused As    ${answer}    invalid-token
    Should Be Let In    ${user}

A Token With The Word Bearer Before It Is Not Valid In A Body
    [Tags]    JWT-42    needs:auth.validation
    ${user} =    A Logged In User
    ${rows} =    Tokens With Bearer Before Them    ${user.access_token}
    Call Each Row    auth.validateToken    ${rows}    refused_as=/valid=false


*** Keywords ***
Raw Requests Should Be Refused
    [Documentation]    The ordinary request succeeds and each odd one is answered with a refusal of the caller's fault.
    [Arguments]    ${rows}
    FOR    ${row}    IN    @{rows}
        ${answer} =    Call Raw    auth    ${row.request}[request]
        ${family} =    Evaluate    (answer.status or 0) // 100    namespace=${{ {'answer': $answer} }}
        Should Be Equal As Integers    ${family}    ${{ 2 if $row.accepted else 4 }}    ${row}: answered ${answer}
    END
