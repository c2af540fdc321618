*** Settings ***
Documentation       Who may do what in the store, by tokens and API keys.
Resource            ../../resources/store.resource
Resource            ../../resources/store_access.resource
Test Tags           area:store    needs:store.api-keys    needs:store.rest


*** Test Cases ***
The Administrator's Key Gives A Token For Everything
    [Tags]    DB-01    core
    ${token} =    The Administrator
    ${answer} =    Call    store.getMe    token=${token}
    Should Succeed    ${answer}
    Should Contain    ${answer.body}[permissions]    admin

An API Key Gives A Token For What It May
    [Tags]    DB-01
    ${client} =    A Client    read
    ${answer} =    Call    store.getMe    token=${client.token}
    Should Succeed    ${answer}
    Lists Should Be Equal    ${answer.body}[permissions]    ${{ ['read'] }}

What Is No Key Gives No Token
    [Tags]    DB-01    promise:ST-1    needs:store.fuzzing
    Keys That Are None Should Be Refused

Who Knows The Id Of A Client Knows No Key
    [Tags]    DB-01    promise:ST-1
    ${client} =    A Client    read
    ${answer} =    Call    store.logIn    key=${client.id}
    Should Be Refused As    ${answer}    invalid-credentials

A Token Is Told When It Ends
    [Tags]    DB-02    KEY-16
    ${client} =    A Client    read
    ${answer} =    Call    store.logIn    key=${client.secret}
    Should End After    ${answer.body}[expires_at]    client_token_lifetime

Tokens That Are None Are Refused Over REST
    [Tags]    DB-02    promise:ST-1    needs:store.fuzzing    core
    Tokens That Are None Should Be Refused    rest

Tokens That Are None Are Refused Over gRPC
    [Tags]    DB-02    GRPC-16    promise:ST-1    needs:store.fuzzing    needs:store.grpc    core
    Tokens That Are None Should Be Refused    grpc

Tokens That Are None Are Refused At A Worker
    [Tags]    DB-02    GRPC-16    promise:ST-1    needs:store.fuzzing    needs:store.workers    core
    Tokens That Are None Should Be Refused    worker-1

A Worker Asks For A Token
    [Tags]    GRPC-16    promise:ST-1    needs:store.workers    core
    [Template]    A Call Without A Token Is Refused At
    worker-1    getEntity
    worker-1    putEntity    document=&{ANY DOCUMENT}
    worker-1    deleteEntity

A Worker Lists Nothing Without A Token
    [Tags]    GRPC-16    promise:ST-1    needs:store.workers    needs:store.listing
    ${schema} =    A Schema
    ${answer} =    Call At    worker-1    listEntities    schema_id=${schema}
    Should Be Refused As    ${answer}    invalid-token

The Main Worker Asks For A Token Over gRPC
    [Tags]    GRPC-16    promise:ST-1    needs:store.grpc    core
    [Template]    A Call Without A Token Is Refused At
    grpc    getEntity
    grpc    putEntity    document=&{ANY DOCUMENT}
    grpc    deleteEntity

A Thousand Made Up Tokens Are Refused
    [Tags]    DB-02    promise:ST-9    needs:store.fuzzing    needs:store.floods
    A Thousand Tokens Should Be Refused    rest

A Thousand Made Up Tokens Are Refused Over gRPC
    [Tags]    GRPC-16    promise:ST-9    needs:store.grpc    needs:store.fuzzing    needs:store.floods
    A Thousand Tokens Should Be Refused    grpc

Whoever Reads Cannot Write
    [Tags]    DB-03    core
    ${entity} =    An Entity    door=rest
    ${reader} =    A Client    read
    Should Not Be Allowed To Write    ${reader}    ${entity}

Whoever Reads Cannot Delete
    [Tags]    DB-03
    ${entity} =    An Entity    door=rest
    ${reader} =    A Client    read
    ${answer} =    Call    store.deleteEntity    token=${reader.token}    schema_id=${entity.schema_id}    key=${entity.key}
    Should Be Refused As    ${answer}    insufficient-permission
    Should Read    ${entity}

