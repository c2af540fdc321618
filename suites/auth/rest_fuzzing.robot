*** Settings ***
Documentation       Requests that nobody thought of, drawn from the contract: good ones, bad ones, and those in between.
Resource            ../../resources/rest.resource
Resource            ../../resources/position.resource
Test Tags           area:auth    needs:auth.password    needs:auth.contract    needs:auth.fuzzing    needs:auth.floods


*** Test Cases ***
Every Check Of Schemathesis Finds Nothing
    [Tags]    REST-01
    Operations Should Pass Schemathesis    auth    ${SEED}

Every Body That A Schema Rules Out Is Refused, And Only What Is Wrong Is Named
    [Tags]    AUTH-210    AUTH-65
    Bodies That The Schema Rules Out Should Be Refused    auth    ${SEED}
