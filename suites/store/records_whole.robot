*** Settings ***
Documentation       The whole security log of a store of one's own: its form, and what is told of keys.
Resource            ../../resources/store_records.resource
Suite Setup         Start A Private Platform    services=store
Suite Teardown      Stop The Private Platform
Test Tags           area:store    needs:store.security-log    private


*** Test Cases ***
Each Line Of The Log Is An Event Of The Promised Form
    [Tags]    DB-20    KEY-14    needs:store.api-keys
    ${entity} =    An Entity
    A Client    read
    Read    ${{ {**$entity, 'token': 'nobody-has-this-token'} }}    door=rest
    Wait For Security Event    token.refused    service=store
    Each Line Of The Security Log Should Be An Event    service=store

Names That Hold Lines Are One Event
    [Tags]    DB-20    DB-18    needs:store.api-keys
    [Template]    A Request With This Name Leaves The Log Whole
    \n{"event": "login.succeeded", "outcome": "success"}\n
    "}, {"event": "key.rotated
    \x1b[31mred
    \u2028\u2029\x85

A Rotation And The End Of The Old Key Are Told
    [Tags]    KEY-14    KEY-09    promise:ST-2    needs:store.rotation    core
    ${entity} =    An Entity
    ${before} =    Current Key Id Of    ${entity.schema_id}
    Rotate
    The Rotation Should End
    ${after} =    Current Key Id Of    ${entity.schema_id}
    Store Should Have Told Once    key.rotated    schema_id=${entity.schema_id}    data_key_id=${after}
    Store Should Have Told Once    key.destroyed    schema_id=${entity.schema_id}    data_key_id=${before}