Whoever Writes Cannot Read
    [Tags]    DB-03
    ${entity} =    An Entity    door=rest
    ${writer} =    A Client    write
    ${answer} =    Call    store.getEntity    token=${writer.token}    schema_id=${entity.schema_id}    key=${entity.key}
    Should Be Refused As    ${answer}    insufficient-permission

Whoever Reads Cannot Keep A Schema
    [Tags]    DB-03    needs:store.schemas
    ${reader} =    A Client    read
    ${name} =    Fresh Name    schema
    ${answer} =    Call    store.putSchema    token=${reader.token}    schema_id=${name}    schema=&{ANY DOCUMENT}
    Should Be Refused As    ${answer}    insufficient-permission

Whoever Reads And Writes Does Not Administer
    [Tags]    DB-05    core
    [Template]    Should Be For Administrators
    createApiKey    name=mine    permissions=${READ AND WRITE}
    listApiKeys
    revokeApiKey    id=none
    listWorkers

The Token Of A Worker Administers Nothing
    [Tags]    DB-05    needs:store.subscription    needs:store.enrolment    needs:store.grants
    [Template]    Should Be Refused To A Worker
    createApiKey    name=mine    permissions=${READ AND WRITE}
    listApiKeys
    listWorkers
    listGrants
    listDataKeys
    rotateKeys
    getRotation

Nobody Administers Without A Token
    [Tags]    DB-05
    [Template]    Should Ask For A Token
    createApiKey    name=mine    permissions=${READ AND WRITE}
    listApiKeys
    revokeApiKey    id=none
    listWorkers
    listSchemas
    getMe

A Schema Is Read With A Token Only
    [Tags]    DB-05    needs:store.schemas
    ${schema} =    A Schema
    Should Ask For A Token    getSchema    schema_id=${schema}

The List Of Keys Is For Administrators Before There Are Any
    [Tags]    DB-05    private
    Start A Private Platform    services=store
    Should Ask For A Token    listApiKeys
    [Teardown]    Stop The Private Platform

The Secret Of A Key Is Told Once
    [Tags]    DB-06
    ${client} =    A Client    read
    The Secret Should Not Be Told Again    ${client}

The Secret Of A Key Cannot Be Guessed
    [Tags]    DB-06
    Secrets Should Be Of Chance    8

A Revoked Key Gives No Token
    [Tags]    DB-07    core
    ${client} =    A Client    read
    Revoke    ${client}
    ${answer} =    Call    store.logIn    key=${client.secret}
    Should Be Refused As    ${answer}    invalid-credentials

A Revoked Key Ends The Tokens That It Gave
    [Tags]    DB-07    core
    ${client} =    A Client    read
    Revoke    ${client}
    ${answer} =    Call    store.getMe    token=${client.token}
    Should Be Refused As    ${answer}    invalid-token

A Revoked Key Ends The Tokens That It Gave At Every Door
    [Documentation]    Also at a worker that has let the token in just now.
    [Tags]    DB-07    GRPC-17    promise:ST-4    needs:store.client-tokens-over-grpc    core
    ${doors} =    Doors Of The Store
    ${entity} =    An Entity
    ${client} =    A Client    read
    FOR    ${door}    IN    @{doors}
        Should Read    ${{ {**$entity, 'token': $client.token} }}    ${door}
    END
    Revoke    ${client}
    FOR    ${door}    IN    @{doors}
        ${answer} =    Read    ${{ {**$entity, 'token': $client.token} }}    ${door}
        Should Be Refused As    ${answer}    invalid-token
    END

A Key Ends With Its Time
    [Tags]    DB-07
    ${client} =    A Client    read    expires_in=${2}
    Call Until    store.logIn    invalid-credentials    key=${client.secret}
    ${answer} =    Call    store.getMe    token=${client.token}
    Should Be Refused As    ${answer}    invalid-token

