*** Settings ***
Documentation       What every operation does with bodies and fields that nobody should send, in tables made from the contract.
Resource            ../../resources/rest.resource
Resource            ../../resources/position.resource
Test Tags           area:auth    needs:auth.password    needs:auth.problems    needs:auth.fuzzing


*** Test Cases ***
No Body Is Read In Two Ways By Any Operation
    [Tags]    REST-04    AUTH-64    AUTH-66
    Bodies Should Be Read In One Way Only    auth

Only JSON Is Taken By Any Operation
    [Tags]    REST-03    AUTH-64
    Other Media Types Should Be Refused    auth

Answers Are JSON Whatever Is Asked For
    [Tags]    REST-03
    Answers Should Be JSON Whatever Is Asked For    auth

A Wrong Field Is Named By Every Operation, And No Other
    [Tags]    AUTH-210    AUTH-65    REST-12
    Wrong Fields Should Be Named    auth

Limits Hold To The Character In Every Text
    [Tags]    AUTH-211
    Limits Should Hold To The Character    auth
