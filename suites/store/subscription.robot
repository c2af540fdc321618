*** Settings ***
Documentation       Who is given the keys that entities are sealed under, and how they are wrapped.
Resource            ../../resources/store.resource
Test Tags           area:store    needs:store.subscription


*** Test Cases ***
A Worker That Subscribes Is Given A Key That Its Private Key Opens
    [Tags]    KEY-01    promise:ST-1    core
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-3072    ${schema}
    Key Of The Schema    ${subscriber.answer.body}    ${subscriber.pair}    ${subscriber.name}    ${schema}

A Key Is Wrapped By OAEP With SHA-256
    [Tags]    KEY-01    promise:ST-1
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-2048    ${schema}
    Should Be Wrapped By OAEP With SHA256    ${subscriber.pair}    ${subscriber.answer.body}[wrapped_key]

A Wrapped Key Is Nothing To Another Private Key
    [Tags]    KEY-01
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-3072    ${schema}
    ${stranger} =    A Key Pair    rsa-2048
    Should Not Open    ${stranger}    ${subscriber.answer.body}[wrapped_key]

The Same Key Is Wrapped Differently Each Time
    [Tags]    KEY-04
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-3072    ${schema}
    ${again} =    Subscribe    ${subscriber.name}    ${subscriber.pair}    ${subscriber.certificate}
    Should Succeed    ${again}
    Wrapped Keys Should Differ    ${subscriber.answer.body}[wrapped_key]    ${again.body}[wrapped_key]

A Longer RSA Key Is As Good
    [Tags]    KEY-01
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-4096    ${schema}
    Key Of The Schema    ${subscriber.answer.body}    ${subscriber.pair}    ${subscriber.name}    ${schema}

A Key Of X25519 Is As Good
    [Tags]    KEY-02    needs:store.x25519
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    x25519    ${schema}
    Key Of The Schema    ${subscriber.answer.body}    ${subscriber.pair}    ${subscriber.name}    ${schema}

No Key Is Wrapped For Weak Numbers
    [Tags]    KEY-05    needs:store.fuzzing
    Public Keys Should Be Refused    weak

No Key Is Wrapped For What Is No Public Key
    [Tags]    GRPC-14    needs:store.fuzzing
    Public Keys Should Be Refused    none

No Key Is Wrapped For A Point Of Low Order
    [Tags]    KEY-02    needs:store.x25519    needs:store.fuzzing
    Points Of Low Order Should Be Refused

A Worker Without A Name Is Refused
    [Tags]    GRPC-14
    ${subscriber} =    A Subscriber
    ${answer} =    Subscribe    ${EMPTY}    ${subscriber.pair}    ${subscriber.certificate}
    Should Be Refused As    ${answer}    invalid-request

Nobody Else Is Given A Key, However Good The Public Key
    [Documentation]    The name is of a worker that nobody knows; many of them, so that not one gets through by chance.
    [Tags]    GRPC-15    promise:ST-1    needs:store.floods    core
    Unknown Workers Should Be Refused    140

A Worker's Token Lets It Read And Write
    [Tags]    GRPC-16    needs:store.grpc
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-3072    ${schema}
    ${answer} =    Call At    grpc    putEntity    token=${subscriber.token}    schema_id=${schema}    key=a    document=&{ANY DOCUMENT}
    Should Succeed    ${answer}

Subscribing Again With Another Key Pair Is Answered For That One
    [Tags]    GRPC-14
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-3072    ${schema}
    ${other} =    A Key Pair    rsa-2048
    ${again} =    Subscribe    ${subscriber.name}    ${other}    ${subscriber.certificate}
    Should Succeed    ${again}
    Key Of The Schema    ${again.body}    ${other}    ${subscriber.name}    ${schema}

Many Workers Subscribe At Once
    [Tags]    GRPC-14    needs:store.floods
    Workers Should Be Able To Subscribe Together    12

The Token Of A Worker Ends After Its Lifetime
    [Tags]    GRPC-17    KEY-16    private    needs:store.grpc
    Start A Private Platform    services=store    worker_token_lifetime=${1}
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-3072    ${schema}
    The Token Should End    grpc    ${subscriber.token}    ${schema}
    [Teardown]    Stop The Private Platform

The Token Of A Worker Ends After Its Lifetime At Another Worker Too
    [Tags]    GRPC-17    KEY-16    private    needs:store.workers
    Start A Private Platform    services=store    worker_token_lifetime=${1}
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-3072    ${schema}
    The Token Should End    worker-1    ${subscriber.token}    ${schema}
    [Teardown]    Stop The Private Platform
