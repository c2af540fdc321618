*** Settings ***
Documentation       Requests below HTTP: those with two meanings, those without an end, those that never arrive.
Resource            ../../resources/rest.resource
Resource            ../../resources/position.resource
Test Tags           area:auth    needs:auth.fuzzing


*** Test Cases ***
A Request With Two Ends Is Refused
    [Tags]    REST-05    needs:auth.password
    Unclear Requests Should Be Refused    auth.logIn

A Request With Two Ends Is Refused By Other Operations Too
    [Tags]    REST-05    needs:auth.refresh
    Unclear Requests Should Be Refused    auth.refreshToken

A Head That Is No HTTP, Names No Host Or Has No End Is Refused
    [Tags]    REST-05    REST-06    REST-14    needs:auth.health
    Heads That Are No HTTP Should Be Refused    auth.getHealth

What Is No Request Is Answered With An Id Of Its Own
    [Tags]    AUTH-71    needs:auth.health    needs:auth.contract
    What Is No Request Should Be Told Apart    auth.getHealth
