*** Settings ***
Documentation       Which methods every path takes, from the contract.
Resource            ../../resources/rest.resource
Test Tags           area:auth    needs:auth.password    needs:auth.contract    needs:auth.problems


*** Test Cases ***
No Path Takes A Method That Nobody Promised
    [Tags]    REST-02    AUTH-63
    Only Promised Methods Should Be Taken    auth

No Header Turns One Method Into Another
    [Tags]    REST-02
    No Method Should Be Overridden    auth

HEAD Is Answered As GET Without Content
    [Tags]    REST-02
    HEAD Should Be Answered As GET Without Content    auth
