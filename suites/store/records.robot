*** Settings ***
Documentation       What the store writes down: who was given which key, who was refused, and which file somebody altered.
Resource            ../../resources/store_records.resource
Test Tags           area:store    needs:store.security-log


*** Test Cases ***
A Subscription Is Told
    [Tags]    KEY-14    promise:ST-1    needs:store.subscription    core
    ${subscriber} =    A Subscriber
    Store Should Have Told Once    worker.subscribed    worker_id=${subscriber.name}    outcome=success

A Refused Subscription Is Told
    [Tags]    KEY-14    promise:ST-1    needs:store.subscription
    ${subscriber} =    A Subscriber
    VAR    &{pair} =    public=this is no key
    ${answer} =    Subscribe    ${subscriber.name}    ${pair}    ${subscriber.certificate}
    Should Be Refused As    ${answer}    invalid-request
    Store Should Have Told Once    worker.subscription-refused    worker_id=${subscriber.name}    outcome=failure

A Worker That Is Let In And Taken Out Is Told
    [Tags]    KEY-14    needs:store.subscription    needs:store.enrolment
    ${subscriber} =    A Subscriber
    Store Should Have Told Once    worker.enrolled    worker_id=${subscriber.name}    outcome=success
    Take Out    ${subscriber.name}
    Store Should Have Told Once    worker.removed    worker_id=${subscriber.name}    outcome=success

A Grant, Its End And Its Taking Back Are Told
    [Tags]    KEY-14    KEY-06    promise:ST-1    needs:store.subscription    needs:store.grants    core
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-3072    ${schema}
    Store Should Have Told Once    grant.given    worker_id=${subscriber.name}    schema_id=${schema}
    Take The Grant Back    ${subscriber.name}    ${schema}
    Store Should Have Told Once    grant.revoked    worker_id=${subscriber.name}    schema_id=${schema}

A Grant That Ran Out Is Told
    [Tags]    KEY-14    KEY-15    needs:store.subscription    needs:store.grants
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber
    Grant    ${subscriber.name}    ${schema}    expires_in=${1}
    Wait Until Keyword Succeeds    5s    200ms    Should Be Given No Key    ${subscriber}
    Store Should Have Told Once    grant.ended    worker_id=${subscriber.name}    schema_id=${schema}

A New Key After A Grant Was Taken Back Is Told
    [Tags]    KEY-14    KEY-08    needs:store.subscription    needs:store.grants
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-3072    ${schema}
    An Entity    schema_id=${schema}
    Take The Grant Back    ${subscriber.name}    ${schema}
    An Entity    schema_id=${schema}
    Store Should Have Told    key.rotated    schema_id=${schema}    outcome=success

A Login Is Told
    [Tags]    DB-20    promise:ST-4    needs:store.api-keys
    ${client} =    A Client    read
    Store Should Have Told Once    login.succeeded    key_id=${client.id}

A Refused Login Is Told
    [Tags]    DB-20    needs:store.api-keys    core
    ${answer} =    Call    store.logIn    key=nobody-has-this-key
    Should Be Refused As    ${answer}    invalid-credentials
    Store Should Have Told Once    login.failed    request_id=${answer.headers}[X-Request-Id]    outcome=failure

The Address That Is Told Is That Of The Connection
    [Documentation]    Whoever asks may write any address into a header.
    [Tags]    DB-20    needs:store.rest
    ${answer} =    Call    store.logIn    key=nobody-has-this-key    headers=&{FROM ELSEWHERE}
    Should Be Refused As    ${answer}    invalid-credentials
    ${told} =    Store Should Have Told Once    login.failed    request_id=${answer.headers}[X-Request-Id]
    Should Not Be Equal    ${told}[address]    ${ELSEWHERE}

A Refused Token Is Told
    [Tags]    DB-20    needs:store.rest    core
    ${entity} =    An Entity    door=rest
    ${answer} =    Read    ${{ {**$entity, 'token': 'nobody-has-this-token'} }}
    Should Be Refused As    ${answer}    invalid-token
    Store Should Have Told Once    token.refused    request_id=${answer.headers}[X-Request-Id]    outcome=failure

A Refused Right Is Told, Whatever Door Was Tried
    [Tags]    DB-20    DB-09    promise:ST-4    needs:store.api-keys    needs:store.key-scopes
    [Template]    A Refused Right Should Be Told At
    rest
    grpc

A Refused Right Is Told Each Time
    [Tags]    DB-20    needs:store.api-keys
    ${client} =    A Client    read
    Each Refused Right Should Be Told    ${client}    3

API Keys That Are Made And Revoked Are Told
    [Tags]    DB-20    DB-06    needs:store.api-keys
    ${client} =    A Client    read
    Store Should Have Told Once    api-key.created    key_id=${client.id}
    Revoke    ${client}
    Store Should Have Told Once    api-key.revoked    key_id=${client.id}

A File That Was Altered Is Told
    [Tags]    BLOB-30    DB-20    promise:ST-2    needs:store.files    needs:store.destruction    needs:store.workers    core
    ${sealed} =    A Sealed Entity
    Tamper    ${sealed.files}    ciphertext: first bit flipped
    Should Be Refused As Tampered    ${sealed}
    Store Should Have Told    entity.tampered    schema_id=${sealed.schema_id}    outcome=failure
    [Teardown]    Restore Sealed Files

A File That Was Taken Away Is Told
    [Tags]    BLOB-30    BLOB-12    promise:ST-2    needs:store.files    needs:store.destruction    needs:store.workers
    ${sealed} =    A Sealed Entity
    Tamper    ${sealed.files}    files: all deleted
    Should Be Refused As Tampered    ${sealed}
    Store Should Have Told    entity.tampered    schema_id=${sealed.schema_id}    outcome=failure
    [Teardown]    Restore Sealed Files

What Is Whole Is Not Told
    [Tags]    BLOB-30    needs:store.files    needs:store.workers
    ${sealed} =    A Sealed Entity
    Should Read At Each Worker    ${sealed}
    ${client} =    A Client    read
    Store Should Have Told    api-key.created    key_id=${client.id}
    No Security Event Should Tell    entity.tampered    service=store    schema_id=${sealed.schema_id}

The Log Holds No Document And No Secret
    [Tags]    DB-20    BLOB-30    promise:ST-6    needs:store.api-keys    needs:store.files    needs:store.destruction    needs:store.workers
    ${client} =    A Client    read
    ${sealed} =    A Sealed Entity
    Tamper    ${sealed.files}    ciphertext: first bit flipped
    Should Be Refused As Tampered    ${sealed}
    Store Should Have Told    entity.tampered    schema_id=${sealed.schema_id}
    No Log Should Hold    document=${sealed.document}[mark]    secret=${client.secret}    token=${client.token}
    [Teardown]    Restore Sealed Files
