*** Settings ***
Documentation       Who gets in, who does not, and what a stranger learns by trying.
Resource            ../../resources/session.resource
Resource            ../../resources/contract.resource
Resource            ../../resources/users.resource
Resource            ../../resources/access.resource
Test Tags           area:auth    promise:CH-1


*** Test Cases ***
The Right Password Gives Tokens And Says Whose They Are
    [Tags]    AUTH-15    core
    ${account} =    A Verified Account
    ${answer} =    Call    auth.logIn    email=${account.email}    password=${account.password}
    Should Succeed    ${answer}
    Should Be Equal    ${answer.body}[token_type]    Bearer
    Should Be Equal    ${answer.body}[user][email]    ${account.email}
    Should Be True    ${answer.body}[expires_in] > 0

The Log-In Of Somebody With Rights Tells Them
    [Tags]    AUTH-15    needs:auth.profile    needs:auth.user-management
    ${user} =    Somebody With The Role    support
    ${again} =    Log In    ${user}
    ${me} =    Call    auth.getMe    token=${again.access_token}
    Should Be Equal    ${again.user}    ${me.body}

Two Log-Ins From One Device Begin Two Sessions
    [Tags]    AUTH-19    needs:auth.sessions
    ${account} =    A Verified Account
    ${first} =    Log In    ${account}    device_id=the same phone
    ${second} =    Log In    ${account}    device_id=the same phone
    ${one} =    Session Of    ${first}
    ${two} =    Session Of    ${second}
    Should Not Be Equal    ${one}[id]    ${two}[id]

A Wrong Password Is Refused
    [Tags]    AUTH-16    core    needs:auth.password
    ${account} =    A Verified Account
    ${wrong} =    Fresh Password
    Log In Should Be Refused    ${account}    password=${wrong}

The Password Of Somebody Else Is Refused
    [Tags]    AUTH-16    needs:auth.password
    ${account} =    A Verified Account
    ${other} =    A Verified Account
    Log In Should Be Refused    ${account}    password=${other.password}

An Address Without An Account Is Refused
    [Tags]    AUTH-16    needs:auth.password
    ${nobody} =    A Person
    Log In Should Be Refused    ${nobody}

What Looks Like The Address Is Not The Address
    [Tags]    AUTH-16    needs:auth.password    needs:auth.signup    needs:auth.lockouts
    ${account} =    A Verified Account
    ${rows} =    Unlike Forms Of Address    ${account.email}    password=${account.password}
    Call Each Row    auth.logIn    ${rows}    refused_as=invalid-credentials

What Only Holds The Address Opens Nothing
    [Documentation]    Whether it is refused as invalid or as unknown is the service's affair.
    [Tags]    AUTH-16    needs:auth.password    needs:auth.signup    needs:auth.lockouts
    ${account} =    A Verified Account
    ${tries} =    Log-Ins By Texts Around An Address    ${account.email}    ${account.password}
    ${answers} =    Call Together    auth.logIn    each=${tries}
    None Should Succeed    ${answers}
    Log In    ${account}

A Refused Log-In Does Not Tell Whether There Is An Account
    [Tags]    AUTH-17    needs:auth.password
    ${account} =    A Verified Account
    ${nobody} =    A Person
    ${known} =    Log In Should Be Refused    ${account}    password=${nobody.password}
    ${unknown} =    Log In Should Be Refused    ${nobody}
    Should Look Alike    ${known}    ${unknown}

A Refused Log-In Does Not Tell Of An Unconfirmed Account
    [Tags]    AUTH-17    needs:auth.password    needs:auth.signup
    ${waiting} =    An Unconfirmed Account
    ${nobody} =    A Person
    ${known} =    Log In Should Be Refused    ${waiting}    password=${nobody.password}
    ${unknown} =    Log In Should Be Refused    ${nobody}
    Should Look Alike    ${known}    ${unknown}

A Refused Log-In Does Not Tell Of An Account That Is In Use
    [Tags]    AUTH-17    needs:auth.password
    ${user} =    A Logged In User
    ${nobody} =    A Person
    ${known} =    Log In Should Be Refused    ${user}    password=${nobody.password}
    ${unknown} =    Log In Should Be Refused    ${nobody}
    Should Look Alike    ${known}    ${unknown}

Each Log-In Begins A Session Of Its Own
    [Tags]    AUTH-19    needs:auth.sessions
    ${first} =    A Logged In User
    ${second} =    Log In    ${first}
    ${one} =    Session Of    ${first}
    ${two} =    Session Of    ${second}
    Should Not Be Equal    ${one}[id]    ${two}[id]

Tokens Are Never Given Out Twice
    [Tags]    AUTH-19
    ${one} =    A Logged In User
    ${two} =    Log In    ${one}
    ${three} =    Log In    ${one}
    Secrets Should All Differ    ${one.access_token}    ${two.access_token}    ${three.access_token}

A Log-In Does Not End The Sessions Before It
    [Tags]    AUTH-19    needs:auth.refresh
    ${first} =    A Logged In User
    Log In    ${first}
    Should Be Let In    ${first}
    Should Be Able To Refresh    ${first}

Answers With Tokens Or Personal Data Are Not Kept In Caches
    [Tags]    AUTH-20
    ${account} =    A Verified Account
    ${tokens} =    Call    auth.logIn    email=${account.email}    password=${account.password}
    Should Not Be Cached    ${tokens}
    ${me} =    Call    auth.getMe    token=${tokens.body}[access_token]
    Should Not Be Cached    ${me}

Refreshed Tokens Are Not Kept In Caches
    [Tags]    AUTH-20    needs:auth.refresh
    ${user} =    A Logged In User
    ${tokens} =    Call    auth.refreshToken    refresh_token=${user.refresh_token}
    Should Not Be Cached    ${tokens}

Sessions Are Not Kept In Caches
    [Tags]    AUTH-20    needs:auth.sessions
    ${user} =    A Logged In User
    ${sessions} =    Call    auth.listSessions    token=${user.access_token}
    Should Not Be Cached    ${sessions}

Two People Are Never Taken For Each Other
    [Tags]    AUTH-21    core
    ${ann} =    A Logged In User
    ${bob} =    A Logged In User
    Should Be Let In    ${ann}
    Should Be Let In    ${bob}
    Should Be Let In    ${ann}

Naming Somebody Else In The Request Tells Nothing Of Them
    [Documentation]    As other services name accounts, in the query and in headers that a gateway would set.
    [Tags]    AUTH-21
    ${ann} =    A Logged In User
    ${bob} =    A Logged In User
    @{named by id} =    Requests That Name    id=${bob.id}
    @{named by address} =    Requests That Name    email=${bob.email}
    No Answer Should Hold    ${bob.email}    ${ann}    @{named by id}
    No Answer Should Hold    ${bob.id}    ${ann}    @{named by address}
    Should Be Let In    ${ann}

A Person Is Told About Themselves Only
    [Tags]    AUTH-21    needs:auth.contract
    ${user} =    A Logged In User
    ${me} =    Call    auth.getMe    token=${user.access_token}
    Should Match The Contract    ${me}
    Should Be Equal    ${me.body}[email]    ${user.email}


*** Keywords ***
No Answer Should Hold
    [Documentation]    What is known of somebody else is in no answer to any of these requests about oneself.
    [Arguments]    ${what}    ${user}    @{requests}
    FOR    ${request}    IN    @{requests}
        ${me} =    Call    auth.getMe    token=${user.access_token}    &{request}
        Should Not Contain    ${me.text}    ${what}
    END
