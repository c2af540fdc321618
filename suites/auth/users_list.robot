*** Settings ***
Documentation       The list of accounts: pages, limits, cursors and filters.
Resource            ../../resources/session.resource
Resource            ../../resources/users.resource
Test Tags           area:auth    needs:auth.user-management    needs:auth.signup


*** Test Cases ***
Every Account Comes Exactly Once
    [Tags]    REST-09    core
    ${support} =    Somebody With The Role    support
    ${beginning} =    Fresh Name
    ${people} =    People With Addresses That Begin With    ${beginning}    5
    ${ids} =    Ids On All Pages    ${support}    email=${beginning}    limit=2
    Should Be Equal    ${ids}    ${people}

Every Account Comes Exactly Once On Pages Of The Largest Size
    [Tags]    REST-09    needs:auth.floods
    ${support} =    Somebody With The Role    support
    ${beginning} =    Fresh Name
    ${people} =    People With Addresses That Begin With    ${beginning}    101
    ${ids} =    Ids On All Pages    ${support}    email=${beginning}    limit=100
    Length Should Be    ${ids}    101
    Should Be Equal    ${ids}    ${people}

A Page Has No More Than The Limit
    [Tags]    REST-09
    ${support} =    Somebody With The Role    support
    ${beginning} =    Fresh Name
    People With Addresses That Begin With    ${beginning}    3
    ${page} =    Page Of Users    ${support}    email=${beginning}    limit=2
    Length Should Be    ${page}[users]    2

The Last Page Says That It Is The Last
    [Documentation]    Also where it is full.
    [Tags]    REST-09
    ${support} =    Somebody With The Role    support
    ${beginning} =    Fresh Name
    People With Addresses That Begin With    ${beginning}    2
    ${page} =    Page Of Users    ${support}    email=${beginning}    limit=2
    Should Be Equal    ${page}[next_cursor]    ${None}

Accounts That Are Added Meanwhile Shift Nothing
    [Tags]    REST-09
    ${support} =    Somebody With The Role    support
    ${beginning} =    Fresh Name
    ${people} =    People With Addresses That Begin With    ${beginning}    4
    ${first} =    Page Of Users    ${support}    email=${beginning}    limit=2
    ${added} =    People With Addresses That Begin With    ${beginning}    2
    ${ids} =    Ids On All Pages After    ${first}    ${support}    email=${beginning}    limit=2
    Should Be Equal    ${ids}    ${{ [*$people, *$added] }}

Without A Limit A Page Is Bounded Too
    [Tags]    REST-09
    ${support} =    Somebody With The Role    support
    ${beginning} =    Fresh Name
    People With Addresses That Begin With    ${beginning}    22
    ${page} =    Page Of Users    ${support}    email=${beginning}
    Length Should Be    ${page}[users]    20
    Should Not Be Equal    ${page}[next_cursor]    ${None}

Limits That Make No Sense Are Refused
    [Tags]    REST-09
    ${support} =    Somebody With The Role    support
    ${rows} =    Rows Of Values    limit    100    0    -1    101    1000000000    ${{ '9' * 400 }}    all    ${EMPTY}
    ...    token=${support.access_token}
    Call Each Row    auth.listUsers    ${rows}    refused_as=invalid-request

Altered Cursors Are Refused
    [Tags]    REST-09
    ${support} =    Somebody With The Role    support
    ${page} =    Page Of Users    ${support}    limit=1
    ${rows} =    Altered Forms Of Secret    ${page}[next_cursor]    cursor    accepted=${page}[next_cursor]
    ...    token=${support.access_token}
    Call Each Row    auth.listUsers    ${rows}    refused_as=invalid-request

A Cursor Is Good For The Same Question Only
    [Tags]    REST-09
    ${support} =    Somebody With The Role    support
    ${page} =    Page Of Users    ${support}    limit=1    is_active=true
    VAR    &{common} =    token=${support.access_token}    cursor=${page}[next_cursor]
    ${control} =    A Row    the same question    accepted=${True}    is_active=true    &{common}
    ${none} =    A Row    no filter    &{common}
    ${other} =    A Row    another state    is_active=false    &{common}
    ${more} =    A Row    one filter more    is_active=true    role=user    &{common}
    VAR    @{rows} =    ${control}    ${none}    ${other}    ${more}
    Call Each Row    auth.listUsers    ${rows}    refused_as=invalid-request

