*** Settings ***
Documentation       A store that holds thousands of entities: it lists them page by page, and starts with them as with few.
Resource            ../../resources/store_data.resource
Suite Setup         Start A Private Platform    services=store
Suite Teardown      Stop The Private Platform
Test Tags           area:store    FS-15    needs:store.rest    needs:store.listing    needs:store.several    private


*** Test Cases ***
Thousands Are Listed Page By Page
    [Tags]    promise:ST-8
    ${schema}    ${keys} =    Thousands Written    3
    Pages Should Hold    ${schema}    ${keys}    700
    Pages Should Hold    ${schema}    ${keys}    1000

A Page That Is Just Full Is The Last Where Nothing Follows
    ${schema}    ${keys} =    Thousands Written    1
    Pages Should Hold    ${schema}    ${keys}    250
    Pages Should Hold    ${schema}    ${keys}    1000

A Store With Thousands Starts And Serves Them
    [Documentation]    It is ready in the time that a start may take, and has lost none.
    [Tags]    promise:ST-8    needs:store.restart
    ${schema}    ${keys} =    Thousands Written    3
    Restart Service    store
    Pages Should Hold    ${schema}    ${keys}    1000
