*** Settings ***
Documentation       A token is believed for its signature and for nothing else: whatever is cut, turned, borrowed or made up is refused.
...                 The tokens forged here are real ones of people who are logged in.
Resource            ../../resources/token.resource
Test Tags           area:auth    promise:CH-3    needs:auth.jwt    needs:auth.jwks


*** Test Cases ***
A Token That Says It Is Not Signed Is Refused
    [Tags]    JWT-01    core
    Forged Tokens Should Be Refused    none

A Token Without Its Signature Is Refused
    [Tags]    JWT-02
    Forged Tokens Should Be Refused    stripped

An Empty Secret Signs Nothing
    [Tags]    JWT-03
    Forged Tokens Should Be Refused    blank secret

A Signature Of Zeros Is Refused
    [Tags]    JWT-04
    Forged Tokens Should Be Refused    psychic

The Public Key Is No Secret
    [Tags]    JWT-05    core
    Forged Tokens Should Be Refused    public key as secret

A Token With One Bit Of Its Header Turned Is Refused
    [Tags]    JWT-08
    Forged Tokens Should Be Refused    header bits

A Token With One Bit Of Its Claims Turned Is Refused
    [Tags]    JWT-08
    Forged Tokens Should Be Refused    payload bits

A Token With One Bit Of Its Signature Turned Is Refused
    [Tags]    JWT-08
    Forged Tokens Should Be Refused    signature bits

A Signature That Belongs To Something Else Is Refused
    [Tags]    JWT-08
    Forged Tokens Should Be Refused    borrowed signature

A Well Known Secret Signs Nothing
    [Tags]    JWT-15
    Forged Tokens Should Be Refused    known secret

More Rights Are Not Given For Writing Them Into A Token
    [Tags]    JWT-32    core
    Forged Tokens Should Be Refused    more rights
