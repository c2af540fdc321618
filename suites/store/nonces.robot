*** Settings ***
Documentation       Nonces are used once, and what is sealed looks like chance.
Resource            ../../resources/store_leaks.resource
Suite Setup         Start A Private Platform    services=store
Suite Teardown      Stop The Private Platform
Test Tags           area:store    needs:store.files    private


*** Test Cases ***
No Nonce Is Used Twice, Over All Workers And Restarts
    [Tags]    BLOB-18    promise:ST-2    promise:ST-8    needs:store.workers    needs:store.restart    core
    Many Are Sealed    300
    Restart Service    store
    Many Are Sealed    300
    Nonces On The Disk Should Never Repeat    500

Nonces Look Like Chance
    [Tags]    BLOB-19    promise:ST-2
    Many Are Sealed    300
    Nonces On The Disk Should Look Random

Entities Of One Write Are Sealed Apart
    [Tags]    BLOB-18    BLOB-21    promise:ST-2    needs:store.several
    Equal Documents Are Sealed Together    20
    Nonces On The Disk Should Never Repeat    20
    Equal Documents On The Disk Should Be Sealed Apart

Equal Documents Are Sealed Apart
    [Tags]    BLOB-21    promise:ST-2
    Equal Documents Are Sealed    30
    Equal Documents On The Disk Should Be Sealed Apart

What Is Sealed Looks Like Chance
    [Tags]    BLOB-24    promise:ST-2
    Documents Of One Letter Are Sealed    5    ${100000}
    What Is On The Disk Should Tell Nothing
