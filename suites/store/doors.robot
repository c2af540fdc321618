*** Settings ***
Documentation       One store, whichever door is used: what is written at one is read at every other.
Resource            ../../resources/store.resource
Test Tags           area:store


*** Test Cases ***
What Was Written Over REST Is Read Over gRPC
    [Tags]    STORE-09    GRPC-06    promise:ST-4    needs:store.rest    needs:store.grpc    core
    ${entity} =    An Entity    door=rest
    Should Read At    grpc    ${entity}

What Was Written Over gRPC Is Read Over REST
    [Tags]    STORE-09    GRPC-06    promise:ST-4    needs:store.rest    needs:store.grpc    core
    ${entity} =    An Entity    door=grpc
    Should Read At    rest    ${entity}

What Was Written Over REST Is Read At Each Worker
    [Tags]    STORE-09    promise:ST-4    needs:store.rest    needs:store.workers
    ${entity} =    An Entity    door=rest
    Should Read At Each Worker    ${entity}

What Was Written At One Worker Is Read At Every Other
    [Tags]    STORE-09    CACHE-05    promise:ST-5    needs:store.workers    core
    ${entity} =    An Entity    door=worker-1
    Should Read At Each Worker    ${entity}

What Was Written At A Worker Is Read Over REST
    [Tags]    STORE-09    promise:ST-4    needs:store.rest    needs:store.workers
    ${entity} =    An Entity    door=worker-1
    Should Read At    rest    ${entity}

A Deletion Over REST Is A Deletion Everywhere
    [Tags]    STORE-09    CACHE-07    needs:store.rest    needs:store.workers
    ${entity} =    An Entity    door=rest
    Should Read At Each Worker    ${entity}
    Delete    ${entity}
    Should Be Gone At Each Worker    ${entity}

A Deletion At One Worker Is A Deletion At Every Other
    [Tags]    CACHE-07    needs:store.workers
    ${entity} =    An Entity    door=worker-1
    Should Read At Each Worker    ${entity}
    Delete    ${entity}    worker-1
    Should Be Gone At Each Worker    ${entity}

A Worker Serves No Version That Another Has Replaced
    [Tags]    CACHE-05    promise:ST-3    needs:store.workers    core
    ${entity} =    An Entity    door=worker-1
    Should Read At Each Worker    ${entity}
    ${newer} =    Written Again    ${entity}    worker-1
    Should Read At Each Worker    ${newer}

A Worker Sees What Was Written Over REST After It Had Read
    [Tags]    CACHE-05    needs:store.rest    needs:store.workers
    ${entity} =    An Entity    door=rest
    Should Read At Each Worker    ${entity}
    ${newer} =    Written Again    ${entity}    rest
    Should Read At Each Worker    ${newer}

REST Sees What A Worker Has Replaced
    [Tags]    CACHE-05    needs:store.rest    needs:store.workers
    ${entity} =    An Entity    door=rest
    Should Read At    rest    ${entity}
    ${newer} =    Written Again    ${entity}    worker-2
    Should Read At    rest    ${newer}

What Was Acknowledged Over REST Outlives The Processes
    [Tags]    FS-07    promise:ST-7    private    needs:store.rest    needs:store.restart
    Acknowledged Writes Should Outlive The Processes    rest

What Was Acknowledged Over gRPC Outlives The Processes
    [Tags]    FS-07    promise:ST-7    private    needs:store.grpc    needs:store.restart
    Acknowledged Writes Should Outlive The Processes    grpc

What Was Acknowledged At A Worker Outlives The Processes
    [Tags]    FS-07    promise:ST-7    private    needs:store.workers    needs:store.restart
    Acknowledged Writes Should Outlive The Processes    worker-1
