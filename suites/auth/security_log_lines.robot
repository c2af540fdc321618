*** Settings ***
Documentation       That one event is one line, whatever is sent. The platform of this suite writes for it alone.
Resource            ../../resources/session.resource
Resource            ../../resources/audit.resource
Suite Setup         Start A Private Platform
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.security-log


*** Test Cases ***
Each Line Of The Log Is An Event Of The Promised Form
    [Tags]    AUTH-74    AUTH-73    needs:auth.refresh    needs:auth.logout
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Log Out    ${renewed}
    Should Be Shut Out    ${renewed}
    Should Not Be Able To Refresh    ${renewed}
    Wait For Security Event    refresh.refused
    Each Line Of The Security Log Should Be An Event

Nothing That Is Sent Breaks A Line Of The Log
    [Tags]    AUTH-73
    [Template]    This In A Request Leaves The Log Whole
    \r\n{"event": "login.succeeded", "outcome": "success"}\r\n
    \n\n\n
    "}, {"event": "key.rotated
    \x1b[2J\x1b[31mred
    \u2028\u2029\x85
    \\n\\r\\u0000

A Request Id From Outside Breaks No Line Of The Log
    [Tags]    AUTH-73
    [Template]    This As A Request Id Leaves The Log Whole
    {"event": "key.rotated"}
    a"b
    ${{ 'x' * 5000 }}
    ' OR 1=1 --
    %0d%0a
    a\x85b

A Rotated Key Is Told
    [Tags]    AUTH-70    needs:auth.key-rotation    needs:auth.authorization
    ${administrator} =    An Administrator
    ${answer} =    Call    auth.rotateSigningKey    token=${administrator.access_token}
    Should Succeed    ${answer}
    Exactly One Security Event Should Tell    key.rotated    kid=${answer.body}[kid]    outcome=success

The Event Of A Rotation Has The Promised Form
    [Tags]    AUTH-74    needs:auth.key-rotation    needs:auth.authorization
    ${administrator} =    An Administrator
    ${answer} =    Call    auth.rotateSigningKey    token=${administrator.access_token}
    Should Succeed    ${answer}
    Wait For Security Event    key.rotated
    Each Line Of The Security Log Should Be An Event

A Refused Rotation Is Told
    [Tags]    AUTH-70    needs:auth.key-rotation    needs:auth.authorization
    ${user} =    A Logged In User
    ${answer} =    Call    auth.rotateSigningKey    token=${user.access_token}
    Should Be Refused As    ${answer}    insufficient-scope
    Exactly One Security Event Should Tell    permission.refused    user_id=${user.id}    outcome=failure
    No Security Event Should Tell    key.rotated


*** Keywords ***
This In A Request Leaves The Log Whole
    [Documentation]    Wherever a log-in and a token take text.
    [Arguments]    ${text}
    ${password} =    Fresh Password With    ${text}
    Call    auth.logIn    email=${text}@people.test    password=${password}
    Call    auth.logIn    email=nobody@people.test    password=${password}    device_id=${text}
    Call    auth.refreshToken    refresh_token=${password}
    Wait For Security Event    refresh.refused
    Each Line Of The Security Log Should Be An Event

This As A Request Id Leaves The Log Whole
    [Documentation]    The service takes it as it is or makes one of its own.
    [Arguments]    ${text}
    VAR    &{headers} =    X-Request-Id=${text}
    ${made up} =    Fresh Password    43
    Call    auth.getMe    token=${made up}    headers=${headers}
    Wait For Security Event    token.refused
    Each Line Of The Security Log Should Be An Event
