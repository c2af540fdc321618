*** Settings ***
Documentation       The platform chooses the key, never the token: a key that is brought along, an address to fetch one from and a name
...                 that is an attack get nobody in.
Resource            ../../resources/token.resource
Test Tags           area:auth    promise:CH-3    needs:auth.jwt    needs:auth.jwks


*** Test Cases ***
A Key That The Token Brings Along Is Not Used
    [Tags]    JWT-18    core
    Forged Tokens Should Be Refused    embedded key

A Certificate That The Token Brings Along Is Not Used
    [Tags]    JWT-20
    Forged Tokens Should Be Refused    certificate chain

A Key Is Not Fetched From An Address In The Token
    [Documentation]    The addresses lead to a listener of ours, which serves the very key that the tokens are signed with.
    [Tags]    JWT-19
    ${address} =    Start Key Server
    ${user} =    A Logged In User
    ${rows} =    Forgeries    key address    ${user.access_token}    listener=${address}
    Call Each Row    auth.getMe    ${rows}    refused_as=invalid-token
    Key Server Should Have Seen Nothing
    [Teardown]    Stop Key Servers

The Name Of A Key Is No Path, Query Or Command
    [Documentation]    The signatures are what a careless look-up of the name would make true.
    [Tags]    JWT-21
    Forged Tokens Should Be Refused    key name
