*** Settings ***
Documentation       The store over TLS: the right certificate, nothing old, nothing in the clear, at no door.
Resource            ../../resources/store_grpc.resource
Resource            ../../resources/https.resource
Suite Setup         A Platform Over HTTPS    store
Suite Teardown      Stop The Private Platform
Test Tags           area:store    GRPC-12    private    needs:store.https


*** Test Cases ***
An Entity Is Read Over TLS At Every Door
    [Tags]    promise:ST-4    core
    ${doors} =    Doors Of The Store
    ${entity} =    An Entity
    FOR    ${door}    IN    @{doors}
        ${token} =    A Token For    ${door}
        Should Read    ${{ {**$entity, 'token': $token} }}    ${door}
    END

The Certificate Is For The Name Of The Store, By The Authority That Was Announced
    [Tags]    needs:store.rest
    Certificate Should Fit    store

TLS Older Than 1.2 Is Not Spoken
    [Tags]    needs:store.rest
    [Template]    TLS Should Not Be Spoken
    store    TLSv1.0
    store    TLSv1.1

Nothing Old Is Spoken Where gRPC Is
    [Template]    Only Present TLS Should Be Spoken At
    grpc
    worker-1

HTTP Is Not Answered In The Clear
    [Tags]    promise:ST-6    needs:store.rest
    Plain HTTP Should Not Be Answered    store

Calls Are Not Answered In The Clear
    [Tags]    promise:ST-6    needs:store.grpc
    Plain Call Should Not Be Answered At    grpc

Workers Answer No Calls In The Clear
    [Tags]    promise:ST-6    needs:store.workers
    ${doors} =    Worker Doors    1
    FOR    ${door}    IN    @{doors}
        Plain Call Should Not Be Answered At    ${door}
    END
