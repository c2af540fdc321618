*** Settings ***
Documentation       The life of an API key: made, used, switched off, expired, revoked.
Resource            ../../resources/session.resource
Resource            ../../resources/api_key.resource
Resource            ../../resources/password.resource
Resource            ../../resources/contract.resource
Resource            ../../resources/audit.resource
Test Tags           area:auth    needs:auth.api-keys    needs:auth.signup    needs:auth.profile


*** Test Cases ***
A Key Lets Its Owner In
    [Tags]    ACC-14    core
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    The Key Should Open    ${key}    ${user}

A Key Works Without A Session
    [Tags]    ACC-14    needs:auth.logout-all
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Log Out Everywhere    ${user}
    The Key Should Open    ${key}    ${user}

A Key Is Refused After Its Lifetime
    [Tags]    ACC-14
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read    expires_in=${5}
    The Key Should Open    ${key}    ${user}
    Wait Until After    ${key.expires_at}
    The Key Should Be Refused    ${key}

An Expired Key Is Refused Though It Was Never Used
    [Tags]    ACC-14
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read    expires_in=${1}
    Wait Until After    ${key.expires_at}
    The Key Should Be Refused    ${key}

A Key Without A Lifetime Says That It Does Not Expire
    [Tags]    ACC-14
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Should Be Equal    ${key.expires_at}    ${None}

A Revoked Key Is Refused At Once
    [Tags]    ACC-14    core
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    The Key Should Open    ${key}    ${user}
    Revoke The Key    ${key}    ${user}
    The Key Should Be Refused    ${key}

A Revoked Key Does Not Come Back
    [Tags]    ACC-14
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Revoke The Key    ${key}    ${user}
    ${answer} =    Call    auth.updateApiKey    token=${user.access_token}    key_id=${key.id}    disabled=${False}
    Should Be Refused As    ${answer}    not-found
    The Key Should Be Refused    ${key}

Revoking One Key Leaves The Others
    [Tags]    ACC-14
    ${user} =    A Logged In User
    ${one} =    An API Key    ${user}    read
    ${other} =    An API Key    ${user}    read
    Revoke The Key    ${one}    ${user}
    The Key Should Open    ${other}    ${user}

A Key That Is Switched Off Is Refused Until It Is On Again
    [Tags]    ACC-14
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Switch The Key    off    ${key}    ${user}
    The Key Should Be Refused    ${key}
    Switch The Key    on    ${key}    ${user}
    The Key Should Open    ${key}    ${user}

Another Name Leaves A Key As It Is
    [Tags]    ACC-14
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Switch The Key    off    ${key}    ${user}
    ${answer} =    Call    auth.updateApiKey    token=${user.access_token}    key_id=${key.id}    name=Another
    Should Be Equal    ${answer.body}[name]    Another
    The Key Should Be Refused    ${key}

Keys Cannot Be Guessed
    [Tags]    AUTH-195
    ${user} =    A Logged In User
    ${secrets} =    Secrets Of Nine Keys    ${user}
    Secrets Should Be Unguessable    @{secrets}    bits=128

A Secret Begins With The Prefix That Is Listed
    [Tags]    AUTH-195    AUTH-203
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${listed} =    Keys Of    ${user}
    Should Be True    $key.secret.value.startswith($listed[0]['prefix'])    The prefix is not the key's.
    Should Be True    len($key.secret.value) - len($listed[0]['prefix']) >= 22    The prefix tells too much.

No Key Is Stored As It Is
    [Tags]    AUTH-195    needs:auth.database
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${rotated} =    Rotate The Key    ${key}    ${user}
    The Key Should Open    ${rotated}    ${user}
    ${one} =    Without The Beginning    ${key.secret}    ${key.prefix}
    ${two} =    Without The Beginning    ${rotated.secret}    ${key.prefix}
    No Record Should Hold    ${user.email}    key=${one}    rotated=${two}

No Key Is In Any Log
    [Tags]    AUTH-206    needs:auth.security-log    needs:auth.service-log
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    The Key Should Open    ${key}    ${user}
    Revoke The Key    ${key}    ${user}
    The Key Should Be Refused    ${key}
    ${part} =    Without The Beginning    ${key.secret}    ${key.prefix}
    No Log Should Hold    key=${part}

A Secret Is Never Told Again
    [Tags]    AUTH-195    AUTH-203
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${part} =    Without The Beginning    ${key.secret}    ${key.prefix}
    ${list} =    Call    auth.listApiKeys    token=${user.access_token}
    Answer Should Hold No Secret    ${list}    key=${part}
    ${changed} =    Call    auth.updateApiKey    token=${user.access_token}    key_id=${key.id}    name=Another
    Answer Should Hold No Secret    ${changed}    key=${part}

