*** Settings ***
Documentation       The store's own cipher against published vectors. They find what no file of a store shows, since every
...                 file has a digest in the index besides: tags of which a part does not count, lengths that are too many, edges of the cipher.
Resource            ../../resources/sealed.resource
Suite Setup         A Store For Vectors
Suite Teardown      Stop The Private Platform
Test Tags           area:store    promise:ST-2    BLOB-01    private    needs:store.conformance    needs:store.rest


*** Test Cases ***
Ciphertexts Are Opened And Refused As Published
    [Documentation]    Keys of 32, nonces of 12 and tags of 16 bytes, since no file is sealed by others; any other length is refused. A
    ...    store that seals by another algorithm than AES-256-GCM is not judged here; what judges its files is, in vectors.robot.
    Ciphertexts Should Be Judged As Published    AES-256-GCM

Ciphertexts Are Opened And Refused As In The Standard
    [Documentation]    The test cases of the authors of AES-GCM, each bit of a tag altered, the same bit of both its halves, bits of everything
    ...    else, and lengths that are not taken.
    Ciphertexts Should Be Judged As In The Standard
