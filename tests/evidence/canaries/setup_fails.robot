*** Settings ***
Documentation       Set-up and teardown of a suite fail with canaries.
Library             assay.EvidenceListener
Library             Planter.py
Suite Setup         Fail With A Canary    password
Suite Teardown      Fail With A Canary    refresh token

*** Test Cases ***
Never Runs
    No Operation

*** Keywords ***
Fail With A Canary
    [Arguments]    ${name}
    Plant
    ${value} =    Canary    ${name}
    Fail    ${value}
