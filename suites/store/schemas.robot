*** Settings ***
Documentation       What documents must be like, and what becomes of those that are not.
Resource            ../../resources/store_data.resource
Test Tags           area:store    needs:store.schemas


*** Test Cases ***
A Document That Breaks Its Schema Is Refused
    [Tags]    DATA-01    promise:ST-7    core
    ${entity} =    An Entity Of    ${A PERSON}    ${GOOD PERSON}
    Should Be Refused At    ${entity}    ${{ {'name': 5} }}    schema-violation

Each Rule Of A Schema Is Kept
    [Tags]    DATA-01    promise:ST-7
    Each Breach Should Be Refused    keywords

Each Form Of A Text Is Checked
    [Tags]    DATA-01
    Each Breach Should Be Refused    patterns

Conditions And Combinations Are Kept
    [Tags]    DATA-01
    Each Breach Should Be Refused    combinations

References Within A Schema Are Followed, Also In Circles
    [Tags]    DATA-01
    Each Breach Should Be Refused    references

Nothing Is Written Where There Is No Schema
    [Tags]    DATA-01    promise:ST-7    core
    ${door} =    Sealing Door
    ${token} =    A Token For    ${door}
    ${name} =    Fresh Name    schema
    ${answer} =    Call At    ${door}    putEntity    token=${token}    schema_id=${name}    key=a    document=&{ANY DOCUMENT}
    Should Be Refused As    ${answer}    no-such-schema

Nothing Is Written Over REST Where There Is No Schema
    [Tags]    DATA-01    needs:store.rest
    ${admin} =    The Administrator
    ${name} =    Fresh Name    schema
    ${answer} =    Call At    rest    putEntity    token=${admin}    schema_id=${name}    key=a    document=&{ANY DOCUMENT}
    Should Be Refused As    ${answer}    no-such-schema

A Document That Breaks Its Schema Is Refused Over REST
    [Tags]    DATA-01    GRPC-06    needs:store.rest
    ${schema} =    A Schema    ${A PERSON}
    ${entity} =    An Entity    ${GOOD PERSON}    rest    ${schema}
    Should Be Refused At    ${entity}    ${{ {'name': 5} }}    schema-violation

A Document That Breaks Its Schema Is Refused Over gRPC
    [Tags]    DATA-01    GRPC-06    needs:store.grpc
    ${schema} =    A Schema    ${A PERSON}
    ${entity} =    An Entity    ${GOOD PERSON}    grpc    ${schema}
    Should Be Refused At    ${entity}    ${{ {'name': 5} }}    schema-violation

What Is No Schema Is Not Kept
    [Tags]    DATA-01    needs:store.rest
    [Template]    Should Not Be Kept As A Schema
    ${{ {'type': 'nothing-known'} }}
    ${{ {'type': 5} }}
    ${{ {'properties': []} }}
    ${{ {'required': 'name'} }}
    ${{ {'pattern': '('} }}
    ${{ {'minimum': 'many'} }}

A Schema That Leads Elsewhere Is Not Followed
    [Documentation]    A server of the test's own is named, and nobody may ask it for anything.
    [Tags]    DATA-01    promise:ST-6    needs:store.rest    core
    No Schema Should Be Fetched

A Regular Expression That Takes For Ever Takes No Time
    [Tags]    DATA-01    promise:ST-6    needs:store.fuzzing
    ${entity} =    An Entity Of    ${{ {'properties': {'a': {'type': 'string', 'pattern': '^(a+)+$'}}} }}    ${{ {'a': 'a'} }}
    Should Be Answered In Time    ${entity}    ${{ {'a': 'a' * 40 + '!'} }}    schema-violation

Ten Thousand Mistakes Make A Short Answer
    [Tags]    DATA-01    promise:ST-9    needs:store.fuzzing
    ${entity} =    An Entity Of    ${{ {'items': {'type': 'string'}, 'type': 'array'} }}    ${{ ['a'] }}
    ${answer} =    Call At    ${entity.door}    putEntity    token=${entity.token}    schema_id=${entity.schema_id}    key=${entity.key}
    ...    document=${{ list(range(10000)) }}
    Should Be Refused As    ${answer}    schema-violation
    Length Should Be At Most    ${answer.text}    ${20000}

A Refusal Says What Is Wrong
    [Tags]    DATA-01    needs:store.rest    needs:store.problems
    ${schema} =    A Schema    ${A PERSON}
    ${entity} =    An Entity    ${GOOD PERSON}    rest    ${schema}
    ${answer} =    Call At    rest    putEntity    token=${entity.token}    schema_id=${schema}    key=${entity.key}    document=${{ {'name': 5} }}
    Should Be Refused As    ${answer}    schema-violation
    Should Be Equal    ${answer.document}[errors][0][at]    /name

When A Schema Changes The Next Write Is Checked By It
    [Tags]    DATA-02    promise:ST-7    core
    ${entity} =    An Entity Of    ${ANY DOCUMENT}    ${{ {'name': 5} }}
    Keep Schema    ${entity.schema_id}    ${A PERSON}
    Should Be Refused At    ${entity}    ${{ {'name': 6} }}    schema-violation

When A Schema Changes Entities Stay Readable
    [Tags]    DATA-02
    ${entity} =    An Entity Of    ${ANY DOCUMENT}    ${{ {'name': 5} }}
    Keep Schema    ${entity.schema_id}    ${A PERSON}
    Should Read    ${entity}

When A Schema Is Forgotten Entities Stay Readable
    [Tags]    DATA-02
    ${entity} =    An Entity
    Forget Schema    ${entity.schema_id}
    Should Read    ${entity}

When A Schema Is Forgotten Nothing More Is Written
    [Tags]    DATA-02
    ${entity} =    An Entity
    Forget Schema    ${entity.schema_id}
    Should Be Refused At    ${entity}    ${{ {'other': 1} }}    no-such-schema

A Schema Comes Back As It Was Given
    [Tags]    DATA-02
    ${schema} =    A Schema    ${A PERSON}
    ${admin} =    The Administrator
    ${answer} =    Call    store.getSchema    token=${admin}    schema_id=${schema}
    Should Succeed    ${answer}
    Dictionaries Should Be Equal    ${answer.body}    ${A PERSON}

A Schema That Is Not There Is Not Found
    [Tags]    DATA-02
    ${admin} =    The Administrator
    ${name} =    Fresh Name    schema
    ${answer} =    Call    store.getSchema    token=${admin}    schema_id=${name}
    Should Be Refused As    ${answer}    no-such-schema
