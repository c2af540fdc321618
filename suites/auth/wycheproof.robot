*** Settings ***
Documentation       The platform's verifier against the published test vectors of C2SP Wycheproof. The platform is told to trust the keys of
...                 the vectors; what it must do with each is decided beforehand, by rules with reasons.
Resource            ../../resources/vector.resource
Suite Setup         A Platform For Vectors
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    promise:CH-3    JWT-16    private    needs:auth.private    needs:auth.conformance


*** Test Cases ***
Signatures By RS256 Are Judged As Published
    Vectors Should Be Judged As Published    signature    RS256

Signatures By PS256 Are Judged As Published
    Vectors Should Be Judged As Published    signature    PS256

Signatures By ES256 Are Judged As Published
    Vectors Should Be Judged As Published    signature    ES256

Signatures By The Longer RSA Algorithms Are Judged As Published
    Vectors Should Be Judged As Published    signature    RS384    RS512    PS384    PS512

Keys That Are Fit Are Taken
    Vectors Should Be Judged As Published    key    RS256

Mixed Messages Are Judged As Published
    Vectors Should Be Judged As Published    crypto    ES256    RS256

Unfit Keys For Signatures Are Not Trusted
    [Tags]    JWT-23
    Key Sets Should Be Refused    signature

Unfit Keys Are Not Trusted
    [Documentation]    Too short, flawed, off the curve, for encryption, secret, or two by one name.
    [Tags]    JWT-23
    Key Sets Should Be Refused    key

Unfit Keys Of Mixed Messages Are Not Trusted
    [Tags]    JWT-23
    Key Sets Should Be Refused    crypto

Keys For Encryption Are Not Trusted
    [Tags]    JWT-23
    Key Sets Should Be Refused    encryption

Messages By Unfit Keys Are Refused
    Messages By Refused Keys Should Be Refused    signature
    Messages By Refused Keys Should Be Refused    key
    Messages By Refused Keys Should Be Refused    crypto

Encrypted Messages Are No Signed Ones
    [Tags]    JWT-13
    Messages By Refused Keys Should Be Refused    encryption
