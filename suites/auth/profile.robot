*** Settings ***
Documentation       What a person changes of their own profile.
Resource            ../../resources/session.resource
Resource            ../../resources/contract.resource
Resource            ../../resources/audit.resource
Test Tags           area:auth    needs:auth.profile-change    needs:auth.profile


*** Test Cases ***
A Person Changes Their Name
    [Tags]    AUTH-194    core
    ${user} =    A Logged In User
    Rename    ${user}    Ann Other
    ${me} =    Call    auth.getMe    token=${user.access_token}
    Should Be Equal    ${me.body}[full_name]    Ann Other

A Name Can Be Taken Away
    [Tags]    AUTH-194
    ${user} =    A Logged In User
    Rename    ${user}    Ann Other
    ${answer} =    Rename    ${user}    ${None}
    Should Be Equal    ${answer.body}[full_name]    ${None}

A Change Of The Name Changes Nothing Else
    [Tags]    AUTH-194
    ${user} =    A Logged In User
    ${before} =    Call    auth.getMe    token=${user.access_token}
    Rename    ${user}    Ann Other
    ${after} =    Call    auth.getMe    token=${user.access_token}
    Should Be Equal    ${after.body}    ${{ {**$before.body, 'full_name': 'Ann Other'} }}
    Should Be Able To Refresh    ${user}

A Change Of The Name Changes Nobody Else's
    [Tags]    AUTH-194
    ${ann} =    A Logged In User
    ${bob} =    A Logged In User
    Rename    ${ann}    Ann Other
    ${me} =    Call    auth.getMe    token=${bob.access_token}
    Should Not Be Equal    ${me.body}[full_name]    Ann Other

Names That Are None Are Refused
    [Tags]    AUTH-194    needs:auth.fuzzing
    ${user} =    A Logged In User
    Requests Without Sense Are Refused    auth.updateMe    token=${user.access_token}    full_name=Ann Other

A Change Of The Profile Is Told
    [Tags]    AUTH-193    needs:auth.security-log
    ${user} =    A Logged In User
    Rename    ${user}    Ann Other
    Exactly One Security Event Should Tell    profile.updated    user_id=${user.id}

A Change Made For The Present State Is Taken
    [Tags]    REST-11
    ${user} =    A Logged In User
    ${state} =    State Of    ${user}
    Rename If Unchanged    ${user}    ${state}    Ann Other

A Change Made For A State That Is Gone Is Refused
    [Tags]    REST-11    core
    ${user} =    A Logged In User
    ${state} =    State Of    ${user}
    Rename    ${user}    Ann Other
    ${answer} =    Call    auth.updateMe    token=${user.access_token}    full_name=Bob
    ...    headers=${{ {'If-Match': $state} }}
    Should Be Refused As    ${answer}    precondition-failed    status=412
    ${me} =    Call    auth.getMe    token=${user.access_token}
    Should Be Equal    ${me.body}[full_name]    Ann Other

A State Is Gone With The Next Change, However Soon That Comes
    [Documentation]    Thrice, so that a state which is told by the time of its change is the same at least once.
    [Tags]    REST-11
    Repeat Keyword    3    The State Of A Change Should Be Gone With The Next

States That Are None Of The Present Are Refused
    [Tags]    REST-11
    ${user} =    A Logged In User
    ${before} =    State Of    ${user}
    Rename    ${user}    Ann
    ${state} =    State Of    ${user}
    VAR    &{common} =    token=${user.access_token}    full_name=Ann
    ${rows} =    Rows Of Values    headers    ${{ {'If-Match': '*'} }}    ${{ {'If-Match': $before} }}
    ...    ${{ {'If-Match': 'W/' + $state} }}    ${{ {'If-Match': $state.strip('"')} }}    ${{ {'If-Match': '""'} }}
    ...    &{common}
    Call Each Row    auth.updateMe    ${rows}    refused_as=precondition-failed

The State That A Change Tells Is The Present One
    [Tags]    REST-11
    ${user} =    A Logged In User
    ${answer} =    Rename    ${user}    Ann Other
    ${told} =    Should Have Header    ${answer}    ETag
    ${state} =    State Of    ${user}
    Should Be Equal    ${told}    ${state}

Of Changes For One State At Once Exactly One Is Taken
    [Tags]    REST-11
    ${user} =    A Logged In User
    ${state} =    State Of    ${user}
    VAR    &{headers} =    If-Match=${state}
    ${answers} =    Call Together    auth.updateMe
    ...    each=${{ [{'full_name': 'Ann ' + 'I' * number} for number in range(1, 9)] }}
    ...    token=${user.access_token}    headers=${headers}
    Exactly One Should Succeed    ${answers}
    At Most One Should Succeed    ${answers}    others=precondition-failed


*** Keywords ***
Rename
    [Documentation]    Gives a person another name, whatever the state. Returns the answer.
    [Arguments]    ${user}    ${name}
    ${answer} =    Call    auth.updateMe    token=${user.access_token}    full_name=${name}
    Should Succeed    ${answer}
    RETURN    ${answer}

The State Of A Change Should Be Gone With The Next
    [Documentation]    Somebody is renamed twice; a change for the state after the first time is refused.
    ${user} =    A Logged In User
    ${answer} =    Rename    ${user}    Ann
    ${state} =    Should Have Header    ${answer}    ETag
    Rename    ${user}    Ann Other
    ${late} =    Call    auth.updateMe    token=${user.access_token}    full_name=Bob
    ...    headers=${{ {'If-Match': $state} }}
    Should Be Refused As    ${late}    precondition-failed    status=412

Rename If Unchanged
    [Documentation]    Gives a person another name if the profile still is in this state.
    [Arguments]    ${user}    ${state}    ${name}
    VAR    &{headers} =    If-Match=${state}
    ${answer} =    Call    auth.updateMe    token=${user.access_token}    full_name=${name}    headers=${headers}
    Should Succeed    ${answer}

State Of
    [Documentation]    The entity tag of a person's profile.
    [Arguments]    ${user}
    ${me} =    Call    auth.getMe    token=${user.access_token}
    ${state} =    Should Have Header    ${me}    ETag    ".+"
    RETURN    ${state}
