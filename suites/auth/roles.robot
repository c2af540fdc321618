*** Settings ***
Documentation       What roles permit, how they are given and how they are taken away.
Resource            ../../resources/session.resource
Resource            ../../resources/users.resource
Resource            ../../resources/contract.resource
Resource            ../../resources/audit.resource
Test Tags           area:auth    needs:auth.user-management    needs:auth.signup    needs:auth.profile


*** Test Cases ***
A Role Gives Exactly Its Rights
    [Tags]    AUTH-185    core    needs:auth.validation
    [Template]    Somebody With This Role Has Its Rights
    user
    support
    admin

Who Signs Up Is An Ordinary User
    [Tags]    AUTH-185    needs:auth.validation
    ${user} =    A Logged In User
    Should Have The Rights Of    user    ${user}

A Role That Was Taken Away Is Gone From A Living Token
    [Tags]    AUTH-186    core
    ${support} =    Somebody With The Role    support
    Page Of Users    ${support}    limit=1
    Give The Role    user    ${support}
    ${answer} =    Call    auth.listUsers    token=${support.access_token}
    Should Be Refused As    ${answer}    insufficient-scope

A Lesser Role Leaves Living Tokens What It Permits
    [Tags]    AUTH-186
    ${admin} =    Somebody With The Role    admin
    Page Of Users    ${admin}    limit=1
    Give The Role    support    ${admin}
    Page Of Users    ${admin}    limit=1
    ${answer} =    Call    auth.enableUser    token=${admin.access_token}    user_id=${admin.id}
    Should Be Refused As    ${answer}    insufficient-scope

A Role That Was Taken Away Is Gone From Every Session
    [Tags]    AUTH-186
    ${support} =    Somebody With The Role    support
    ${elsewhere} =    Log In    ${support}    device_id=phone
    Page Of Users    ${support}    limit=1
    Page Of Users    ${elsewhere}    limit=1
    Give The Role    user    ${support}
    ${one} =    Call    auth.listUsers    token=${support.access_token}
    Should Be Refused As    ${one}    insufficient-scope
    ${other} =    Call    auth.listUsers    token=${elsewhere.access_token}
    Should Be Refused As    ${other}    insufficient-scope

A Role That Was Taken Away Does Not Come Back With A Refresh
    [Tags]    AUTH-186    needs:auth.refresh
    ${support} =    Somebody With The Role    support
    Give The Role    user    ${support}
    ${renewed} =    Refresh    ${support}
    ${answer} =    Call    auth.listUsers    token=${renewed.access_token}
    Should Be Refused As    ${answer}    insufficient-scope

What A Role Adds Comes With The Next Token
    [Tags]    AUTH-186    needs:auth.refresh
    ${user} =    A Logged In User
    Give The Role    support    ${user}
    ${renewed} =    Refresh    ${user}
    Page Of Users    ${renewed}    limit=1

A Change Of The Role Leaves The Session Alive
    [Tags]    AUTH-186
    ${user} =    A Logged In User
    Give The Role    support    ${user}
    Should Be Let In    ${user}

Nobody Gives Themselves A Role
    [Tags]    AUTH-187    core
    [Template]    This Role Cannot Give Itself Another
    user
    support

Support Cannot Shut Anybody Out
    [Tags]    AUTH-187
    ${support} =    Somebody With The Role    support
    ${user} =    A Logged In User
    ${answer} =    Call    auth.disableUser    token=${support.access_token}    user_id=${user.id}
    Should Be Refused As    ${answer}    insufficient-scope
    Should Be Let In    ${user}

No Field Of The Profile Gives A Right
    [Tags]    AUTH-187    needs:auth.profile-change    needs:auth.validation
    [Template]    A Profile With This Is Refused And Gives No Right
    role    admin
    permissions    ${{ ['users:manage'] }}
    is_verified    ${True}
    is_admin    ${True}

Roles That There Are Not Are Refused
    [Tags]    AUTH-187    needs:auth.fuzzing
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    Requests Without Sense Are Refused    auth.setUserRole    token=${admin.access_token}
    ...    user_id=${user.id}    role=support

An Administrator Can Step Back While Others Remain
    [Tags]    AUTH-188
    ${admin} =    Somebody With The Role    admin
    ${answer} =    Call    auth.setUserRole    token=${admin.access_token}    user_id=${admin.id}    role=user
    Should Succeed    ${answer}

A Change Of The Role Is Told With Who Made It
    [Tags]    AUTH-193    needs:auth.security-log
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    Call    auth.setUserRole    token=${admin.access_token}    user_id=${user.id}    role=support
    Exactly One Security Event Should Tell    user.role-changed    user_id=${user.id}    actor_id=${admin.id}
    ...    reason=support    outcome=success


*** Keywords ***
Somebody With This Role Has Its Rights
    [Documentation]    As the service tells of the access token.
    [Arguments]    ${role}
    ${user} =    Somebody With The Role    ${role}
    Should Have The Rights Of    ${role}    ${user}

This Role Cannot Give Itself Another
    [Documentation]    The role stays what it was.
    [Arguments]    ${role}
    ${user} =    Somebody With The Role    ${role}
    ${answer} =    Call    auth.setUserRole    token=${user.access_token}    user_id=${user.id}    role=admin
    Should Be Refused As    ${answer}    insufficient-scope
    ${again} =    Log In    ${user}
    Should Have The Rights Of    ${role}    ${again}

A Profile With This Is Refused And Gives No Right
    [Documentation]    A field that is not the owner's to set.
    [Arguments]    ${field}    ${value}
    ${user} =    A Logged In User
    VAR    &{more} =    ${field}=${value}
    ${answer} =    Call    auth.updateMe    token=${user.access_token}    full_name=Ann    &{more}
    Should Be Refused As    ${answer}    invalid-request
    ${again} =    Log In    ${user}
    Should Have The Rights Of    user    ${again}
