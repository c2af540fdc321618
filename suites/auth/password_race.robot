*** Settings ***
Documentation       Log-ins and new keys while the password is being replaced. The platform of this suite lets many sessions begin, many
...                 keys be made and many log-ins fail.
Resource            ../../resources/session.resource
Resource            ../../resources/password.resource
Resource            ../../resources/api_key.resource
Suite Setup         Start A Private Platform    session_limit=${50}    login_failures=${1000}    api_key_limit=${1000}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.password
...                 needs:auth.signup


*** Test Cases ***
No Session Begins By A Password That Is Being Replaced
    [Documentation]    People log in with the old password all the while; whoever got in is out after the change. By few and by many.
    [Tags]    AUTH-103    needs:auth.password-change    needs:auth.sessions    needs:auth.floods
    [Template]    The Sessions Of So Many Who Log In During A Change Have Ended
    ${2}
    ${3}
    ${5}
    ${8}

No Key Is Left That Was Made While The Password Was Reset
    [Documentation]    A key that was made before is revoked, and a session that has ended makes none. By few and by many.
    [Tags]    AUTH-450    needs:auth.password-reset    needs:auth.mail    needs:auth.api-keys    needs:auth.floods
    [Template]    The Keys That So Many Made During A Reset Are Ended
    ${2}
    ${5}


*** Keywords ***
The Keys That So Many Made During A Reset Are Ended
    [Documentation]    Keys are asked for all the while by a session that the reset ends; none opens anything afterwards.
    [Arguments]    ${callers}
    ${user} =    A Logged In User
    ${token} =    A Reset Token For    ${user}
    ${new} =    Fresh Password
    VAR    &{reset} =    token=${token}    new_password=${new}
    ${answers} =    Call During    auth.resetPassword    ${reset}    auth.createApiKey    callers=${callers}
    ...    token=${user.access_token}    name=program    scopes=${{ ['read'] }}
    Should Succeed    ${answers}[0]
    Each Should Succeed Or Be Refused As    ${answers}    invalid-token
    ${owner} =    Log In    ${{ {**$user, 'password': $new} }}
    Nothing Should Be Left Of Keys That Were Made    ${owner}    ${answers}

Nothing Should Be Left Of Keys That Were Made
    [Documentation]    At least one was made; none is in the list of its owner, and none opens anything.
    [Arguments]    ${owner}    ${answers}
    ${keys} =    Keys Of    ${owner}
    Should Be Empty    ${keys}
    VAR    @{secrets} =    @{{ [answer.body['secret'] for answer in $answers[1:] if answer.succeeded] }}
    Should Not Be Empty    ${secrets}
    FOR    ${secret}    IN    @{secrets}
        VAR    &{key} =    secret=${secret}
        The Key Should Be Refused    ${key}
    END

The Sessions Of So Many Who Log In During A Change Have Ended
    [Documentation]    The session that changed the password is the only one left.
    [Arguments]    ${callers}
    ${user} =    A Logged In User
    ${new} =    Fresh Password
    VAR    &{change} =    token=${user.access_token}    current_password=${user.password}    new_password=${new}
    ${answers} =    Call During    auth.changePassword    ${change}    auth.logIn    callers=${callers}
    ...    email=${user.email}    password=${user.password}
    Should Succeed    ${answers}[0]
    Each Should Succeed Or Be Refused As    ${answers}    invalid-credentials
    ${sessions} =    Sessions Of    ${user}
    Length Should Be    ${sessions}    1    Other sessions than the one that changed the password are open.
