*** Settings ***
Documentation       Processes that are killed between two system calls, calls that fail, files that were torn: the old entity or the new
...                 one, never neither.
Resource            ../../resources/store_room.resource
Suite Setup         Start A Private Platform    services=store
Suite Teardown      Stop The Private Platform
Test Tags           area:store    needs:store.files    private
Test Teardown       All Is As It Was


*** Test Cases ***
What Is Acknowledged Is Synced, File And Directory
    [Tags]    FS-07    promise:ST-7    core
    ${entity} =    An Entity
    ${trace} =    Calls Of A Write Of    ${entity}
    Should Be Synced Before The Answer    ${trace}

A New Entity Is Synced As Well
    [Tags]    FS-07    promise:ST-7
    ${schema} =    A Schema
    ${trace} =    Calls Of A First Write Under    ${schema}
    Should Be Synced Before The Answer    ${trace}

A Deletion Is On The Disk Before It Is Acknowledged
    [Tags]    FS-07    CACHE-07
    ${entity} =    An Entity
    ${trace} =    Calls Of A Deletion Of    ${entity}
    Should Be Synced Before The Answer    ${trace}

A Writer That Is Killed Between Any Two Calls Leaves The Old Entity Or The New
    [Tags]    FS-05    promise:ST-5    promise:ST-7    needs:store.restart    core
    Each Crash Should Leave The Old Or The New

A Store That Is Killed As A Whole Between Any Two Calls Leaves The Old Entity Or The New
    [Tags]    FS-05    FS-07    promise:ST-7    needs:store.restart
    Each Crash Should Leave The Old Or The New    all=${True}

A First Write That Is Killed Leaves The Entity Or Nothing
    [Tags]    FS-05    promise:ST-7    needs:store.restart
    Each Crash Of A First Write Should Leave It Or Nothing

A Deletion That Is Killed Leaves The Entity Or Nothing
    [Tags]    FS-05    CACHE-07    needs:store.restart
    Each Crash Of A Deletion Should Leave It Or Nothing

What A Crash Leaves Over Is Cleaned Up
    [Tags]    FS-05    promise:ST-7    needs:store.restart
    Leftovers Should Be Cleaned Up

Two Writers Use No Temporary File Of One Name
    [Tags]    FS-06    promise:ST-5    needs:store.workers
    Temporary Files Should Differ

A Call That Fails Leaves What Is Stored As It Was, And The Next Write Is Done
    [Documentation]    Each call of a write fails once with each error that it is known for: no room, no right, a broken disk.
    [Tags]    FS-10    promise:ST-7    promise:ST-9
    Each Failure Should Be Borne

A Record For Which There Is Room In Part Leaves Everything As It Was
    [Documentation]    The store may let no file grow by more than a few bytes, while it writes; what it has written of a record until then
    ...    must not be taken for one.
    [Tags]    FS-10    FS-08    needs:store.rest    needs:store.restart
    ${entities} =    Fresh Entities    30    rest
    VAR    &{further} =    &{entities}[0]    key=no-room    document=${ANY DOCUMENT}
    A Little Room Is Left
    ${answer} =    Call At    rest    putEntity    token=${further}[token]    schema_id=${further}[schema_id]    key=no-room
    ...    document=${ANY DOCUMENT}
    Lift The Limits
    Each Should Still Be Read    ${entities}
    Write    ${entities}[0]
    Restart Service    store
    Each Should Be Read By New Tokens    ${entities}
    Should Be There If It Was Acknowledged    ${further}    ${answer}

A Full Disk Refuses Writes As Such And Heals By Itself
    [Tags]    FS-10    CACHE-13    promise:ST-7    core
    While Calls Fail Writes Should Be Refused    ENOSPC    storage-full    open    write    fsync

A Disk Over Its Quota Refuses Writes As Such
    [Tags]    FS-10
    While Calls Fail Writes Should Be Refused    EDQUOT    storage-full    open    write    fsync

A Read-Only Disk Refuses Writes And Heals By Itself
    [Tags]    FS-10    promise:ST-7
    While Calls Fail Writes Should Be Refused    EROFS    service-unavailable    open    write    rename    mkdir

A Broken Disk Refuses Writes And Heals By Itself
    [Tags]    FS-10    FS-09
    While Calls Fail Writes Should Be Refused    EIO    service-unavailable    open    write    fsync    fdatasync    rename

A Lost Mount Costs No Process
    [Tags]    FS-09    CACHE-13
    While Calls Fail Writes Should Be Refused    ESTALE    service-unavailable    open    write    fsync    fdatasync    rename

A Directory That Was Moved Away And Back Costs No Process
    [Tags]    FS-09
    A Moved Directory Should Be Borne

A File That Was Torn Anywhere Is Refused, And Read When It Is Whole
    [Tags]    FS-08    promise:ST-7    needs:store.workers    needs:store.destruction    needs:store.subscription
    Each Torn Length Should Be Refused