A Token Ends With Its Lifetime
    [Tags]    DB-02    KEY-16    private
    Start A Private Platform    services=store    client_token_lifetime=${1}
    ${client} =    A Client    read
    Call Until    store.getMe    invalid-token    token=${client.token}
    [Teardown]    Stop The Private Platform

Keys Are There After A Restart, And Revoked Ones Are Not
    [Tags]    DB-08    private    needs:store.restart
    Start A Private Platform    services=store
    ${kept} =    A Client    read
    ${revoked} =    A Client    read
    Revoke    ${revoked}
    Restart Service    store
    Should Still Let In    ${kept}
    ${answer} =    Call    store.logIn    key=${revoked.secret}
    Should Be Refused As    ${answer}    invalid-credentials
    [Teardown]    Stop The Private Platform

Keys Of One Name Are All There After A Restart
    [Tags]    DB-08    private    needs:store.restart
    Start A Private Platform    services=store
    ${clients} =    Clients Of One Name    3
    Restart Service    store
    FOR    ${client}    IN    @{clients}
        Should Still Let In    ${client}
    END
    [Teardown]    Stop The Private Platform

Tokens Of One Key Count Side By Side
    [Tags]    GRPC-17
    ${client} =    A Client    read
    ${tokens} =    Tokens Of    ${client}    10
    FOR    ${token}    IN    @{tokens}    ${client.token}
        ${answer} =    Call    store.getMe    token=${token}
        Should Succeed    ${answer}
    END

A Key For One Schema Opens No Other
    [Tags]    DB-04    promise:ST-1    needs:store.key-scopes    core
    ${entity} =    An Entity    door=rest
    ${tenant} =    A Client Of Another Schema    read    write
    Should Not Be Allowed To Write    ${tenant}    ${entity}
    ${answer} =    Call    store.getEntity    token=${tenant.token}    schema_id=${entity.schema_id}    key=${entity.key}
    Should Be Refused As    ${answer}    insufficient-permission

A Key For A Schema Opens None Whose Name Begins With Its Name
    [Tags]    DB-04    promise:ST-1    needs:store.key-scopes
    ${schema} =    A Schema    ending=-more
    ${entity} =    An Entity    door=rest    schema_id=${schema}
    ${tenant} =    A Client    @{READ AND WRITE}    schemas=${{ [$schema.removesuffix('-more')] }}
    Nothing Should Be Open To    ${tenant}    ${entity}

A Key For No Schema Opens None
    [Tags]    DB-04    promise:ST-1    needs:store.key-scopes
    ${entity} =    An Entity    door=rest
    ${tenant} =    A Client    @{READ AND WRITE}    schemas=${{ [] }}
    Nothing Should Be Open To    ${tenant}    ${entity}

A Key For One Schema Is Told Of No Other
    [Tags]    DB-04    promise:ST-1    needs:store.key-scopes    needs:store.schemas
    A Schema
    ${tenant} =    A Client Of Another Schema    read
    ${answer} =    Call    store.listSchemas    token=${tenant.token}
    Should Succeed    ${answer}
    Should Be Equal    ${answer.body}[schemas]    ${{ [$tenant['schema_id']] }}

An Administrator Of One Schema Makes No Key For All
    [Documentation]    Whoever may administer, but for one schema only, cannot give away, or take, what is of others.
    [Tags]    DB-04    DB-05    promise:ST-1    needs:store.key-scopes
    [Template]    Should Be Refused To An Administrator Of One Schema
    createApiKey    name=mine    permissions=${READ AND WRITE}
    listApiKeys
    listDataKeys
    rotateKeys

A Key For One Schema Lists No Other
    [Tags]    DB-04    needs:store.key-scopes    needs:store.listing
    ${entity} =    An Entity    door=rest
    ${tenant} =    A Client Of Another Schema    read    write
    ${answer} =    Call    store.listEntities    token=${tenant.token}    schema_id=${entity.schema_id}
    Should Be Refused As    ${answer}    insufficient-permission
