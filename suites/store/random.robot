*** Settings ***
Documentation       Operations, restarts and rotations in any order, drawn by chance. A failure tells the seed and the few steps that do it again.
Resource            ../../resources/store_model.resource
Suite Setup         Start A Private Platform    services=store
Suite Teardown      Stop The Private Platform
Test Tags           area:store    FS-17    needs:store.rest    needs:store.versions    private


*** Test Cases ***
Whatever Is Done In Whatever Order Ends As A Model Says
    [Tags]    promise:ST-5    promise:ST-7
    Random Operations Should Agree
