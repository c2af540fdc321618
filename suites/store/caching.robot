*** Settings ***
Documentation       What workers keep in memory: the right entities, for as long as they are true.
Resource            ../../resources/store_cache.resource
Test Tags           area:store    needs:store.cache    needs:store.metrics    needs:store.workers    private
Test Teardown       Stop The Private Platform


*** Test Cases ***
What Was Read Last Is Kept And What Was Read Longest Ago Goes
    [Tags]    CACHE-01    promise:ST-3    core
    ${cache} =    A Cache Of    ${4}    ${6}
    Reads Should Be Those Of An LRU    ${cache}    a b c d a e b a

A Random Trace Is Served As By An LRU
    [Tags]    CACHE-01    promise:ST-3
    ${cache} =    A Cache Of    ${4}    ${8}
    A Trace Should Be Served As By An LRU    ${cache}    random    ${60}

Traces As They Come Are Served As By An LRU
    [Tags]    CACHE-02    promise:ST-3
    [Template]    Of One Kind Should Be Served As By An LRU
    zipf 0.8
    zipf 1.0
    shifting

A Loop Over One More Than Fits Is A Miss Each Time
    [Tags]    CACHE-03    promise:ST-3
    ${cache} =    A Cache Of    ${4}    ${5}
    A Trace Should Be Served As By An LRU    ${cache}    loop    ${30}

Hits And Misses Are As Many As Reads
    [Tags]    CACHE-14    promise:ST-3
    ${cache} =    A Cache Of    ${4}    ${8}
    Hits And Misses Should Add Up    ${cache}    ${40}

Evictions Are Counted One By One
    [Tags]    CACHE-14    promise:ST-3
    ${cache} =    A Cache Of    ${4}    ${8}
    Evictions Should Be Exact    ${cache}    ${40}

What Is Written Anew Was Not Evicted
    [Tags]    CACHE-14    promise:ST-3
    ${cache} =    A Cache Of    ${4}    ${2}
    Writing Anew Should Evict Nothing    ${cache}

No More Entities Are Kept Than May Be
    [Tags]    CACHE-14    promise:ST-3
    ${cache} =    A Cache Of    ${4}    ${8}
    Entries Should Be At Most    ${cache}    ${4}

An Entity Is Loaded Again After Its Time
    [Tags]    CACHE-04    promise:ST-3
    Start A Private Platform    services=store    cache_ttl=${2}
    ${entity} =    An Entity    door=worker-1
    A Read Should Be A    miss    ${entity}
    A Read Should Be A    hit    ${entity}
    A Read Should Be A Miss In The End    ${entity}    4s

Being Read Does Not Prolong The Time
    [Tags]    CACHE-04    promise:ST-3
    Start A Private Platform    services=store    cache_ttl=${2}
    ${entity} =    An Entity    door=worker-1
    A Read Should Be A    miss    ${entity}
    A Read Should Be A Miss Though It Is Read All The Time    ${entity}    4s

Nothing Is In Memory After A Restart
    [Tags]    CACHE-15    promise:ST-3    needs:store.restart
    ${cache} =    A Cache Of    ${4}    ${2}
    A Read Should Be A    miss    ${cache}[a]
    A Read Should Be A    hit    ${cache}[a]
    Restart Service    store
    A Read Should Be A    miss    ${cache}[a]

Entities Of Different Schemas Do Not Stand For Each Other In Memory
    [Tags]    CACHE-10    promise:ST-3
    Start A Private Platform    services=store
    ${one} =    An Entity    door=worker-1    key=same
    ${other} =    An Entity    door=worker-1    key=same
    Should Read At    worker-2    ${one}
    Should Read At    worker-2    ${other}
    Should Read At    worker-2    ${one}

Many Readers Of One Entity Cause One Load
    [Tags]    CACHE-08    promise:ST-3    needs:store.floods    needs:store.files
    Start A Private Platform    services=store
    ${entity} =    An Entity    door=worker-1
    Readers Together Should Cause One Load    ${entity}    ${200}

A Refused File Is Asked For Again
    [Tags]    CACHE-09    promise:ST-3    needs:store.files    needs:store.destruction    needs:store.subscription
    Start A Private Platform    services=store
    Refused Files Should Not Be Kept
