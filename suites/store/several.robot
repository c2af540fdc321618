*** Settings ***
Documentation       One write of several entities: all of them, or none.
Resource            ../../resources/store_data.resource
Test Tags           area:store    needs:store.several    needs:store.rest


*** Test Cases ***
Several Entities Are Written In One Request
    [Tags]    DATA-04    promise:ST-7    core
    ${written} =    Several Written    ${5}
    Should Read Each    ${written}

A Thousand Entities Are Written In One Request
    [Tags]    DATA-04    promise:ST-8
    ${written} =    Several Written    ${1000}
    Should Read    ${written}[0]
    Should Read    ${written}[999]

One Bad Entity Among Them Leaves All As They Were
    [Tags]    DATA-04    promise:ST-7    needs:store.schemas    core
    None Should Be Written    ${{ {'bad': {'name': 5}} }}    schema-violation

A Name That Is None Among Them Leaves All As They Were
    [Tags]    DATA-04    needs:store.fuzzing
    None Should Be Written    ${{ {'../bad': {'name': 'x'}} }}    invalid-request

Writes Of The Same Entities In Different Orders Do Not Block Each Other
    [Documentation]    Again and again, since writers block each other only where three of them meet.
    [Tags]    FS-12    DATA-04    promise:ST-5
    [Template]    Orders Should Not Block Each Other
    12
    16
    20
    24

No Entities Are No Write
    [Tags]    DATA-04
    ${schema} =    A Schema
    ${admin} =    The Administrator
    ${answer} =    Call    store.putEntities    token=${admin}    schema_id=${schema}    documents=${{ {} }}
    Should Be Refused As    ${answer}    invalid-request

Several Entities Go In One Stream
    [Tags]    DATA-04    GRPC-01    needs:store.streams    needs:store.grpc
    ${schema} =    A Schema
    ${token} =    A Token For    grpc
    ${documents} =    Some Documents    ${20}
    ${answer} =    Call At    grpc    putEntities    token=${token}    schema_id=${schema}    documents=${documents}
    Should Succeed    ${answer}
    Should Be Equal    ${{ set($answer.body['versions']) }}    ${{ set($documents) }}

An Entity Comes Only Once In A Body, However Large That Is
    [Tags]    DB-11    needs:store.fuzzing
    [Template]    Entity Named Twice Should Be Refused
    ${1}
    ${5000}
    ${100000}
    ${500000}
