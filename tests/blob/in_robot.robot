*** Settings ***
Library           assay.BlobLibrary
Library           assay.TamperLibrary
Library           assay.SealedTreeLibrary
Library           assay.CanaryLibrary
Test Teardown     Restore Sealed Files


*** Test Cases ***
A Written Entity Is Described, Opened, Tampered With And Put Back
    VAR    ${key: Secret}    %{STORE_KEY}
    Use Layout    reference    ${STORE}
    ${before} =    Snapshot Of Folder
    Copy The New File
    ${written} =    Files Of The Write    ${before}
    ${entity} =    Sealed Entity Written    ${written}    notes    17
    Describe Sealed Entity    ${entity}
    Sealed Entity Should Be Well Formed    ${entity}
    Sealed Entity Should Open To    ${entity}    ${key}    ${{ {"title": "one"} }}
    ${names} =    Tamperings Of    ${entity}    key=${key}
    Tamper    ${entity}    tag: 12 bytes long
    ${why} =    Sealed Entity Should Not Open    ${entity}    ${key}
    Should Contain    ${why}    tag
    Restore Sealed Files
    Sealed Entity Should Open To    ${entity}    ${key}    {"title": "one"}

Nothing Is Open, Left Over Or Told By The Store
    VAR    ${key: Secret}    %{STORE_KEY}
    Store Should Be Closed To Others    ${STORE}
    Store Should Have No Leftovers    reference    ${STORE}    within=1s
    Nonces Should Never Repeat    reference    ${STORE}    at_least=1
    Nonces Should Look Random    reference    ${MANY}
    Ciphertext Should Tell Nothing    reference    ${STORE}
    Register Key    the data key    ${key}
    ${canary} =    A Fresh Canary    the note
    Canaries Should Not Be In    ${STORE}
    Canaries Should Not Be In Processes    ${PID}
    Names Should Not Hold    ${STORE}    notes

A Leak Is Shown Without What Leaks
    VAR    ${key: Secret}    %{STORE_KEY}
    Register Key    the data key    ${key}
    Canaries Should Not Be In    ${LEAKS}

Patterned Nonces Are Shown
    Nonces Should Look Random    deltadatabase    ${POOR}


*** Keywords ***
Copy The New File
    Evaluate    shutil.copytree($NEW, $STORE, dirs_exist_ok=True)    modules=shutil
