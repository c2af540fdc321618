*** Settings ***
Documentation       What people are given of all that is kept of them, and what nobody is given.
Resource            ../../resources/deletion.resource
Resource            ../../resources/contract.resource
Test Tags           area:auth    needs:auth.export    needs:auth.password    needs:auth.signup


*** Test Cases ***
An Export Tells Who Somebody Is
    [Tags]    AUTH-179    ACC-19    core
    ${user} =    A Person With A Name
    ${export} =    Export Of    ${user}
    Should Be Equal    ${export.body}[account][id]    ${user.id}
    Should Be Equal    ${export.body}[account][email]    ${user.email}
    Should Be Equal    ${export.body}[account][full_name]    ${user.full_name}

An Export Tells Of Every Session
    [Tags]    AUTH-179    needs:auth.sessions
    ${user} =    A Logged In User
    Log In    ${user}    device_id=phone
    ${sessions} =    Ids Of Sessions Of    ${user}
    ${export} =    Export Of    ${user}
    Should Be Equal    ${{ {one['id'] for one in $export.body['sessions']} }}    ${{ set($sessions) }}
    Should Be Equal    ${{ {one['device_id'] for one in $export.body['sessions']} }}    ${{ {None, 'phone'} }}

An Export Tells From Where Somebody Was Logged In
    [Tags]    AUTH-179
    ${user} =    A Logged In User
    ${export} =    Export Of    ${user}
    Should Be The Address Of The Caller    ${export.body}[sessions][0][ip_address]

An Export Tells Of Sessions That Ended
    [Tags]    AUTH-179    needs:auth.logout    needs:auth.sessions
    ${user} =    A Logged In User
    ${other} =    Log In    ${user}
    ${ended} =    Session Of    ${other}
    Log Out    ${other}
    ${export} =    Export Of    ${user}
    Should Contain    ${{ [one['id'] for one in $export.body['sessions'] if not one['is_active']] }}    ${ended}[id]

Each Export Tells What Is Kept Then
    [Tags]    AUTH-179
    ${user} =    A Logged In User
    ${before} =    Export Of    ${user}
    Log In    ${user}    device_id=phone
    ${after} =    Export Of    ${user}
    Should Be Equal As Integers    ${{ len($after.body['sessions']) }}    ${{ len($before.body['sessions']) + 1 }}

No Export Is Kept On Its Way
    [Documentation]    By caches between the platform and its reader, or by the reader's own.
    [Tags]    AUTH-180    AUTH-20
    ${user} =    A Logged In User
    ${export} =    Export Of    ${user}
    Should Have Header    ${export}    Cache-Control    (.*, *)?no-store(,.*)?

An Export Answers As Promised
    [Tags]    AUTH-60    needs:auth.contract
    ${user} =    A Person With A Name
    Should Be As Promised    auth.exportAccount    token=${user.access_token}

An Export Holds Nothing Of Anybody Else
    [Tags]    AUTH-179    core    needs:auth.sessions
    ${ann} =    A Person With A Name
    ${bob} =    A Person With A Name
    ${session of bob} =    Session Of    ${bob}
    ${export} =    Export Of    ${ann}
    Answer Should Hold No Secret    ${export}    id=${bob.id}    name=${bob.full_name}    session=${session of bob}[id]

An Export Holds No Password And No Token
    [Tags]    AUTH-180    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    ${export} =    Export Of    ${renewed}
    Answer Should Hold No Secret    ${export}    password=${user.password}    access_token=${renewed.access_token}
    ...    used_refresh_token=${user.refresh_token}    refresh_token=${renewed.refresh_token}

An Export Holds No Hash Of The Password
    [Tags]    AUTH-180    needs:auth.database
    ${user} =    A Logged In User
    ${salt} =    Stored Password Should Be Argon2id    ${user.email}    ${user.password}
    ${export} =    Export Of    ${user}
    Answer Should Hold No Secret    ${export}    salt_of_the_hash=${salt}

Nobody Exports Without A Token
    [Documentation]    Not even what was exported just before.
    [Tags]    AUTH-179
    ${user} =    A Logged In User
    Export Of    ${user}
    ${answer} =    Call    auth.exportAccount
    Should Be Refused As    ${answer}    missing-token

A Token Of An Ended Session Exports Nothing
    [Tags]    AUTH-179    needs:auth.logout
    ${user} =    A Logged In User
    Log Out    ${user}
    ${answer} =    Call    auth.exportAccount    token=${user.access_token}
    Should Be Refused As    ${answer}    invalid-token

After A Deletion Nothing Is Exported
    [Tags]    AUTH-179    AUTH-171    needs:auth.deletion
    ${user} =    A Logged In User
    Export Of    ${user}
    Delete Account    ${user}
    ${answer} =    Call    auth.exportAccount    token=${user.access_token}
    Should Be Refused As    ${answer}    invalid-token

An Export Is Told
    [Tags]    AUTH-181    needs:auth.security-log
    ${user} =    A Logged In User
    Export Of    ${user}
    Exactly One Security Event Should Tell    account.exported    user_id=${user.id}    outcome=success

Each Export Is Told
    [Tags]    AUTH-181    needs:auth.security-log
    ${user} =    A Logged In User
    Export Of    ${user}
    Wait For Security Event    account.exported    user_id=${user.id}
    ${again} =    Export Of    ${user}
    Wait For Security Event    account.exported    user_id=${user.id}    request_id=${again.headers}[X-Request-Id]
