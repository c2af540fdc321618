*** Settings ***
Documentation       The tokens and keys that the platform gives out: judged by themselves, with nothing forged.
...                 Where access tokens are not JWTs, the ID token of a log-in is judged.
Resource            ../../resources/token.resource
Test Tags           area:auth    promise:CH-3    needs:auth.jwks


*** Test Cases ***
A Token Verifies With The Published Keys
    [Documentation]    By the cryptography library and not by the platform's own judgement.
    [Tags]    JWT-23    JWT-24    core
    ${token} =    An Issued Token
    ${key set} =    The Published Keys
    Token Should Verify With    ${token}    ${key set}

A Token Names Its Key And The Algorithm Of The Key
    [Documentation]    An ID token need not name its key where only one is published (OpenID Connect Core 1.0, 10.1).
    [Tags]    JWT-06    JWT-23    needs:auth.jwt
    ${token} =    An Issued Token
    ${key set} =    The Published Keys
    ${key} =    Token Should Verify With    ${token}    ${key set}
    ${opened} =    Open Token    ${token}
    Should Be Equal    ${opened.header}[kid]    ${key}[kid]
    Should Be Equal    ${opened.header}[alg]    ${key}[alg]

A Token Brings No Key And No Address Along
    [Tags]    JWT-18    JWT-19
    ${token} =    An Issued Token
    ${opened} =    Open Token    ${token}
    Should Be Equal    ${{ set($opened.header) & {'jwk', 'jku', 'x5c', 'x5u'} }}    ${{ set() }}

An Access Token Says That It Is One
    [Documentation]    The media type may be written in full (RFC 9068, 2.1; RFC 7515, 4.1.9).
    [Tags]    JWT-31    needs:auth.jwt
    ${token} =    An Issued Token
    ${opened} =    Open Token    ${token}
    Should Match Regexp    ${opened.header}[typ]    (?i)^(application/)?at\\+jwt$

A Token Has The Claims That Services Need
    [Tags]    JWT-28    JWT-35    needs:auth.jwt
    ${token} =    An Issued Token
    ${opened} =    Open Token    ${token}
    Should Be Equal    ${{ {'iss', 'aud', 'sub', 'iat', 'exp', 'jti', 'client_id'} - set($opened.claims) }}    ${{ set() }}

An Identity Token Has The Claims That Clients Need
    [Tags]    JWT-28    needs:auth.id-token
    ${user} =    A Logged In User
    ${opened} =    Open Token    ${user}[id_token]
    Should Be Equal    ${{ {'iss', 'aud', 'sub', 'iat', 'exp'} - set($opened.claims) }}    ${{ set() }}

A Token Says When It Was Issued And When It Ends
    [Documentation]    The platform's clock and ours may differ by a minute.
    [Tags]    JWT-27
    ${before} =    Evaluate    int(time.time()) - 60
    ${token} =    An Issued Token
    ${after} =    Evaluate    int(time.time()) + 60
    ${opened} =    Open Token    ${token}
    Should Be True    ${before} <= ${opened.claims}[iat] <= ${after}
    Should Be True    ${opened.claims}[iat] < ${opened.claims}[exp]

A Token Lives As Long As The Log-In Says
    [Tags]    JWT-27    needs:auth.jwt
    ${user} =    A Logged In User
    ${opened} =    Open Token    ${user.access_token}
    Should Be Equal    ${{ $opened.claims['exp'] - $opened.claims['iat'] }}    ${user.expires_in}

A Token Comes From The Issuer That The Discovery Names
    [Tags]    JWT-28    needs:auth.discovery
    ${token} =    An Issued Token
    ${discovery} =    Call    auth.getDiscovery
    ${opened} =    Open Token    ${token}
    Should Be Equal    ${opened.claims}[iss]    ${discovery.body}[issuer]

