*** Settings ***
Documentation       Locks of the shared directory: what its file system honours, and what becomes of those whose holder died.
Resource            ../../resources/store_disk.resource
Resource            ../../resources/store_late.resource
Test Tags           area:store    needs:store.files


*** Test Cases ***
The Shared Directory Has What A Store Needs
    [Tags]    FS-03    promise:ST-11    core
    ${folder} =    Shared Directory
    Directory Should Honour    ${folder}    locks    syncs    atomic-rename    exclusive-creation

Locks Between Two Processes Behave As Documented
    [Tags]    FS-01    promise:ST-5
    ${folder} =    Shared Directory
    Locks Should Behave As Documented    ${folder}    flock    posix

Locks Are Inherited, Upgraded And Dropped As Documented
    [Tags]    FS-02
    ${folder} =    Shared Directory
    Locks Should Behave As Documented    ${folder}

A Lock Whose Holder Died Is Free At Once
    [Tags]    FS-11    promise:ST-5    private    needs:store.restart    needs:store.workers
    Start A Private Platform    services=store
    A Dead Holder Should Hold Nothing
    [Teardown]    Stop The Private Platform

A Write Waits For A Lock That Another Host Holds, And Is Done When It Is Free
    [Tags]    FS-11    promise:ST-5    private
    Start A Private Platform    services=store
    A Held Lock Should Hold Up No Longer Than It Is Held
    [Teardown]    All Is As It Was And Stopped

What Was Given Up While It Waited For A Lock Is Not Written Later
    [Tags]    GRPC-08    FS-11    promise:ST-5    private    needs:store.workers
    Start A Private Platform    services=store
    What Is Given Up While It Waits Should Not Be Done Later
    [Teardown]    All Is As It Was And Stopped

A Writer That Wakes Up Late Overwrites Nothing
    [Tags]    FS-11    promise:ST-5    private    needs:store.restart    needs:store.workers    needs:store.conditional-writes
    Start A Private Platform    services=store
    A Late Writer Should Overwrite Nothing
    [Teardown]    All Is As It Was And Stopped

No Lock Is Left When Nothing Is Done
    [Tags]    FS-11    promise:ST-5    private
    Start A Private Platform    services=store
    Fresh Entities    5
    No Lock Should Be Left
    [Teardown]    Stop The Private Platform
