*** Settings ***
Documentation       Which methods every path takes, from the contract.
Resource            ../../resources/rest.resource
Resource            ../../resources/position.resource
Test Tags           area:auth    needs:auth.password    needs:auth.contract    needs:auth.problems


*** Test Cases ***
No Path Takes A Method That Nobody Promised
    [Tags]    REST-02    AUTH-63
    Only Promised Methods Should Be Taken    auth

No Path Beside A Promised One Is Taken
    [Tags]    REST-02    needs:auth.health
    Paths Beside Should Not Be Taken    auth.getHealth

No Header Turns One Method Into Another
    [Tags]    REST-02
    No Method Should Be Overridden    auth

HEAD Is Answered As GET Without Content
    [Tags]    REST-02
    HEAD Should Be Answered As GET Without Content    auth

A Session That Is Ended Twice Is Ended Once
    [Tags]    REST-10    needs:auth.sessions
    ${user} =    A User With A Session To End
    End Session    ${user}    ${user}[session_id]
    ${before} =    Ids Of Sessions Of    ${user}
    ${again} =    Call    auth.endSession    token=${user}[access_token]    session_id=${user}[session_id]
    Should Be Refused As    ${again}    not-found
    ${after} =    Ids Of Sessions Of    ${user}
    Should Be Equal    ${after}    ${before}

An Address That Is Signed Up Twice Has One Account
    [Tags]    REST-10    needs:auth.signup    needs:auth.email-verification    needs:auth.mail
    ${person} =    A Person
    Sign Up    ${person}
    Sign Up    ${person}
    ${first} =    Confirm The Address Of    ${person}
    ${user} =    Log In    ${person}
    Should Be Equal    ${user}[id]    ${first}[id]