A Token Is About The User Who Logged In
    [Tags]    JWT-28
    ${user} =    A Logged In User
    ${token} =    The JWT Of    ${user}
    ${opened} =    Open Token    ${token}
    Should Be Equal    ${opened.claims}[sub]    ${user.id}

A Token Tells Nothing About The Person
    [Tags]    JWT-34    core    needs:auth.jwt
    ${user} =    A Logged In User
    Token Should Hold Nothing Personal    ${user.access_token}
    ...    email=${user.email}    password=${user.password}    refresh_token=${user.refresh_token}

A Refreshed Token Tells Nothing About The Person Either
    [Tags]    JWT-34    needs:auth.jwt    needs:auth.refresh
    ${user} =    A Logged In User
    ${renewed} =    Refresh    ${user}
    Token Should Hold Nothing Personal    ${renewed.access_token}
    ...    email=${user.email}    password=${user.password}    refresh_token=${renewed.refresh_token}

Tokens Issued At The Same Moment Have Ids Of Their Own
    [Documentation]    Twelve log-ins of one person together. Ten thousand in a row are a matter of load.
    [Tags]    JWT-35    needs:auth.jwt    needs:auth.password
    ${user} =    A Logged In User
    @{answers} =    Call Together    auth.logIn    12    email=${user.email}    password=${user.password}
    Each Should Succeed    ${answers}
    Ids Of Tokens Should Be Unique    @{{ [answer.body['access_token'] for answer in $answers] }}

Tokens Issued One After The Other Have Ids Of Their Own
    [Documentation]    A hundred tokens of one session by as many refreshes, the cheapest way to have tokens issued.
    [Tags]    JWT-35    needs:auth.jwt    needs:auth.refresh
    @{tokens} =    Tokens Of A Hundred Refreshes
    Ids Of Tokens Should Be Unique    @{tokens}

No Well Known Secret Makes The Signature Of An Issued Token
    [Tags]    JWT-15
    ${one} =    An Issued Token
    ${other} =    An Issued Token
    No Known Secret Should Sign    ${one}    ${other}

The Published Keys Are Public, Strong And Named
    [Tags]    JWT-23    core
    ${key set} =    The Published Keys
    Key Set Should Be Fit To Publish    ${key set}

Each Published Key Names Its Algorithm
    [Tags]    JWT-06
    ${key set} =    The Published Keys
    Keys Should Name Their Algorithms    ${key set}

The Algorithms That The Discovery Names Are Those Of The Keys
    [Tags]    JWT-23    needs:auth.discovery
    ${discovery} =    Call    auth.getDiscovery
    Should Succeed    ${discovery}
    ${key set} =    The Published Keys
    ${named} =    Evaluate    set($discovery.body['id_token_signing_alg_values_supported'])
    ${of keys} =    Evaluate    {key['alg'] for key in $key_set['keys'] if 'alg' in key and key.get('use') != 'enc'}
    Should Be Equal    ${{ $of_keys - $named }}    ${{ set() }}
    Should Not Contain    ${named}    none

The Discovery Leads To The Keys
    [Tags]    JWT-23    needs:auth.discovery
    ${discovery} =    Call    auth.getDiscovery
    ${address} =    Address Of Operation    auth.getJwks
    Should Be Equal    ${discovery.body}[jwks_uri]    ${address}

The Key Set Is No Secret And Says How Long It May Be Kept
    [Tags]    JWT-23    JWT-24    needs:auth.contract
    ${answer} =    Call    auth.getJwks
    Should Match The Contract    ${answer}
    Should Have Header    ${answer}    Cache-Control    .*max-age=\\d+.*


*** Keywords ***
Tokens Of A Hundred Refreshes
    [Documentation]    The access tokens that come out of a hundred refreshes in a row.
    ${user} =    A Logged In User
    VAR    @{tokens}    ${user.access_token}
    FOR    ${_}    IN RANGE    100
        ${user} =    Refresh    ${user}
        VAR    @{tokens}    @{tokens}    ${user.access_token}
    END
    RETURN    ${tokens}
