*** Settings ***
Documentation       Accounts that are shut out and let in again, and sessions that are ended for somebody.
Resource            ../../resources/session.resource
Resource            ../../resources/users.resource
Resource            ../../resources/api_key.resource
Resource            ../../resources/audit.resource
Test Tags           area:auth    needs:auth.user-management    needs:auth.signup    needs:auth.profile


*** Test Cases ***
Who Is Shut Out Loses A Living Access Token
    [Tags]    AUTH-189    core
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    Shut Out    ${user}    by=${admin}
    Should Be Shut Out    ${user}

Who Is Shut Out Is Told To No One As Logged In
    [Tags]    AUTH-189    needs:auth.validation
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    Should Be Let In    ${user}
    Shut Out    ${user}    by=${admin}
    ${verdict} =    Call    auth.validateToken    token=${user.access_token}
    Should Be Equal    ${verdict.body}    ${{ {'valid': False} }}

Who Is Shut Out Loses The Refresh Token
    [Tags]    AUTH-189    needs:auth.refresh
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    Shut Out    ${user}    by=${admin}
    Should Not Be Able To Refresh    ${user}

Who Is Shut Out Cannot Log In
    [Tags]    AUTH-189    needs:auth.password
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    Shut Out    ${user}    by=${admin}
    Log In Should Be Refused    ${user}

Who Is Let In Again Can Log In
    [Tags]    AUTH-189
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    Shut Out    ${user}    by=${admin}
    Let In Again    ${user}    by=${admin}
    ${again} =    Log In    ${user}
    Should Be Let In    ${again}

Who Is Let In Again Gets No Old Session Back
    [Tags]    AUTH-189    needs:auth.refresh
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    Shut Out    ${user}    by=${admin}
    Let In Again    ${user}    by=${admin}
    Should Be Shut Out    ${user}
    Should Not Be Able To Refresh    ${user}

Shutting One Out Leaves The Others In
    [Tags]    AUTH-189
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    ${other} =    A Logged In User
    Shut Out    ${user}    by=${admin}
    Should Be Let In    ${other}
    Should Be Let In    ${admin}

An Account Tells Whether It Is Shut Out
    [Tags]    AUTH-189
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    ${out} =    Shut Out    ${user}    by=${admin}
    Should Be Equal    ${out}[is_active]    ${False}
    ${in} =    Let In Again    ${user}    by=${admin}
    Should Be Equal    ${in}[is_active]    ${True}

Nobody Shuts Themselves Out
    [Tags]    AUTH-188
    ${admin} =    Somebody With The Role    admin
    ${answer} =    Call    auth.disableUser    token=${admin.access_token}    user_id=${admin.id}
    Should Be Refused As    ${answer}    conflict
    Should Be Let In    ${admin}

Every Session Of Somebody Can Be Ended
    [Tags]    AUTH-190    core
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    ${phone} =    Log In    ${user}    device_id=phone
    Should Be Let In    ${user}
    Should Be Let In    ${phone}
    End Sessions For    ${user}    by=${admin}
    Should Be Shut Out    ${user}
    Should Be Shut Out    ${phone}

Ended Sessions Cannot Be Refreshed
    [Tags]    AUTH-190    needs:auth.refresh
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    End Sessions For    ${user}    by=${admin}
    Should Not Be Able To Refresh    ${user}

Who Had Sessions Ended Can Log In Again
    [Tags]    AUTH-190
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    End Sessions For    ${user}    by=${admin}
    ${again} =    Log In    ${user}
    Should Be Let In    ${again}

Ending The Sessions Of One Leaves Those Of Others
    [Tags]    AUTH-190
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    ${other} =    A Logged In User
    End Sessions For    ${user}    by=${admin}
    Should Be Let In    ${other}
    Should Be Let In    ${admin}

What Is Done To An Account Is Told With Who Did It
    [Tags]    AUTH-193    needs:auth.security-log
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    End Sessions For    ${user}    by=${admin}
    Shut Out    ${user}    by=${admin}
    Let In Again    ${user}    by=${admin}
    Wait For Security Event    user.enabled    user_id=${user.id}    actor_id=${admin.id}
    Exactly One Security Event Should Tell    user.sessions-ended    user_id=${user.id}    actor_id=${admin.id}
    Exactly One Security Event Should Tell    user.disabled    user_id=${user.id}    actor_id=${admin.id}

What Is Done To An Account By A Key Is Told With The Key
    [Tags]    AUTH-193    needs:auth.security-log    needs:auth.api-keys
    [Template]    What A Key Does To Somebody Is Told With The Key
    auth.endUserSessions    user.sessions-ended
    auth.disableUser    user.disabled
    auth.enableUser    user.enabled

What Was Refused Is Told With Who Tried
    [Tags]    AUTH-193    needs:auth.security-log
    ${user} =    A Logged In User
    ${other} =    A Logged In User
    Call    auth.disableUser    token=${user.access_token}    user_id=${other.id}
    Exactly One Security Event Should Tell    permission.refused    user_id=${user.id}    outcome=failure

Accounts That There Are Not Are Not Found
    [Tags]    AUTH-189    AUTH-65
    [Template]    What Is No Account Is Not Found By
    auth.getUser
    auth.disableUser
    auth.enableUser
    auth.endUserSessions
    auth.setUserRole    role=user


*** Keywords ***
End Sessions For
    [Documentation]    Somebody who may ends every session of an account.
    [Arguments]    ${user}    ${by}
    ${answer} =    Call    auth.endUserSessions    token=${by.access_token}    user_id=${user.id}
    Should Succeed    ${answer}

What A Key Does To Somebody Is Told With The Key
    [Documentation]    The key of an administrator, used for what administrators do to an account.
    [Arguments]    ${operation}    ${event}
    ${key} =    An API Key Of An Administrator    read    admin
    ${user} =    A Logged In User
    ${answer} =    Call    ${operation}    api_key=${key.secret}    user_id=${user.id}
    Should Succeed    ${answer}
    Exactly One Security Event Should Tell    ${event}    user_id=${user.id}    key_id=${key.id}    actor_id=${key.owner.id}

What Is No Account Is Not Found By
    [Documentation]    An id that nobody has, and texts that are no id.
    [Arguments]    ${operation}    &{also}
    ${admin} =    Somebody With The Role    admin
    ${user} =    A Logged In User
    VAR    &{common} =    token=${admin.access_token}    &{also}
    ${rows} =    Rows Of Values    user_id    ${user.id}    ${{ str(uuid.uuid4()) }}    ${user.id.upper()}    *
    ...    ' OR '1'\='1    ${user.email}    &{common}
    Call Each Row    ${operation}    ${rows}    refused_as=not-found
