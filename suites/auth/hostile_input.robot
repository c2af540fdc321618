*** Settings ***
Documentation       Texts that are something else to a careless reader, in every text of every operation, from the contract.
...                 They are accepted and kept as they are, or refused with the field named; nothing else happens.
Resource            ../../resources/rest.resource
Resource            ../../resources/position.resource
Test Tags           area:auth    needs:auth.password    needs:auth.problems    needs:auth.fuzzing


*** Test Cases ***
Queries Are Only Texts
    [Tags]    AUTH-212    REST-12
    Hostile Texts Should Be Harmless    auth    queries

Conditions And Filters Are Only Texts
    [Tags]    AUTH-212
    Hostile Texts Should Be Harmless    auth    documents

Structures Are No Texts
    [Tags]    AUTH-212
    Structures Should Be No Texts    auth

Templates, Formats And Scripts Are Only Texts
    [Tags]    AUTH-213
    Hostile Texts Should Be Harmless    auth    templates

Line Breaks And Control Characters Begin Nothing New
    [Tags]    AUTH-213
    Hostile Texts Should Be Harmless    auth    lines

Paths, Addresses And Commands Are Only Texts
    [Tags]    AUTH-213
    Hostile Texts Should Be Harmless    auth    paths

Every Script Is Kept As It Is
    [Tags]    AUTH-214
    Hostile Texts Should Be Harmless    auth    scripts

Words That Mean Something To Programs Are Only Texts
    [Tags]    AUTH-213
    Hostile Texts Should Be Harmless    auth    words

The Big List Of Naughty Strings Is Only Texts Everywhere
    [Tags]    AUTH-214
    Naughty Strings Should Be Harmless    auth    ${SEED}

The Whole Big List Makes No Session End
    [Tags]    AUTH-214    needs:auth.sessions
    Naughty Strings Should Be Harmless    auth    ${SEED}    count=1000    operation=auth.endSession

The Whole Big List Is No Valid Token
    [Tags]    AUTH-214    needs:auth.validation
    Naughty Strings Should Be Harmless    auth    ${SEED}    count=1000    operation=auth.validateToken

The Big List Is Kept As It Is In The Name Of A Device
    [Tags]    AUTH-214
    Naughty Strings Should Be Harmless    auth    ${SEED}    count=100    operation=auth.logIn    field=device_id