Altered Keys Are Refused
    [Tags]    AUTH-197    core
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${rows} =    Altered Forms Of Secret In A Header    ${key.secret}    api_key    accepted=${key.secret}
    Call Each Row    auth.getMe    ${rows}    refused_as=invalid-api-key

Every Refused Key Is Answered Alike
    [Tags]    AUTH-197
    ${user} =    A Logged In User
    ${revoked} =    An API Key    ${user}    read
    ${off} =    An API Key    ${user}    read
    Revoke The Key    ${revoked}    ${user}
    Switch The Key    off    ${off}    ${user}
    ${one} =    The Key Should Be Refused    ${revoked}
    ${two} =    The Key Should Be Refused    ${off}
    ${three} =    Call    auth.getMe    api_key=${user.password}
    Should Look Alike    ${one}    ${two}
    Should Look Alike    ${one}    ${three}

The Time Of An Answer Tells Nothing Of A Key
    [Tags]    AUTH-199    needs:auth.floods
    ${user} =    A Logged In User
    ${revoked} =    An API Key    ${user}    read
    Revoke The Key    ${revoked}    ${user}
    ${altered} =    Without The Last Character    ${revoked.secret}
    ${made up} =    Fresh Password    60
    ${one} =    A Row    revoked    api_key=${revoked.secret}
    ${two} =    A Row    cut    api_key=${altered}
    ${three} =    A Row    made up    api_key=${made up}
    VAR    @{rows} =    ${one}    ${two}    ${three}
    Response Times Should Not Differ    auth.getMe    ${rows}    invalid-api-key

Keys Of An Account That Is Shut Out Are Refused
    [Tags]    AUTH-198    core    needs:auth.user-management
    ${key} =    An API Key Of An Administrator    read
    ${other} =    Somebody With The Role    admin
    The Key Should Open    ${key}    ${key.owner}
    Shut Out    ${key.owner}    by=${other}
    The Key Should Be Refused    ${key}
    Let In Again    ${key.owner}    by=${other}
    The Key Should Open    ${key}    ${key.owner}

A Reset By Mail Ends Every Key
    [Documentation]    Those that were never used as well, and nobody else's.
    [Tags]    AUTH-450    core    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Logged In User
    ${used} =    An API Key    ${user}    read
    ${unused} =    An API Key    ${user}    read
    ${bystander} =    A Logged In User
    ${other} =    An API Key    ${bystander}    read
    The Key Should Open    ${used}    ${user}
    Reset The Password By Mail    ${user}
    The Key Should Be Refused    ${used}
    The Key Should Be Refused    ${unused}
    The Key Should Open    ${other}    ${bystander}

A Key That Was Switched Off Is Ended By A Reset As Well
    [Tags]    AUTH-450    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Switch The Key    off    ${key}    ${user}
    ${owner} =    Reset The Password By Mail    ${user}
    ${keys} =    Keys Of    ${owner}
    Should Be Empty    ${keys}

A Key That A Reset Ended Is Told
    [Tags]    AUTH-206    needs:auth.security-log    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Reset The Password By Mail    ${user}
    Exactly One Security Event Should Tell    api-key.revoked    user_id=${user.id}    key_id=${key.id}

A Person Sees When A Key Was Used Last
    [Tags]    AUTH-203
    ${user} =    A Logged In User
    ${used} =    An API Key    ${user}    read
    ${unused} =    An API Key    ${user}    read
    ${before} =    Now
    The Key Should Open    ${used}    ${user}
    ${after} =    Now
    ${keys} =    Keys Of    ${user}
    VAR    ${told} =    ${{ {one['id']: one['last_used_at'] for one in $keys} }}
    Should Be Equal    ${told}[${unused.id}]    ${None}
    Should Be In Order    ${before}    ${told}[${used.id}]    ${after}

A Refused Use Is No Use
    [Tags]    AUTH-203
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    ${altered} =    Without The Last Character    ${key.secret}
    Call    auth.getMe    api_key=${altered}
    Switch The Key    off    ${key}    ${user}
    The Key Should Be Refused    ${key}
    ${keys} =    Keys Of    ${user}
    Should Be Equal    ${keys}[0][last_used_at]    ${None}

