*** Settings ***
Documentation       What costs the platform much is limited by itself. The platform of this suite takes four sign-ups, log-ins and
...                 requests for a reset an hour from an address, and mails an address twice because of sign-ups.
Resource            ../../resources/limit.resource
Resource            ../../resources/session.resource
Resource            ../../resources/password.resource
Resource            ../../resources/mail.resource
Suite Setup         Start A Private Platform    signup_limit=${4}    login_limit=${4}    reset_limit=${4}    signup_mails=${2}
...                 signup_window=${3600}    login_window=${3600}    reset_window=${3600}    address_limit=${100}
...                 address_window=${3600}    argon2_time_cost=${1}    argon2_memory_kib=${64}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.rate-limits
...                 needs:auth.signup    needs:auth.floods


*** Test Cases ***
Sign-Ups From An Address Are Limited
    [Documentation]    However many accounts they are for.
    [Tags]    API-11    core
    ${nobody} =    A Person
    ${calls} =    Calls Of Different People    12    ${nobody.email}    password=${nobody.password}
    ${answers} =    Call Together    auth.signUp    each=${calls}
    Exactly So Many Should Be Allowed    ${answers}    4

Log-Ins From An Address Are Limited
    [Documentation]    One password tried on many accounts makes no failure twice.
    [Tags]    API-11    core    needs:auth.password
    ${nobody} =    A Person
    ${calls} =    Calls Of Different People    12    ${nobody.email}    password=${nobody.password}
    ${answers} =    Call Together    auth.logIn    each=${calls}
    Exactly So Many Should Be Allowed    ${answers}    4

Requests For A Reset From An Address Are Limited
    [Tags]    API-11    core    needs:auth.password-reset
    ${nobody} =    A Person
    ${calls} =    Calls Of Different People    12    ${nobody.email}
    ${answers} =    Call Together    auth.requestPasswordReset    each=${calls}
    Exactly So Many Should Be Allowed    ${answers}    4

Requests That Are Not Valid Count
    [Tags]    API-11    API-09
    ${answers} =    Call Until Refused    auth.signUp    email=no address    password=short
    Exactly So Many Should Be Allowed    ${answers}    4

Each Of The Flows Has Room Of Its Own
    [Tags]    API-11    API-05    needs:auth.password-reset
    ${account} =    A Verified Account
    Use Up    auth.requestPasswordReset    email=${account.email}
    Log In    ${account}
    ${person} =    A Person
    Sign Up    ${person}

What The Limit Of A Flow Refuses Takes Nothing From The Address
    [Documentation]    Between the two that are compared four requests are answered, and four are not.
    [Tags]    API-07    needs:auth.password-reset    needs:auth.jwks
    ${nobody} =    A Person
    ${before} =    Should Be Served    auth.getJwks
    Use Up    auth.requestPasswordReset    email=${nobody.email}
    Repeat Keyword    3    Should Have To Wait    auth.requestPasswordReset    email=${nobody.email}
    ${after} =    Should Be Served    auth.getJwks
    VAR    @{answers} =    ${before}    ${after}
    What Is Left Should Fall    ${answers}    by=5

The Limits Of The Flows Are By Address
    [Tags]    API-05    API-11
    ${person} =    A Person
    ${flooder} =    Another Address
    Use Up    auth.signUp    address=${flooder}    email=${person.email}    password=${person.password}
    ${other} =    A Person
    Sign Up    ${other}

Headers That Claim Another Address Do Not Help To Log In
    [Tags]    API-06    API-11
    ${nobody} =    A Person
    ${calls} =    Claims Of Other Addresses    email=${nobody.email}    password=${nobody.password}
    ${answers} =    Call Together    auth.logIn    each=${calls}
    Exactly So Many Should Be Allowed    ${answers}    4

No More Than The Allowed Number Of Mails Is Sent Because Of Sign-Ups
    [Documentation]    When the mail to somebody who signed up later has come, the third one was dealt with.
    [Tags]    AUTH-121    needs:auth.mail
    ${person} =    A Person
    Sign Up    ${person}
    Sign Up    ${person}
    Sign Up    ${person}
    ${other} =    A Person
    Sign Up    ${other}
    Wait For Mail    ${other.email}
    ${mails} =    Mails To    ${person.email}
    Length Should Be    ${mails}    2

No More Than The Allowed Number Of Mails Is Sent To Who Has An Account
    [Tags]    AUTH-121    needs:auth.mail    needs:auth.email-verification
    ${account} =    A Verified Account
    Sign Up    ${account}
    Sign Up    ${account}
    ${other} =    A Person
    Sign Up    ${other}
    Wait For Mail    ${other.email}
    ${mails} =    Mails To    ${account.email}
    Length Should Be    ${mails}    2

However An Address Is Spelt, It Is Mailed No More Often
    [Tags]    AUTH-121    API-06    needs:auth.mail
    ${person} =    A Person
    Sign Up    ${person}
    Sign Up    ${person}
    Sign Up    ${person}    email=${person.email.upper()}
    ${other} =    A Person
    Sign Up    ${other}
    Wait For Mail    ${other.email}
    ${mails} =    Mails To    ${person.email}
    Length Should Be    ${mails}    2

A Sign-Up Beyond The Allowed Number Of Mails Is Answered Like Any Other
    [Tags]    AUTH-121    needs:auth.mail
    ${person} =    A Person
    ${first} =    Sign Up    ${person}
    Sign Up    ${person}
    ${third} =    Sign Up    ${person}
    Should Look Alike    ${third}    ${first}

The Last Mail Within The Allowed Number Stays Good
    [Documentation]    A stranger who keeps signing up with an address takes nothing from its owner.
    [Tags]    AUTH-121    needs:auth.mail    needs:auth.email-verification
    ${person} =    A Person
    Sign Up    ${person}
    Sign Up    ${person}
    ${stranger} =    A Person
    Sign Up    ${stranger}    email=${person.email}
    Confirm The Address Of    ${person}    number=2
    Log In    ${person}
