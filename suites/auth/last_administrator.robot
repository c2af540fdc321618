*** Settings ***
Documentation       Somebody who can look after accounts always remains. The platform of this suite has one administrator at first.
Resource            ../../resources/session.resource
Resource            ../../resources/users.resource
Test Setup          Start A Private Platform
Test Teardown       Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.user-management    needs:auth.signup
...                 needs:auth.profile


*** Test Cases ***
The Last Administrator Keeps The Role
    [Tags]    AUTH-188    core
    ${last} =    An Administrator
    ${answer} =    Call    auth.setUserRole    token=${last.access_token}    user_id=${last.id}    role=user
    Should Be Refused As    ${answer}    conflict
    ${again} =    Log In    ${last}
    Page Of Users    ${again}

The Last Administrator Keeps The Account
    [Documentation]    Once somebody else can look after accounts, it can be deleted.
    [Tags]    AUTH-188    needs:auth.deletion
    ${last} =    An Administrator
    VAR    &{asking} =    token=${last.access_token}    current_password=${last.password}
    ${answer} =    Call    auth.deleteAccount    &{asking}
    Should Be Refused As    ${answer}    conflict
    Should Be Let In    ${last}
    Somebody With The Role    admin
    ${answer} =    Call    auth.deleteAccount    &{asking}
    Should Succeed    ${answer}

Administrators Who Leave At Once Do Not All Succeed
    [Tags]    AUTH-188    needs:auth.deletion
    ${one} =    An Administrator
    ${two} =    Somebody With The Role    admin
    VAR    @{calls} =    ${{ {'token': $one['access_token'], 'current_password': $one['password']} }}
    ...    ${{ {'token': $two['access_token'], 'current_password': $two['password']} }}
    ${answers} =    Call Together    auth.deleteAccount    each=${calls}
    At Most One Should Succeed    ${answers}    others=conflict

An Administrator Who Is Shut Out Does Not Count
    [Tags]    AUTH-188
    ${last} =    An Administrator
    ${other} =    Somebody With The Role    admin
    Shut Out    ${other}    by=${last}
    ${answer} =    Call    auth.setUserRole    token=${last.access_token}    user_id=${last.id}    role=support
    Should Be Refused As    ${answer}    conflict

Administrators Who Shut Each Other Out At Once Do Not All Succeed
    [Tags]    AUTH-188
    ${one} =    An Administrator
    ${two} =    Somebody With The Role    admin
    VAR    @{calls} =    ${{ {'token': $one['access_token'], 'user_id': $two['id']} }}
    ...    ${{ {'token': $two['access_token'], 'user_id': $one['id']} }}
    ${answers} =    Call Together    auth.disableUser    each=${calls}
    Exactly One Should Succeed    ${answers}

Administrators Who Step Back At Once Do Not All Succeed
    [Tags]    AUTH-188
    ${one} =    An Administrator
    ${two} =    Somebody With The Role    admin
    VAR    @{calls} =    ${{ {'token': $one['access_token'], 'user_id': $one['id']} }}
    ...    ${{ {'token': $two['access_token'], 'user_id': $two['id']} }}
    ${answers} =    Call Together    auth.setUserRole    each=${calls}    role=user
    At Most One Should Succeed    ${answers}    others=conflict
