*** Settings ***
Documentation       Every operation of the contract, for every kind of caller, against what the contract says of who is let in.
...                 An operation that is added to the contract is in each of these tables by itself. Who has not proved an
...                 address has no credential at all, and is nobody here.
Resource            ../../resources/access.resource
Suite Setup         Start A Private Platform    argon2_time_cost=${1}    argon2_memory_kib=${64}
...                 token_conformance=${True}    session_limit=${1000}    login_failures=${1000}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.user-management
...                 needs:auth.api-keys    needs:auth.signup    needs:auth.sessions    needs:auth.fuzzing
...                 needs:auth.service-tokens


*** Test Cases ***
Nobody
    [Tags]    AUTH-207    core
    ${person} =    A Person
    VAR    &{nobody} =    way=${None}    granted=${None}    presented=${{ {} }}    person=${person}
    Every Operation Decides As The Contract Says About    ${nobody}

Each Role
    [Tags]    AUTH-207    AUTH-185    core
    [Template]    Somebody With This Role
    user
    support
    admin

An Administrator Shut Out Since
    [Tags]    AUTH-207    AUTH-189
    ${caller} =    An Administrator Who Was Shut Out
    Every Operation Decides As The Contract Says About    ${caller}

Things Of Other People Are Not Found
    [Tags]    AUTH-208    AUTH-204    AUTH-42    core
    Things Of Somebody Else Are As If They Were Not

Methods That The Contract Does Not Know Are Refused
    [Tags]    AUTH-209
    ${caller} =    A Caller By Session    admin
    No Method Beyond The Contract Is Taken From    ${caller}

There Is No Operation That The Contract Does Not Know
    [Tags]    AUTH-209    needs:auth.contract
    ${answer} =    Call    auth.getContract
    Should Succeed    ${answer}
    No Operation Should Be Unknown To The Contract    ${answer}    auth


*** Keywords ***
Somebody With This Role
    [Documentation]    With a session.
    [Arguments]    ${role}
    ${caller} =    A Caller By Session    ${role}
    Every Operation Decides As The Contract Says About    ${caller}
