*** Settings ***
Documentation       What the store does with calls over gRPC of every shape, and with what no client would send.
Resource            ../../resources/store_grpc.resource
Test Tags           area:store    needs:store.grpc


*** Test Cases ***
A Call In Protobuf Is Answered
    [Tags]    GRPC-18    GRPC-01    promise:ST-4    core
    ${entity} =    An Entity    door=grpc
    ${answer} =    Read In Codec    ${entity}    protobuf
    Should Be The Document    ${answer}    ${entity.document}

A Call In JSON Is Answered
    [Tags]    GRPC-18    promise:ST-4    needs:store.json-codec    core
    ${entity} =    An Entity    door=grpc
    ${answer} =    Read In Codec    ${entity}    json
    Should Be The Document    ${answer}    ${entity.document}

What Was Written In One Codec Is Read In The Other
    [Tags]    GRPC-18    needs:store.json-codec    needs:store.protobuf
    ${entity} =    An Entity    door=grpc
    Write In Codec    ${entity}    json
    ${answer} =    Read In Codec    ${entity}    protobuf
    Should Be The Document    ${answer}    ${entity.document}

An Entity That Is Not There Is NOT_FOUND
    [Tags]    GRPC-04    GRPC-05    promise:ST-4    core
    ${entity} =    An Entity    door=grpc
    ${answer} =    Read    ${{ {**$entity, 'key': 'never-there'} }}    grpc
    Code Should Be    ${answer}    NOT_FOUND

A Call Without A Token Is UNAUTHENTICATED
    [Tags]    GRPC-04    core
    ${answer} =    Call At    grpc    getEntity    schema_id=a    key=a
    Code Should Be    ${answer}    UNAUTHENTICATED

A Token Without The Right Is PERMISSION_DENIED
    [Tags]    GRPC-04    DB-03    needs:store.client-tokens-over-grpc
    ${entity} =    An Entity    door=grpc
    ${reader} =    A Client    read
    ${answer} =    Call At    grpc    putEntity    token=${reader.token}    schema_id=${entity.schema_id}    key=${entity.key}
    ...    document=${ANY DOCUMENT}
    Code Should Be    ${answer}    PERMISSION_DENIED

A Stale Version Is ABORTED
    [Tags]    GRPC-04    DB-13    needs:store.conditional-writes
    ${entity} =    An Entity    door=grpc
    ${answer} =    Call At    grpc    putEntity    token=${entity.token}    schema_id=${entity.schema_id}    key=${entity.key}
    ...    document=${ANY DOCUMENT}    expected_version=${9}
    Code Should Be    ${answer}    ABORTED

A Name That Is None Is INVALID_ARGUMENT
    [Tags]    GRPC-04    FS-13
    ${entity} =    An Entity    door=grpc
    ${answer} =    Call At    grpc    getEntity    token=${entity.token}    schema_id=${entity.schema_id}    key=../a
    Code Should Be    ${answer}    INVALID_ARGUMENT

A Document That Breaks Its Schema Is INVALID_ARGUMENT
    [Tags]    GRPC-04    DATA-01    needs:store.schemas
    ${schema} =    A Schema    ${{ {'required': ['name']} }}
    ${token} =    A Token For    grpc
    ${answer} =    Call At    grpc    putEntity    token=${token}    schema_id=${schema}    key=a    document=${{ {} }}
    Code Should Be    ${answer}    INVALID_ARGUMENT

An Operation That Nobody Knows Is INVALID_ARGUMENT
    [Tags]    GRPC-04    promise:ST-4
    An Unknown Operation Should Be Refused

A Method That Nobody Knows Is UNIMPLEMENTED
    [Tags]    GRPC-01    GRPC-04
    Unknown Methods Should Be Unimplemented

A Refusal Names Its Problem
    [Tags]    GRPC-04    promise:ST-4    needs:store.problems
    ${entity} =    An Entity    door=grpc
    ${answer} =    Read    ${{ {**$entity, 'key': 'never-there'} }}    grpc
    Should Name Its Problem    ${answer}    not-found

Messages Of Refusals Arrive As They Are
    [Documentation]    What is wrong is told over gRPC with the same place as over REST, whatever letters its name has.
    [Tags]    GRPC-02    promise:ST-4    needs:store.rest    needs:store.problems    needs:store.schemas
    ...       needs:store.client-tokens-over-grpc
    [Template]    What Is Wrong Should Be Told As Over REST
    plain
    Straße und Größe
    ключ и замок
    鍵と錠
    🔑 key
    100% of %41%zz %
    "quoted" 'so' and \\so
    two\nlines\r\nand\tmore
    ${SPACE}between spaces${SPACE}
    ${{ 'ü' * 300 }}

