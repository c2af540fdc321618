*** Settings ***
Documentation       What happens when many ask at the same moment. The platform of this suite hashes passwords cheaply, so that the
...                 requests meet in the database and not before it.
Resource            ../../resources/session.resource
Resource            ../../resources/audit.resource
Suite Setup         Start A Private Platform    session_limit=${3}    argon2_time_cost=${1}    argon2_memory_kib=${64}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings


*** Test Cases ***
Twenty Sign-Ups At Once Make One Account
    [Tags]    AUTH-08    needs:auth.signup    needs:auth.mail    needs:auth.email-verification
    ${person} =    A Person
    ${answers} =    Call Together    auth.signUp    20    email=${person.email}    password=${person.password}
    Each Should Succeed    ${answers}
    ${confirmed} =    Confirm The Address Of    ${person}
    ${user} =    Log In    ${person}
    Should Be Equal    ${user.id}    ${confirmed}[id]

No Second Account Is Stored By Twenty Sign-Ups At Once
    [Tags]    AUTH-08    needs:auth.signup    needs:auth.database    needs:auth.mail    needs:auth.email-verification
    ${person} =    A Person
    ${answers} =    Call Together    auth.signUp    20    email=${person.email}    password=${person.password}
    Each Should Succeed    ${answers}
    ${confirmed} =    Confirm The Address Of    ${person}
    One Account Should Be Stored    ${person.email}    ${confirmed}[id]

Log-Ins At The Same Moment Do Not Exceed The Limit
    [Tags]    AUTH-43    needs:auth.sessions
    ${account} =    A Verified Account
    ${answers} =    Call Together    auth.logIn    12    email=${account.email}    password=${account.password}
    Each Should Succeed    ${answers}
    ${user} =    Log In    ${account}
    ${ids} =    Ids Of Sessions Of    ${user}
    Length Should Be    ${ids}    3
