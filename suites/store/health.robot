*** Settings ***
Documentation       What the store says of itself, and what becomes of requests while one of its processes stops, dies or comes back.
Resource            ../../resources/store_health.resource
Suite Setup         Start A Private Platform    services=store
Suite Teardown      Stop The Private Platform
Test Tags           area:store    needs:store.restart    needs:store.rest    private
Test Teardown       Bring Back Service    store


*** Test Cases ***
A Store That Works Says So
    [Tags]    DB-15    promise:ST-4    needs:store.readiness    core
    The Store Should Be Ready

Without Workers The Store Is Not Ready, But Lives
    [Tags]    DB-15    promise:ST-4    needs:store.readiness    needs:store.health    needs:store.workers
    Every Worker Is Killed
    The Store Should Not Be Ready
    ${health} =    Call    store.getHealth
    Should Succeed    ${health}

The Health That Is Told Over gRPC Follows What Is True
    [Tags]    GRPC-11    promise:ST-4    needs:store.grpc-health    needs:store.workers
    The Health At Should Become    grpc    SERVING
    Every Worker Is Killed
    The Health At Should Become    grpc    NOT_SERVING
    The Health Of Each Service Should Be    grpc    NOT_SERVING
    Restart Service    store
    The Health At Should Become    grpc    SERVING

While The Shared Directory Is Away The Store Is Not Ready, But Lives
    [Tags]    DB-15    promise:ST-4    needs:store.readiness    needs:store.health    needs:store.files    needs:store.destruction
    Readiness Should Follow The Shared Directory
    [Teardown]    All Is As It Was

The Health That Is Told Over gRPC Follows The Shared Directory
    [Tags]    DB-15    GRPC-11    promise:ST-4    needs:store.grpc-health    needs:store.files    needs:store.destruction
    The Health At Should Follow The Shared Directory    grpc
    [Teardown]    All Is As It Was

A Store Is Ready Again When Its Workers Are Back
    [Tags]    DB-15    DB-17    needs:store.readiness    needs:store.workers
    Restart Service    store
    The Store Should Be Ready

While A Worker Is Dead The Others Serve
    [Tags]    DB-17    promise:ST-5    needs:store.workers    core
    ${entity} =    An Entity    door=rest
    Kill Service    store-worker-1
    Should Read    ${entity}
    ${more} =    Fresh Entities    10    rest
    Each Should Be Read    ${more}

A Worker That Comes Back Serves What Was Written Meanwhile
    [Tags]    DB-17    CACHE-05    promise:ST-5    needs:store.workers    core
    ${entities} =    Worker One Dies And Comes Back
    FOR    ${entity}    IN    @{entities}
        Wait Until Keyword Succeeds    5s    100ms    Should Read At    worker-1    ${entity}
    END

The List Of Workers Tells Who Is There
    [Tags]    DB-17    needs:store.workers    needs:store.enrolment
    ${count} =    Workers That Are There
    Kill Service    store-worker-1
    So Many Workers Should Be There    ${{ $count - 1 }}
    Start Service    store-worker-1
    So Many Workers Should Be There    ${count}

The List Of Workers Leaves Out One That Stands Still
    [Documentation]    A process that hangs keeps its connections; it is left out all the same, and is back when it goes on.
    [Tags]    DB-17    promise:ST-5    needs:store.workers    needs:store.enrolment
    ${count} =    Workers That Are There
    Pause Service    store-worker-1
    So Many Workers Should Be There    ${{ $count - 1 }}
    Resume Service    store-worker-1
    So Many Workers Should Be There    ${count}

Nobody Notices A Worker That Is Killed
    [Documentation]    Requests that it had begun are done by another. Each in its turn, so that one of them is killed in the middle of some.
    [Tags]    DB-17    promise:ST-5    promise:ST-8    needs:store.workers
    Killed Workers Should Not Be Noticed

Nobody Notices A Worker That Is Stopped And Started
    [Tags]    DB-16    DB-17    promise:ST-8    needs:store.workers    core
    VAR    @{doors}    rest
    Should Not Be Noticed    ${doors}    Restart Service    store-worker-1

A Store That Is Stopped Leaves No Lock And No Temporary File
    [Tags]    DB-16    FS-05    promise:ST-8    needs:store.files
    Fresh Entities    5
    Stop Service    store
    Nothing Should Be Left Behind

A Worker That Is Asked To End Finishes What It Has Begun
    [Documentation]    A write that waits for a lock when its worker is asked to end is done and answered.
    [Tags]    DB-16    promise:ST-8    needs:store.workers    needs:store.files
    A Write Should Be Finished While Its Worker Ends

What Was Begun Before A Stop Is Done Or Was Never Begun
    [Documentation]    The store is stopped while clients write; afterwards each acknowledged write is there, and all fit one order.
    [Tags]    DB-16    DATA-07    promise:ST-8    core
    VAR    @{doors}    rest
    ${entities} =    Entities For All Doors    ${3}    ${doors}
    ${history} =    Clients Read And Write While    ${entities}    ${doors}    Restart Service    store    clients=${6}
    History Should Be Linearizable    ${history}
