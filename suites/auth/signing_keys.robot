*** Settings ***
Documentation       The signing key changes: nobody is thrown out, the new key is known before it signs, the old one ends in time.
Resource            ../../resources/token.resource
Suite Setup         Start A Private Platform
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    promise:CH-3    private    needs:auth.private    needs:auth.key-rotation    needs:auth.jwt    needs:auth.jwks


*** Test Cases ***
After A Change Tokens Are Signed With The New Key
    [Tags]    JWT-24    core
    ${user} =    A Logged In User
    ${kid} =    The Signing Key Changes
    ${later} =    Log In    ${user}
    ${named} =    The Name Of The Key Of    ${later.access_token}
    Should Be Equal    ${named}    ${kid}
    Should Be Let In    ${later}

A New Key Is Published Before Its First Token Is Out
    [Tags]    JWT-24
    ${user} =    A Logged In User
    The Signing Key Changes
    ${later} =    Log In    ${user}
    ${key set} =    The Published Keys
    Token Should Verify With    ${later.access_token}    ${key set}

A Token By The Old Key Is Good During The Overlap
    [Tags]    JWT-24    core
    ${user} =    A Logged In User
    The Signing Key Changes
    Should Be Let In    ${user}
    ${key set} =    The Published Keys
    Token Should Verify With    ${user.access_token}    ${key set}

A Token By The Old Key Is Good Through Several Changes
    [Tags]    JWT-24
    ${user} =    A Logged In User
    ${first} =    The Signing Key Changes
    ${second} =    The Signing Key Changes
    ${third} =    The Signing Key Changes
    Should Be Let In    ${user}
    ${names} =    The Names Of The Published Keys
    Should Be Equal    ${{ {$first, $second, $third} - set($names) }}    ${{ set() }}

A Change Outlives A Restart
    [Tags]    JWT-24    needs:auth.restart
    ${user} =    A Logged In User
    ${kid} =    The Signing Key Changes
    Restart Service    auth
    Should Be Let In    ${user}
    ${later} =    Log In    ${user}
    ${named} =    The Name Of The Key Of    ${later.access_token}
    Should Be Equal    ${named}    ${kid}

A Token Signed Just Before The Change Is Good
    [Documentation]    Five log-ins together and the change right after them: each of the five tokens is good.
    [Tags]    JWT-24
    ${user} =    A Logged In User
    ${answers} =    Call Together    auth.logIn    5    email=${user.email}    password=${user.password}
    Each Should Succeed    ${answers}
    The Signing Key Changes
    ${mes} =    Call Together    auth.getMe    each=${{ [{'token': answer.body['access_token']} for answer in $answers] }}
    Each Should Succeed    ${mes}
    Should Be Equal    ${{ {me.body['id'] for me in $mes} }}    ${{ {$user.id} }}

Only Who May Change The Key Changes It
    [Tags]    JWT-24    JWT-39    needs:auth.authorization
    ${user} =    A Logged In User
    ${before} =    The Names Of The Published Keys
    ${answer} =    Call    auth.rotateSigningKey    token=${user.access_token}
    Should Be Refused As    ${answer}    insufficient-scope
    ${after} =    The Names Of The Published Keys
    Should Be Equal    ${after}    ${before}

More Rights In A Forged Token Do Not Change The Key
    [Tags]    JWT-32    needs:auth.authorization
    ${administrator} =    An Administrator
    ${rows} =    Forgeries    more rights    ${administrator.access_token}
    Call Each Row    auth.rotateSigningKey    ${rows}    refused_as=invalid-token
