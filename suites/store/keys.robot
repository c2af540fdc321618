*** Settings ***
Documentation       Data keys: who is granted them, when they change, and when they are gone.
Resource            ../../resources/store_keys.resource
Test Tags           area:store    needs:store.subscription


*** Test Cases ***
A Worker Is Given The Keys Of What It Was Granted, And No Others
    [Tags]    KEY-06    promise:ST-1    needs:store.grants    core
    ${granted} =    A Schema
    A Schema
    ${subscriber} =    A Subscriber    x25519    ${granted}
    Should Hold Keys Of    ${subscriber.answer}    ${granted}

A Worker Without Grants Is Given No Key
    [Tags]    KEY-06    needs:store.grants
    ${subscriber} =    A Subscriber    x25519
    Should Hold No Keys    ${subscriber.answer}

A Worker Cannot Ask For What It Was Not Granted
    [Tags]    KEY-06    promise:ST-1    needs:store.grants    core
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    x25519
    VAR    @{schemas} =    ${schema}
    ${answer} =    Subscribe    ${subscriber.name}    ${subscriber.pair}    ${subscriber.certificate}    schemas=${schemas}
    Should Be Refused As    ${answer}    insufficient-permission

A Worker Is Known By Its Certificate, Not By What It Says
    [Tags]    GRPC-15    GRPC-12    promise:ST-1    needs:store.worker-certificates    needs:store.worker-authority    core
    ${one} =    A Subscriber    x25519
    ${other} =    A Subscriber    x25519
    ${answer} =    Subscribe    ${other.name}    ${other.pair}    ${one.certificate}
    Should Be Refused As    ${answer}    insufficient-permission

Nobody Subscribes Without A Certificate
    [Tags]    GRPC-12    GRPC-15    promise:ST-1    needs:store.worker-certificates
    ${subscriber} =    A Subscriber    x25519
    A Subscription Without A Certificate Should Fail    ${subscriber}

Certificates That Are No Good Let Nobody Subscribe
    [Tags]    GRPC-12    promise:ST-1    needs:store.worker-certificates    needs:store.worker-authority
    [Template]    A Certificate With This Flaw Should Let Nobody Subscribe
    expired
    not yet valid
    signed by itself
    of another authority
    of another authority with the name of the right one
    for servers only

A Revoked Certificate Lets Nobody Subscribe
    [Tags]    GRPC-12    promise:ST-1    needs:store.worker-certificates    needs:store.worker-authority
    ${subscriber} =    A Subscriber    x25519
    Revoke Certificate    ${subscriber.certificate}    issuer=store
    ${answer} =    Subscribe    ${subscriber.name}    ${subscriber.pair}    ${subscriber.certificate}
    Code Should Be    ${answer}    UNAUTHENTICATED

A Key That Was Wrapped For One Worker Opens For No Other
    [Tags]    KEY-07    KEY-01    needs:store.x25519    needs:store.grants
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    x25519    ${schema}
    Should Open Under Its Names Alone    ${subscriber}    ${schema}

After A Grant Was Taken Back New Writes Are Closed To The Worker
    [Tags]    KEY-06    KEY-08    promise:ST-1    promise:ST-2    needs:store.grants    needs:store.files    core
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    rsa-3072    ${schema}
    Take The Grant Back    ${subscriber.name}    ${schema}
    New Writes Should Be Closed To    ${subscriber}    ${schema}

After A Grant Was Taken Back The Worker Is Given No Key Any More
    [Tags]    KEY-06    needs:store.grants
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    x25519    ${schema}
    Take The Grant Back    ${subscriber.name}    ${schema}
    ${answer} =    Subscribe    ${subscriber.name}    ${subscriber.pair}    ${subscriber.certificate}
    Should Hold No Keys    ${answer}

After A Grant Was Taken Back The Token Opens The Schema No More
    [Tags]    KEY-06    DB-02    needs:store.grants    core
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    x25519    ${schema}
    Take The Grant Back    ${subscriber.name}    ${schema}
    ${answer} =    Call At    grpc    putEntity    token=${subscriber.token}    schema_id=${schema}    key=a    document=${ANY DOCUMENT}
    Should Be Refused As    ${answer}    insufficient-permission

A Grant That Is Given Again Opens Again
    [Tags]    KEY-06    needs:store.grants
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    x25519    ${schema}
    Take The Grant Back    ${subscriber.name}    ${schema}
    Grant    ${subscriber.name}    ${schema}
    ${answer} =    Subscribe    ${subscriber.name}    ${subscriber.pair}    ${subscriber.certificate}
    Should Hold Keys Of    ${answer}    ${schema}

A Grant Ends With Its Time
    [Tags]    KEY-06    KEY-15    needs:store.grants
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    x25519
    Grant    ${subscriber.name}    ${schema}    expires_in=${2}
    The Grant Should End    ${subscriber}    ${schema}

A Worker That Was Taken Out Subscribes No More
    [Tags]    KEY-08    KEY-06    needs:store.enrolment
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    x25519    ${schema}
    Take Out    ${subscriber.name}
    ${answer} =    Subscribe    ${subscriber.name}    ${subscriber.pair}    ${subscriber.certificate}
    Should Be Refused As    ${answer}    insufficient-permission

The Token Of A Worker That Was Taken Out Ends
    [Tags]    KEY-08    DB-02    needs:store.enrolment
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    x25519    ${schema}
    Take Out    ${subscriber.name}
    ${answer} =    Call At    grpc    putEntity    token=${subscriber.token}    schema_id=${schema}    key=a    document=${ANY DOCUMENT}
    Should Be Refused As    ${answer}    invalid-token

The List Of Grants Is Complete
    [Tags]    KEY-17    needs:store.grants
    ${one} =    A Schema
    ${other} =    A Schema
    ${subscriber} =    A Subscriber    x25519    ${one}    ${other}
    Grants Of Should Be    ${subscriber.name}    ${one}    ${other}
    Take The Grant Back    ${subscriber.name}    ${one}
    Grants Of Should Be    ${subscriber.name}    ${other}

Nobody Grants Anything But An Administrator
    [Tags]    KEY-17    DB-05    promise:ST-1    needs:store.grants
    ${schema} =    A Schema
    ${subscriber} =    A Subscriber    x25519
    Should Not Be Able To Grant Itself    ${subscriber}    ${schema}

A New Entity Is Under The Key That Its Subscribers Are Given
    [Tags]    KEY-09    BLOB-17    needs:store.files    core
    ${sealed} =    A Sealed Entity
    Should Be Sealed As Written    ${sealed}
