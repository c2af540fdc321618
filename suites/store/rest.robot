*** Settings ***
Documentation       What holds for every operation of the store over REST, in tables made from the contract.
Resource            ../../resources/rest.resource
Resource            ../../resources/contract.resource
Resource            ../../resources/store_position.resource
Test Tags           area:store    needs:store.rest    needs:store.problems


*** Test Cases ***
No Path Takes A Method That Nobody Promised
    [Tags]    DB-10    promise:ST-4    needs:store.contract    needs:store.fuzzing
    Only Promised Methods Should Be Taken    store

No Path Beside A Promised One Is Taken
    [Tags]    DB-10    needs:store.health    needs:store.fuzzing
    Paths Beside Should Not Be Taken    store.getHealth

No Header Turns One Method Into Another
    [Tags]    DB-10    needs:store.fuzzing
    No Method Should Be Overridden    store

HEAD Is Answered As GET Without Content
    [Tags]    DB-14
    HEAD Should Be Answered As GET Without Content    store

No Body Is Read In Two Ways By Any Operation
    [Tags]    DB-11    promise:ST-6    needs:store.fuzzing
    Bodies Should Be Read In One Way Only    store

Only JSON Is Taken By Any Operation
    [Tags]    DB-11    needs:store.fuzzing
    Other Media Types Should Be Refused    store

Answers Are JSON Whatever Is Asked For
    [Tags]    DB-14
    Answers Should Be JSON Whatever Is Asked For    store

A Wrong Field Is Named By Every Operation, And No Other
    [Tags]    DB-14    DB-12    needs:store.fuzzing
    Wrong Fields Should Be Named    store

Limits Hold To The Character In Every Text
    [Tags]    DB-14    needs:store.fuzzing
    Limits Should Hold To The Character    store

Answers Carry The Headers That Keep Browsers From Guessing
    [Tags]    DB-12    CACHE-16
    Answers Should Carry Safe Headers    store

No Other Origin Is Let In
    [Tags]    DB-12
    No Other Origin Should Be Let In    store

Texts That Attack Interpreters Are Texts
    [Tags]    DB-18    promise:ST-6    promise:ST-9    needs:store.fuzzing
    [Template]    Hostile Texts Should Be Harmless
    store    queries
    store    documents
    store    templates
    store    lines
    store    scripts
    store    words
    store    paths

Structures Are No Texts
    [Tags]    DB-18    needs:store.fuzzing
    Structures Should Be No Texts    store

Answers About Entities Are As Promised
    [Tags]    DB-14    promise:ST-4    core
    ${entity} =    An Entity To Be Read
    Should Be As Promised    store.getEntity    token=${entity}[token]    schema_id=${entity}[schema_id]    key=${entity}[key]
    Should Be As Promised    store.getSchema    token=${entity}[token]    schema_id=${entity}[schema_id]
    Should Be As Promised    store.deleteEntity    token=${entity}[token]    schema_id=${entity}[schema_id]    key=${entity}[key]

The Answer To A Write Of Several Is As Promised
    [Tags]    DB-14    promise:ST-4    needs:store.several
    ${entity} =    An Entity To Be Read
    Should Be As Promised    store.putEntities    token=${entity}[token]    schema_id=${entity}[schema_id]    documents=${entity}[documents]

Answers About Schemas Are As Promised
    [Tags]    DB-14    promise:ST-4
    ${wanted} =    A Schema In Mind
    Should Be As Promised    store.putSchema    token=${wanted}[token]    schema_id=${wanted}[schema_id]    schema=${wanted}[schema]
    Should Be As Promised    store.deleteSchema    token=${wanted}[token]    schema_id=${wanted}[schema_id]

Answers About Clients Are As Promised
    [Tags]    DB-14    promise:ST-4    needs:store.api-keys
    ${reader} =    A Client Who Reads
    Should Be As Promised    store.getMe    token=${reader.token}
    Should Be As Promised    store.listSchemas    token=${reader.token}
    ${client} =    A Client To Log In
    Should Be As Promised    store.logIn    key=${client.secret}

Answers About Keys Are As Promised
    [Tags]    DB-14    promise:ST-4    needs:store.api-keys
    ${wanted} =    An API Key In Mind
    Should Be As Promised    store.createApiKey    token=${wanted.token}    name=${wanted.name}    permissions=${wanted.permissions}
    Should Be As Promised    store.listApiKeys    token=${wanted.token}
    ${known} =    An API Key To End
    Should Be As Promised    store.revokeApiKey    token=${known.token}    id=${known.id}

Answers About Workers Are As Promised
    [Tags]    DB-14    promise:ST-4    needs:store.enrolment    needs:store.grants
    ${wanted} =    A Worker In Mind
    Should Be As Promised    store.enrolWorker    token=${wanted.token}    worker_id=${wanted.worker_id}
    Should Be As Promised    store.listWorkers    token=${wanted.token}
    ${known} =    An Enrolled Worker
    Should Be As Promised    store.listGrants    token=${known.token}    worker_id=${known.worker_id}
    Should Be As Promised    store.grantSchema    token=${known.token}    worker_id=${known.worker_id}    schema_id=${known.schema_id}
    Should Be As Promised    store.revokeGrant    token=${known.token}    worker_id=${known.worker_id}    schema_id=${known.schema_id}
    Should Be As Promised    store.removeWorker    token=${known.token}    worker_id=${known.worker_id}

Refusals Are As Promised
    [Tags]    DB-12    DB-14    promise:ST-4    core
    ${entity} =    An Entity    door=rest
    Should Be Refused As Promised    not-found    store.getEntity    token=${entity.token}    schema_id=${entity.schema_id}    key=none
    Should Be Refused As Promised    invalid-token    store.getEntity    schema_id=${entity.schema_id}    key=${entity.key}
    Should Be Refused As Promised    no-such-schema    store.getSchema    token=${entity.token}    schema_id=none

A Read Tells In Its Header The Version That A Write Can Ask For
    [Tags]    DB-14    DB-13    needs:store.conditional-writes
    ${entity} =    An Entity    door=rest
    ${answer} =    Read    ${entity}    rest
    Should Have Header    ${answer}    ETag    "1"

Documents Are Not Kept On The Way
    [Tags]    CACHE-16    promise:ST-6
    ${entity} =    An Entity    door=rest
    ${answer} =    Read    ${entity}    rest
    Should Have Header    ${answer}    Cache-Control    .*no-store.*
