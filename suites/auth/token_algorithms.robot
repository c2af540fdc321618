*** Settings ***
Documentation       Each key serves one algorithm, and each algorithm is proof against what is known about it.
...                 The platform of this suite trusts one key of ours for each algorithm.
Resource            ../../resources/token.resource
Suite Setup         A Platform That Trusts Our Keys    RS256    PS256    ES256    ES384    ES512    EdDSA
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    promise:CH-3    private    needs:auth.private    needs:auth.jwt    needs:auth.trusted-keys


*** Test Cases ***
A Key For RS256 Serves No Other Algorithm
    [Tags]    JWT-06
    Tokens By Our Key Should Be Refused    sibling algorithm    RS256

A Key For PS256 Serves No Other Algorithm
    [Tags]    JWT-06
    Tokens By Our Key Should Be Refused    sibling algorithm    PS256

A Key For ES256 Serves No Other Algorithm
    [Tags]    JWT-06
    Tokens By Our Key Should Be Refused    sibling algorithm    ES256

A Key For EdDSA Serves No Other Algorithm
    [Tags]    JWT-06
    Tokens By Our Key Should Be Refused    sibling algorithm    EdDSA

A Public Key On A Curve Is No Secret
    [Tags]    JWT-06
    Forgeries Of A Token By Our Key Should Be Refused    public key as secret    ES256

A Public Key Of Ed25519 Is No Secret
    [Tags]    JWT-06
    Forgeries Of A Token By Our Key Should Be Refused    public key as secret    EdDSA

Zeros And Numbers Out Of Range Are No Signature For ES256
    [Tags]    JWT-04
    Forgeries Of A Token By Our Key Should Be Refused    psychic    ES256

Zeros And Numbers Out Of Range Are No Signature For ES384
    [Tags]    JWT-04
    Forgeries Of A Token By Our Key Should Be Refused    psychic    ES384

Zeros And Numbers Out Of Range Are No Signature For ES512
    [Tags]    JWT-04
    Forgeries Of A Token By Our Key Should Be Refused    psychic    ES512

The Numbers Of A Signature By ES256 Count In One Form Only
    [Documentation]    One after the other, each as long as the curve has octets; not in DER, as certificates have them.
    [Tags]    JWT-16
    Forgeries Of A Token By Our Key Should Be Refused    reencoded signature    ES256

The Numbers Of A Signature By ES512 Count In One Form Only
    [Tags]    JWT-16
    Forgeries Of A Token By Our Key Should Be Refused    reencoded signature    ES512

A Second Signature Made From The First Is Refused For Ed25519
    [Tags]    JWT-17
    Forgeries Of A Token By Our Key Should Be Refused    malleable    EdDSA

A Token By ES256 With One Bit Of Its Signature Turned Is Refused
    [Tags]    JWT-08
    Forgeries Of A Token By Our Key Should Be Refused    signature bits    ES256

A Token By EdDSA With One Bit Of Its Signature Turned Is Refused
    [Tags]    JWT-08
    Forgeries Of A Token By Our Key Should Be Refused    signature bits    EdDSA
