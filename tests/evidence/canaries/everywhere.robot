*** Settings ***
Documentation       Each test puts canaries where a report could show them. Most fail, on purpose.
Library             assay.EvidenceListener
Library             Collections
Library             RequestsLibrary
Library             Planter.py
Suite Setup         Plant Everything

*** Test Cases ***
Arguments, Return Values And Assignments
    FOR    ${name}    ${value}    IN    &{ALL}
        ${copy} =    Set Variable    ${value}
        Log Many    ${copy}    also=${value}
        VAR    ${again}    ${copy}
        Pass Through    ${again}
    END

Messages Of Every Kind
    FOR    ${value}    IN    @{ALL.values()}
        Say Everywhere    ${value}
        Log To Console    ${value}
    END
    Log Dictionary    ${ALL}
    Log Variables

Failures One
    [Template]    Fail With
    FOR    ${value}    IN    @{ALL.values()}
        ${value}    ${value}
    END

Failures Two
    [Template]    Fail Expecting
    FOR    ${value}    IN    @{ALL.values()}
        ${value}
    END

Failures Three
    [Template]    Fail Far With
    FOR    ${value}    IN    @{ALL.values()}
        ${value}
    END

Comparison
    Should Be Equal    ${ALL}[password]    ${ALL}[refresh token]

Dictionaries Compared
    Dictionaries Should Be Equal    ${ALL}    ${{ {'password': 'x'} }}

Conditions
    IF    $ALL['password'] == 'x' or '${ALL}[password]' == 'y'    Fail    unreachable
    TRY
        Fail    ${ALL}[password]
    EXCEPT    ${ALL}[refresh token]    AS    ${error}
        Log    ${error}
    FINALLY
        GROUP    group ${ALL}[password]
            Log    inside
        END
    END

Settings Of A Test
    [Documentation]    ${ALL}[password]
    [Tags]    ${ALL}[refresh token]
    [Setup]    Log    ${ALL}[password]
    Set Test Message    ${ALL}[password]
    Set Test Documentation    ${ALL}[password]    append=True
    Set Tags    ${ALL}[password]
    [Teardown]    Fail With    ${ALL}[password]

Name Holds ${ALL}[password]
    No Operation

Embedded
    Log In With "${ALL}[password]" As A Word

A Secret Object In A Text
    ${secret} =    Secret Canary    password
    Log    ${secret}
    Pass Through    ${secret}
    Fail With    ${secret}

RequestsLibrary Shows What It Sends
    ${json}    ${headers} =    What To Send
    ${response} =    POST    ${ECHO}/x    json=${json}    headers=${headers}
    Log    ${response.text}
    Should Be Equal    ${response.text}    nothing

RequestsLibrary With A Query
    ${url} =    Address With A Query    ${ECHO}
    ${response} =    GET    ${url}    expected_status=404
    Log    ${response.url}

RequestsLibrary With Basic Authorization
    ${basic} =    Basic Authorization    admin password
    VAR    &{headers}    Authorization=${basic}
    GET    ${ECHO}/basic    headers=${headers}    expected_status=404

Exchanges As Tables
    Show Exchange

Message Of A Library That Is Not There
    Run Keyword    Nothing Like ${ALL}[password]

*** Keywords ***
Plant Everything
    Plant
    ${all} =    Canaries
    VAR    ${ALL}    ${all}    scope=SUITE
    ${echo} =    Start Echo
    VAR    ${ECHO}    ${echo}    scope=SUITE
    Set Suite Metadata    Canary    ${ALL}[password]
    Set Suite Documentation    ${ALL}[password]

Pass Through
    [Documentation]    Passes a value.
    [Arguments]    ${value}
    Log    ${value}
    RETURN    ${value}

Log In With "${word}" As A Word
    Log    ${word}
