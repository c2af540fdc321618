*** Settings ***
Documentation       Requests that do not arrive and answers that nobody reads: the store serves others meanwhile.
Resource            ../../resources/rest.resource
Suite Setup         Start A Private Platform    services=store
Suite Teardown      Stop The Private Platform
Test Tags           area:store    DB-19    promise:ST-4    private    needs:store.rest    needs:store.floods
...                 needs:store.fuzzing    needs:store.health
Test Template       Others Should Be Served Beside


*** Test Cases ***
Connections Without A Request Keep Nobody Else Waiting
    store.logIn    store.getHealth    nothing

Half A Head Keeps Nobody Else Waiting
    store.logIn    store.getHealth    half a head

Half A Body Keeps Nobody Else Waiting
    store.logIn    store.getHealth    half a body

Half A Chunk Keeps Nobody Else Waiting
    store.logIn    store.getHealth    half a chunk

Unread Answers Keep Nobody Else Waiting
    [Tags]    needs:store.contract
    store.getContract    store.getHealth    answers unread
