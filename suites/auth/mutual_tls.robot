*** Settings ***
Documentation       Services prove who they are by a client certificate, and by nothing else.
Resource            ../../resources/session.resource
Resource            ../../resources/audit.resource
Resource            ../../resources/certificate.resource
Suite Setup         A Platform Over HTTPS
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.https    needs:auth.mutual-tls    needs:auth.service-certificates


*** Test Cases ***
A Service Is Known By Its Certificate
    [Documentation]    The thumbprint is what a token would be bound to.
    [Tags]    AUTH-280    core
    ${service} =    A Service With A Certificate
    ${answer} =    Should Be Known By Its Certificate    ${service}
    ${thumbprint} =    Certificate Thumbprint    ${service.certificate}
    Should Be Equal    ${answer.body}[certificate_thumbprint]    ${thumbprint}

Each Service Is Known By Its Own Certificate
    [Documentation]    One after the other and the first again, over connections that are kept.
    [Tags]    AUTH-280
    ${one} =    A Service With A Certificate
    ${another} =    A Service With A Certificate
    Should Be Known By Its Certificate    ${one}
    Should Be Known By Its Certificate    ${another}
    Should Be Known By Its Certificate    ${one}

A Renewed Certificate Is The Same Service
    [Tags]    AUTH-280
    ${service} =    A Service With A Certificate
    ${renewed} =    Issue Certificate    ${service.name}
    VAR    &{later} =    name=${service.name}    certificate=${renewed}
    Should Be Known By Its Certificate    ${service}
    Should Be Known By Its Certificate    ${later}

A Certificate With A Flaw Names Nobody
    [Tags]    ACC-17
    [Template]    A Certificate ${flaw} Names Nobody
    signed by itself
    of another authority
    of another authority with the name of the right one
    expired
    not yet valid
    for servers only
    for signing code only
    with a critical extension that nobody knows
    with an RSA key of 1024 bits
    signed with SHA-1

A Certificate With Another Name Names Nobody
    [Tags]    ACC-17
    [Template]    A Certificate ${flaw} Names Nobody
    without an alternative name
    named in another domain
    named in a domain that ends alike
    named one level deeper
    named by a wildcard
    with two names
    with a mailbox beside its name
    with an address beside its name
    with a URI beside its name
    named as a mailbox

A Certificate Below One That May Not Issue It Names Nobody
    [Tags]    ACC-17
    [Template]    A Certificate ${flaw} Names Nobody
    by a certificate that is no authority
    by an authority that is limited to other names
    by an authority that has expired
    at the end of too long a chain

Without A Certificate Nobody Is Named
    [Tags]    ACC-17
    ${service} =    A Service With A Certificate
    Should Be Known By Its Certificate    ${service}
    ${answer} =    Call    auth.identifyService
    Should Be Refused As    ${answer}    invalid-certificate

A Refused Service Is Told How To Prove Itself
    [Documentation]    With a certificate that is not accepted as well as without one.
    [Tags]    AUTH-451
    ${service} =    A Service With A Certificate
    Revoke Certificate    ${service.certificate}
    ${revoked} =    Call    auth.identifyService    certificate=${service.certificate}
    Should Be Refused As    ${revoked}    invalid-certificate    status=401
    Should Have Header    ${revoked}    WWW-Authenticate
    ${none} =    Call    auth.identifyService
    Should Be Refused As    ${none}    invalid-certificate    status=401
    Should Have Header    ${none}    WWW-Authenticate

A User's Token Is No Certificate
    [Tags]    AUTH-281
    ${user} =    A Logged In User
    ${answer} =    Call    auth.identifyService    token=${user.access_token}
    Should Be Refused As    ${answer}    invalid-certificate

A Certificate In A Header Is No Certificate
    [Documentation]    As proxies pass them on; nothing that a caller can write is believed.
    [Tags]    AUTH-281
    [Template]    A Certificate In The Headers Of ${proxy} Names Nobody
    Envoy
    nginx
    Apache
    HAProxy
    RFC 9440

