*** Settings ***
Documentation       Requests that do not arrive and answers that nobody reads. One platform for all, since the next one must not wait.
Resource            ../../resources/rest.resource
Resource            ../../resources/position.resource
Suite Setup         Start A Private Platform    arrival_seconds=${3}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.fuzzing    needs:auth.floods


*** Test Cases ***
A Request That Never Arrives Is Given Up
    [Tags]    REST-14    needs:auth.password
    Unfinished Requests Should Be Given Up    auth.logIn    within=10s

A Request That Arrives Octet By Octet Is Given Up As Well
    [Tags]    REST-14    needs:auth.password
    Trickling Requests Should Be Given Up    auth.logIn    within=10s

A Body That Nobody Reads Is Given Up
    [Documentation]    Of an operation that takes none, whose answer comes before the body does.
    [Tags]    REST-14    needs:auth.logout
    Unfinished Requests Should Be Given Up    auth.logOut    within=10s

A Body That Nobody Reads And That Comes Octet By Octet Is Given Up As Well
    [Tags]    REST-14    needs:auth.logout
    Trickling Requests Should Be Given Up    auth.logOut    within=10s

Connections Without A Request Keep Nobody Else Waiting
    [Tags]    REST-14    needs:auth.password    needs:auth.health
    Others Should Be Served Beside    auth.logIn    auth.getHealth    nothing

Half A Head Keeps Nobody Else Waiting
    [Tags]    REST-14    needs:auth.password    needs:auth.health
    Others Should Be Served Beside    auth.logIn    auth.getHealth    half a head

Half A Body Keeps Nobody Else Waiting
    [Tags]    REST-14    needs:auth.password    needs:auth.health
    Others Should Be Served Beside    auth.logIn    auth.getHealth    half a body

Half A Chunk Keeps Nobody Else Waiting
    [Tags]    REST-14    needs:auth.password    needs:auth.health
    Others Should Be Served Beside    auth.logIn    auth.getHealth    half a chunk

Unread Answers Keep Nobody Else Waiting
    [Tags]    REST-14    needs:auth.health    needs:auth.contract
    Others Should Be Served Beside    auth.getContract    auth.getHealth    answers unread