A Person Sees Every Key That Was Not Revoked
    [Tags]    AUTH-203
    ${user} =    A Logged In User
    ${one} =    An API Key    ${user}    read
    ${two} =    An API Key    ${user}    write
    ${gone} =    An API Key    ${user}    read
    Switch The Key    off    ${two}    ${user}
    Revoke The Key    ${gone}    ${user}
    ${keys} =    Keys Of    ${user}
    Should Be Equal    ${{ [one['id'] for one in $keys] }}    ${{ [$two['id'], $one['id']] }}

A Key Is Told As It Was Asked For
    [Tags]    AUTH-203
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    write    read    expires_in=${3600}
    ${keys} =    Keys Of    ${user}
    Should Be Equal    ${keys}[0][name]    ${key.name}
    Should Be Equal    ${{ sorted($keys[0]['scopes']) }}    ${{ ['read', 'write'] }}
    Should Be Apart    ${keys}[0][created_at]    ${keys}[0][expires_at]    at_least=3600s
    Should Be Apart    ${keys}[0][created_at]    ${keys}[0][expires_at]    at_most=3601s

Making A Key Answers As Promised
    [Tags]    AUTH-60    needs:auth.contract
    ${user} =    A Logged In User
    Should Be As Promised    auth.createApiKey    token=${user.access_token}    name=Nightly    scopes=${{ ['read'] }}
    Should Be As Promised    auth.listApiKeys    token=${user.access_token}

A Refused Key Is Answered As Promised
    [Tags]    AUTH-62    needs:auth.problems
    ${made up} =    Fresh Password    60
    Should Be Refused As Promised    invalid-api-key    auth.getMe    api_key=${made up}

Keys Without Sense Are Refused
    [Tags]    AUTH-195    AUTH-63    needs:auth.problems    needs:auth.fuzzing
    ${user} =    A Logged In User
    Requests Without Sense Are Refused    auth.createApiKey    token=${user.access_token}    name=Nightly
    ...    scopes=${{ ['read'] }}    expires_in=${60}

Scopes And Lifetimes That Make No Sense Are Refused
    [Tags]    ACC-15    AUTH-63    needs:auth.problems
    ${user} =    A Logged In User
    VAR    &{common} =    token=${user.access_token}    name=Nightly
    ${scopes} =    Rows Of Values    scopes    ${{ ['read'] }}    ${{ [] }}    ${{ ['read', 'read'] }}
    ...    ${{ ['read', 'owner'] }}    ${{ ['READ'] }}    &{common}
    Call Each Row    auth.createApiKey    ${scopes}    refused_as=invalid-request
    ${lifetimes} =    Rows Of Values    expires_in    ${1}    ${0}    ${-1}    ${{ 10 ** 18 }}    &{common}
    ...    scopes=${{ ['read'] }}
    Call Each Row    auth.createApiKey    ${lifetimes}    refused_as=invalid-request

What Happens To A Key Is Told
    [Tags]    AUTH-206    needs:auth.security-log
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Rotate The Key    ${key}    ${user}
    Switch The Key    off    ${key}    ${user}
    Revoke The Key    ${key}    ${user}
    Wait For Security Event    api-key.revoked    user_id=${user.id}    key_id=${key.id}
    Exactly One Security Event Should Tell    api-key.created    user_id=${user.id}    key_id=${key.id}
    Exactly One Security Event Should Tell    api-key.rotated    user_id=${user.id}    key_id=${key.id}
    Exactly One Security Event Should Tell    api-key.changed    user_id=${user.id}    key_id=${key.id}

A Refused Key Is Told With Which It Was And Whose
    [Tags]    AUTH-206    needs:auth.security-log
    ${user} =    A Logged In User
    ${key} =    An API Key    ${user}    read
    Switch The Key    off    ${key}    ${user}
    The Key Should Be Refused    ${key}
    Exactly One Security Event Should Tell    api-key.refused    user_id=${user.id}    key_id=${key.id}    outcome=failure


*** Keywords ***
Secrets Of Nine Keys
    [Documentation]    The secrets of nine keys of one person, made one after the other.
    [Arguments]    ${owner}
    VAR    @{secrets} =    @{EMPTY}
    FOR    ${_}    IN RANGE    9
        ${key} =    An API Key    ${owner}    read
        VAR    @{secrets} =    @{secrets}    ${key.secret}
    END
    RETURN    ${secrets}

Reset The Password By Mail
    [Documentation]    Sets a fresh password with a mailed token. Returns the person, logged in again.
    [Arguments]    ${account}
    ${token} =    A Reset Token For    ${account}
    ${changed} =    Reset Password    ${account}    ${token}
    ${user} =    Log In    ${changed}
    RETURN    ${user}