A Certificate In A Header Takes The Place Of No Other
    [Documentation]    Sent by a service that has shown its own certificate.
    [Tags]    AUTH-281
    [Template]    A Service Is Known As Itself With Another's Certificate In The Headers Of ${proxy}
    Envoy
    nginx
    Apache
    HAProxy
    RFC 9440

A Certificate Lets Nobody In As A User
    [Tags]    AUTH-281
    ${service} =    A Service With A Certificate
    ${answer} =    Call    auth.getMe    certificate=${service.certificate}
    Should Be Refused As    ${answer}    missing-token

A Revoked Certificate Is Refused At Once
    [Documentation]    On the connection that was open before as well as on a new one.
    [Tags]    AUTH-282    core
    ${service} =    A Service With A Certificate
    ${bystander} =    A Service With A Certificate
    Should Be Known By Its Certificate    ${service}
    Should Be Known By Its Certificate    ${bystander}
    Revoke Certificate    ${service.certificate}
    Should Not Be Known By Its Certificate    ${service}
    Should Be Known By Its Certificate    ${bystander}

A Certificate Revoked Before Its First Use Is Refused
    [Tags]    AUTH-282
    ${service} =    A Service With A Certificate
    Revoke Certificate    ${service.certificate}
    Should Not Be Known By Its Certificate    ${service}

A Revoked Certificate Stays Refused When Others Are Revoked After It
    [Tags]    AUTH-282
    ${first} =    A Service With A Certificate
    ${second} =    A Service With A Certificate
    ${third} =    A Service With A Certificate
    Revoke Certificate    ${first.certificate}
    Revoke Certificate    ${second.certificate}
    Revoke Certificate    ${third.certificate}
    Should Not Be Known By Its Certificate    ${first}
    Should Not Be Known By Its Certificate    ${second}
    Should Not Be Known By Its Certificate    ${third}

A Service Whose Certificate Was Revoked Is Known By Its Next One
    [Tags]    AUTH-282
    ${service} =    A Service With A Certificate
    Revoke Certificate    ${service.certificate}
    Should Not Be Known By Its Certificate    ${service}
    ${renewed} =    Issue Certificate    ${service.name}
    VAR    &{later} =    name=${service.name}    certificate=${renewed}
    Should Be Known By Its Certificate    ${later}

A Refused Certificate Is In The Security Log
    [Tags]    AUTH-283    needs:auth.security-log
    ${service} =    A Service With A Certificate
    Revoke Certificate    ${service.certificate}
    ${answer} =    Call    auth.identifyService    certificate=${service.certificate}
    Should Be Refused As    ${answer}    invalid-certificate
    Wait For Security Event    service.refused    reason=revoked

A Service That Was Named Is In The Security Log
    [Tags]    AUTH-283    needs:auth.security-log
    ${service} =    A Service With A Certificate
    Should Be Known By Its Certificate    ${service}
    Wait For Security Event    service.identified    service_id=${service.name}


*** Keywords ***
A Certificate ${flaw} Names Nobody
    [Documentation]    The same certificate without the flaw is accepted.
    ${name} =    Fresh Service
    ${good} =    Issue Certificate    ${name}
    ${flawed} =    Issue Certificate    ${name}    flaw=${flaw}
    VAR    &{service} =    name=${name}    certificate=${good}
    Should Be Known By Its Certificate    ${service}
    VAR    &{service} =    name=${name}    certificate=${flawed}
    Should Not Be Known By Its Certificate    ${service}

A Certificate In The Headers Of ${proxy} Names Nobody
    [Documentation]    Sent by a caller who has shown no certificate.
    ${service} =    A Service With A Certificate
    ${headers} =    Certificate As Headers    ${service.certificate}    ${proxy}
    ${answer} =    Call    auth.identifyService    headers=${headers}
    Should Be Refused As    ${answer}    invalid-certificate

A Service Is Known As Itself With Another's Certificate In The Headers Of ${proxy}
    [Documentation]    The other's certificate is good, where its own connection is opened with it.
    ${own} =    A Service With A Certificate
    ${another} =    A Service With A Certificate
    ${headers} =    Certificate As Headers    ${another.certificate}    ${proxy}
    Should Be Known By Its Certificate    ${another}
    Should Be Known By Its Certificate    ${own}    headers=${headers}