REST And gRPC Have One Verdict
    [Documentation]    The same operation by the same caller, at both doors.
    [Tags]    GRPC-06    promise:ST-4    needs:store.rest    needs:store.client-tokens-over-grpc    core
    [Template]    Both Doors Should Have One Verdict
    getEntity    nobody
    putEntity    nobody
    deleteEntity    nobody
    getEntity    a stranger
    putEntity    a stranger
    getEntity    a reader
    putEntity    a reader
    deleteEntity    a reader
    getEntity    a writer
    putEntity    a writer
    getEntity    an administrator
    putEntity    an administrator
    getEntity    an administrator    key=never-there
    getEntity    an administrator    schema_id=never-there
    putEntity    an administrator    schema_id=never-there
    getEntity    an administrator    key=../a
    putEntity    an administrator    expected_version=${9}

A Message As Large As May Be Is Taken, And One That Is Larger Is Not
    [Tags]    GRPC-07    promise:ST-9    private    needs:store.settings
    Start A Private Platform    services=store    message_bytes=${65536}
    Messages Should Be Taken Up To    ${65536}
    [Teardown]    Stop The Private Platform

A Compressed Message Counts As What It Inflates To
    [Tags]    GRPC-07    promise:ST-9    private    needs:store.settings    needs:store.grpc-compression
    Start A Private Platform    services=store    message_bytes=${65536}
    Compressed Messages Should Be Taken Up To    ${65536}
    [Teardown]    Stop The Private Platform

A Body As Large As May Be Is Taken Over REST, And One That Is Larger Is Not
    [Documentation]    Also where its length is not told before it comes.
    [Tags]    GRPC-07    promise:ST-9    private    needs:store.settings    needs:store.rest    needs:store.floods
    Start A Private Platform    services=store    entity_body_bytes=${4096}
    Bodies In Chunks Should Be Taken Up To    ${4096}
    Bodies Should Be Taken Up To    ${4096}
    [Teardown]    Stop The Private Platform

Hostile Messages Are Refused And Disturb Nobody
    [Tags]    GRPC-10    promise:ST-6    promise:ST-9    needs:store.fuzzing    needs:store.protobuf
    Hostile Rows Should Be Borne    message

Hostile Metadata Are Refused And Disturb Nobody
    [Tags]    GRPC-09    promise:ST-6    promise:ST-9    needs:store.fuzzing    needs:store.protobuf
    Hostile Rows Should Be Borne    metadata

Frames That HTTP/2 Forbids Disturb Nobody
    [Tags]    GRPC-03    promise:ST-6    promise:ST-9    needs:store.fuzzing    needs:store.protobuf
    Hostile Rows Should Be Borne    frames

Floods Of Frames Disturb Nobody
    [Tags]    GRPC-13    promise:ST-6    needs:store.floods    needs:store.fuzzing    needs:store.protobuf    private
    Start A Private Platform    services=store
    Floods Should Be Borne
    [Teardown]    Stop The Private Platform

Each Door Tells Its Health
    [Tags]    GRPC-11    promise:ST-4    needs:store.grpc-health    core
    ${status} =    Health At    grpc
    Should Be Equal    ${status}    SERVING

A Service That Is Not There Has No Health
    [Tags]    GRPC-11    needs:store.grpc-health
    ${status} =    Health At    grpc    nobody.knows.This
    Should Be Equal    ${status}    SERVICE_UNKNOWN

Reflection Tells The Services
    [Tags]    GRPC-01    needs:store.grpc-reflection
    Services Should Be Told At    grpc

Several Operations Go In One Stream
    [Tags]    GRPC-01    GRPC-04    promise:ST-4    needs:store.streams
    Exchange In One Stream

Compressed Messages Are Answered As Others Are
    [Tags]    GRPC-01    needs:store.grpc-compression
    Compressed Calls Should Be Answered

Compressed Messages Of A Stream Are Answered As Others Are
    [Tags]    GRPC-01    needs:store.grpc-compression    needs:store.streams    needs:store.protobuf
    Exchange In One Stream    compression=gzip

What Came Of A Stream That Was Broken Off Is Not Written
    [Tags]    GRPC-08    DATA-04    needs:store.streams    needs:store.several
    A Stream That Is Broken Off Should Write Nothing

A Stream Of Entities Comes In The Order Of Their Keys
    [Tags]    GRPC-01    needs:store.streams    needs:store.listing
    Listing In A Stream Should Be In Order

A Thousand Calls At Once Are Answered
    [Tags]    GRPC-01    promise:ST-8    needs:store.floods    needs:store.protobuf
    Calls In Numbers Should Be Answered    1000

A Hundred Streams Of One Connection Are Served At The Same Moment
    [Documentation]    A hundred is the least that a server should let a connection have open (RFC 9113, 6.5.2).
    [Tags]    GRPC-01    promise:ST-8    needs:store.floods    needs:store.streams    needs:store.protobuf
    Streams At Once Should Be Answered    100

What Was Given Up Is Not Written Later
    [Tags]    GRPC-08    promise:ST-5    private    needs:store.restart    needs:store.workers
    Start A Private Platform    services=store
    A Write That Was Given Up Should Not Be Done Later
    [Teardown]    Stop The Private Platform
