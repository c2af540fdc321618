*** Settings ***
Documentation       The handful of tests that show that a store is there.
Resource            ../../resources/store.resource
Test Tags           area:store    smoke


*** Test Cases ***
The Store Lives
    [Tags]    STORE-15    needs:store.health
    ${answer} =    Call    store.getHealth
    Should Succeed    ${answer}

What Is Written Is Read Again
    [Tags]    STORE-09    core
    ${entity} =    An Entity
    Should Read    ${entity}

Nobody Reads Without A Token
    [Tags]    STORE-02    core    needs:store.rest
    ${entity} =    An Entity    door=rest
    ${answer} =    Call At    rest    getEntity    schema_id=${entity.schema_id}    key=${entity.key}
    Should Be Refused As    ${answer}    invalid-token