Accounts Are Found By Role
    [Tags]    AUTH-191
    ${support} =    Somebody With The Role    support
    ${beginning} =    Fresh Name
    ${people} =    People With Addresses That Begin With    ${beginning}    3
    VAR    &{second} =    id=${people}[1]
    Give The Role    support    ${second}
    ${found} =    Ids On All Pages    ${support}    email=${beginning}    role=support
    Should Be Equal    ${found}    ${{ [$people[1]] }}
    ${ordinary} =    Ids On All Pages    ${support}    email=${beginning}    role=user
    Should Be Equal    ${ordinary}    ${{ [$people[0], $people[2]] }}

Accounts Are Found By State And Role Together
    [Tags]    AUTH-191
    ${admin} =    Somebody With The Role    admin
    ${beginning} =    Fresh Name
    ${people} =    People With Addresses That Begin With    ${beginning}    3
    VAR    &{first} =    id=${people}[0]
    Shut Out    ${first}    by=${admin}
    ${out} =    Ids On All Pages    ${admin}    email=${beginning}    is_active=false    role=user
    Should Be Equal    ${out}    ${{ [$people[0]] }}
    ${in} =    Ids On All Pages    ${admin}    email=${beginning}    is_active=true    role=user
    Should Be Equal    ${in}    ${people}[1:]

The Beginning Of An Address Is Taken To The Letter
    [Documentation]    What has a meaning in patterns has none here.
    [Tags]    AUTH-191
    ${support} =    Somebody With The Role    support
    ${beginning} =    Fresh Name
    ${people} =    People With Addresses That Begin With    ${beginning}_a    1
    People With Addresses That Begin With    ${beginning}-a    1
    ${found} =    Ids On All Pages    ${support}    email=${beginning}_
    Should Be Equal    ${found}    ${people}
    ${pattern} =    Ids On All Pages    ${support}    email=${beginning}%
    Should Be Empty    ${pattern}

Filters That Make No Sense Are Refused
    [Tags]    AUTH-191
    ${support} =    Somebody With The Role    support
    VAR    &{common} =    token=${support.access_token}
    ${control} =    A Row    a role    accepted=${True}    role=admin    &{common}
    ${role} =    A Row    no role    role=owner    &{common}
    ${capitals} =    A Row    a role in capitals    role=ADMIN    &{common}
    ${state} =    A Row    no state    is_active=perhaps    &{common}
    ${long} =    A Row    a long address    email=${{ 'a' * 255 }}    &{common}
    VAR    @{rows} =    ${control}    ${role}    ${capitals}    ${state}    ${long}
    Call Each Row    auth.listUsers    ${rows}    refused_as=invalid-request

A List Tells Nothing Of Passwords
    [Tags]    AUTH-192    needs:auth.password
    ${admin} =    Somebody With The Role    admin
    ${answer} =    Call    auth.listUsers    token=${admin.access_token}    email=${admin.email}
    Should Match The Contract    ${answer}
    Answer Should Hold No Secret    ${answer}    password=${admin.password}    token=${admin.access_token}

Who May Not Look After Accounts Is Told Nothing Of Them
    [Tags]    AUTH-192    core
    ${user} =    A Logged In User
    ${other} =    A Logged In User
    ${existing} =    Call    auth.getUser    token=${user.access_token}    user_id=${other.id}
    ${missing} =    Call    auth.getUser    token=${user.access_token}    user_id=${{ str(uuid.uuid4()) }}
    Should Be Refused As    ${existing}    insufficient-scope
    Should Look Alike    ${existing}    ${missing}

Not Even One's Own Entry Is Told To Who May Not Look
    [Tags]    AUTH-192
    ${user} =    A Logged In User
    ${answer} =    Call    auth.getUser    token=${user.access_token}    user_id=${user.id}
    Should Be Refused As    ${answer}    insufficient-scope
