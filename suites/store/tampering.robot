*** Settings ***
Documentation       Sealed files that somebody altered: each is refused, said to be so, and nothing else is touched.
Resource            ../../resources/sealed.resource
Test Tags           area:store    needs:store.files    needs:store.subscription    needs:store.workers    needs:store.destruction


*** Test Cases ***
An Altered Content Is Refused
    [Tags]    BLOB-07    promise:ST-2    promise:ST-6    core
    Every Tampering Should Be Refused    ciphertext

An Altered Nonce Is Refused
    [Tags]    BLOB-07    BLOB-06    promise:ST-2
    Every Tampering Should Be Refused    nonce

An Altered Tag Is Refused
    [Tags]    BLOB-07    BLOB-06    promise:ST-2
    Every Tampering Should Be Refused    tag

Another Algorithm Is Refused
    [Tags]    BLOB-10    promise:ST-2
    Every Tampering Should Be Refused    algorithm

Another Key Id Is Refused
    [Tags]    BLOB-08    KEY-12    promise:ST-2
    Every Tampering Should Be Refused    key_id

Another Version Is Refused
    [Tags]    BLOB-08    BLOB-09    promise:ST-2    core
    Every Tampering Should Be Refused    version

Another Writer Is Refused
    [Tags]    BLOB-08    BLOB-09    promise:ST-2
    Every Tampering Should Be Refused    writer

Another Format Is Refused
    [Tags]    BLOB-10    promise:ST-2
    Every Tampering Should Be Refused    format

Another Salt Is Refused
    [Tags]    BLOB-08    promise:ST-2
    Every Tampering Should Be Refused    salt

Another Commitment Is Refused
    [Tags]    BLOB-16    promise:ST-2    needs:store.key-commitment
    Every Tampering Should Be Refused    commitment

A File That Opens Under Two Keys Is Refused
    [Documentation]    The ciphertext of the invisible salamanders: two keys, two documents, one tag.
    [Tags]    BLOB-16    promise:ST-2
    What Opens Under Two Keys Should Be Refused

The Files Of Another Entity Are Refused
    [Tags]    BLOB-09    promise:ST-2    core
    Each Tampering With Two Entities Should Be Refused

What Was Sealed For Another Entity Is Refused
    [Tags]    BLOB-09    promise:ST-2
    Sealed For Another Should Be Refused

The Files Of An Earlier Version Are Refused
    [Tags]    BLOB-09    BLOB-12    CACHE-06    promise:ST-2    core
    An Earlier Version Should Be Refused

Whatever Stands In The Place Of A File Is Refused
    [Documentation]    Nothing, an empty file, a link, a pipe, a folder: an error for this entity alone.
    [Tags]    BLOB-13    promise:ST-7
    What Is In The Place Of A File Should Be Refused

Tampering With One Entity Leaves Every Other As It Is
    [Tags]    BLOB-30
    ${other} =    A Sealed Entity
    ${sealed} =    A Sealed Entity    schema_id=${other.schema_id}
    Tamper    ${sealed.files}    ciphertext: first bit flipped
    Should Be Refused As Tampered    ${sealed}
    Should Be Read Untampered    ${other}
    [Teardown]    Restore Sealed Files

The Time Of A Refusal Does Not Tell What Was Altered
    [Documentation]    A false alarm has a probability of at most one in a million; ten milliseconds are what a caller over a network could
    ...    make use of.
    [Tags]    BLOB-26    promise:ST-6    needs:store.rest    needs:store.floods
    ${rows} =    Altered Entities    tag: first bit flipped    tag: last bit flipped    ciphertext: first bit flipped
    ...    key_id: another text
    Response Times Of The Store Should Not Differ    store.getEntity    ${rows}    tampered
    [Teardown]    Restore Sealed Files

What Was Refused Is Not Kept
    [Tags]    CACHE-09    BLOB-07    promise:ST-3
    ${sealed} =    A Sealed Entity
    Tamper    ${sealed.files}    ciphertext: first bit flipped
    Should Be Refused As Tampered    ${sealed}
    Should Be Refused As Tampered    ${sealed}
    Restore Sealed Files
    Should Be Read Untampered    ${sealed}
    [Teardown]    Restore Sealed Files

A Refusal Over gRPC Is DATA_LOSS
    [Tags]    GRPC-04    promise:ST-4    core
    ${sealed} =    A Sealed Entity
    Tamper    ${sealed.files}    ciphertext: first bit flipped
    ${door} =    Another Door    ${sealed.door}
    ${token} =    A Token For    ${door}
    ${answer} =    Read    ${{ {**$sealed, 'token': $token} }}    ${door}
    Code Should Be    ${answer}    DATA_LOSS
    [Teardown]    Restore Sealed Files
