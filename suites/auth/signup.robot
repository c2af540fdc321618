*** Settings ***
Documentation       How a person comes by an account.
Resource            ../../resources/session.resource
Test Tags           area:auth    promise:CH-1    needs:auth.signup    needs:auth.email-verification    needs:auth.mail


*** Test Cases ***
A Person Signs Up, Confirms And Logs In
    [Tags]    AUTH-01    core
    ${person} =    A Person
    Sign Up    ${person}
    ${confirmed} =    Confirm The Address Of    ${person}
    Should Be Equal    ${confirmed}[email]    ${person.email}
    ${user} =    Log In    ${person}
    Should Be Let In    ${user}

The Confirmation Goes To The Address With Its Tag
    [Tags]    AUTH-12
    ${person} =    A Person
    VAR    ${tagged} =    ${{ $person['email'].replace('@', '+shop@') }}
    VAR    &{person} =    &{person}    email=${tagged}
    Sign Up    ${person}
    ${mail} =    Wait For Mail    ${tagged}
    Should Be Equal    ${mail.to}    ${tagged}
    ${untagged} =    Mails To    ${{ $tagged.replace('+shop', '') }}
    Should Be Empty    ${untagged}

An Unconfirmed Account Cannot Be Logged In To
    [Tags]    AUTH-02    needs:auth.password
    ${person} =    An Unconfirmed Account
    Log In Should Be Refused    ${person}    email-not-verified

A Confirmation Token Works Once
    [Tags]    AUTH-03
    ${person} =    An Unconfirmed Account
    ${token} =    Confirmation Token For    ${person.email}
    Confirm The Address Of    ${person}
    ${again} =    Call    auth.verifyEmail    token=${token}
    Should Be Refused As    ${again}    invalid-verification-token

Nothing But The Mailed Token Confirms An Address
    [Tags]    AUTH-05
    ${person} =    An Unconfirmed Account
    ${other} =    An Unconfirmed Account
    ${token} =    Confirmation Token For    ${person.email}
    ${live} =    Confirmation Token For    ${other.email}
    ${rows} =    Altered Forms Of Secret    ${token}    token    accepted=${live}
    Call Each Row    auth.verifyEmail    ${rows}    refused_as=invalid-verification-token
    Log In Should Be Refused    ${person}    email-not-verified

A Confirmation Token Confirms Its Own Address Only
    [Tags]    AUTH-05
    ${person} =    An Unconfirmed Account
    ${other} =    An Unconfirmed Account
    Confirm The Address Of    ${person}
    Log In Should Be Refused    ${other}    email-not-verified

A Second Sign-Up Changes No Password
    [Tags]    AUTH-06    needs:auth.password
    ${account} =    A Verified Account
    ${stranger} =    A Person
    Sign Up    ${stranger}    email=${account.email}
    Log In Should Be Refused    ${account}    password=${stranger.password}
    Log In    ${account}

A Second Sign-Up Leaves Open Sessions Alone
    [Tags]    AUTH-06
    ${user} =    A Logged In User
    Sign Up    ${user}
    Should Be Let In    ${user}

The Password Is That Of The Sign-Up Whose Mail Was Answered
    [Documentation]    Two people sign up the same address; the one who reads the mail decides.
    [Tags]    AUTH-06    AUTH-12    needs:auth.password
    ${owner} =    An Unconfirmed Account
    ${stranger} =    A Person
    Wait For Mail    ${owner.email}
    Sign Up    ${stranger}    email=${owner.email}
    Confirm The Address Of    ${owner}
    Log In Should Be Refused    ${owner}    password=${stranger.password}
    Log In    ${owner}

A Second Sign-Up Renames Nobody
    [Tags]    AUTH-06    needs:auth.profile
    ${user} =    A Logged In User
    ${before} =    Call    auth.getMe    token=${user.access_token}
    ${answer} =    Call    auth.signUp    email=${user.email}    password=${user.password}    full_name=Somebody Else
    Should Succeed    ${answer}
    ${after} =    Call    auth.getMe    token=${user.access_token}
    Should Be Equal    ${after.body}[full_name]    ${before.body}[full_name]

Capitals In An Address Make No Second Account
    [Tags]    AUTH-06
    ${user} =    A Logged In User
    Sign Up    ${user}    email=${user.email.upper()}
    ${same} =    Log In    ${user}    email=${user.email.title()}
    Should Be Equal    ${same.id}    ${user.id}

Sign-Up Does Not Tell Whether An Address Has An Account
    [Tags]    AUTH-07
    ${account} =    A Verified Account
    ${unknown} =    A Person
    ${for known} =    Sign Up    ${account}
    ${for unknown} =    Sign Up    ${unknown}
    Should Look Alike    ${for known}    ${for unknown}

Sign-Up Does Not Tell Of An Unconfirmed Account
    [Tags]    AUTH-07
    ${waiting} =    An Unconfirmed Account
    ${unknown} =    A Person
    ${for waiting} =    Sign Up    ${waiting}
    ${for unknown} =    Sign Up    ${unknown}
    Should Look Alike    ${for waiting}    ${for unknown}

A Refused Password Does Not Tell Whether An Address Has An Account
    [Tags]    AUTH-07
    ${account} =    A Verified Account
    ${unknown} =    A Person
    ${too short} =    Fresh Password    characters=3
    ${for known} =    Call    auth.signUp    email=${account.email}    password=${too short}
    ${for unknown} =    Call    auth.signUp    email=${unknown.email}    password=${too short}
    Should Be Refused As    ${for unknown}    invalid-request
    Should Look Alike    ${for known}    ${for unknown}

The Owner Of An Address Learns Of A Second Sign-Up
    [Tags]    AUTH-07    AUTH-12
    ${account} =    A Verified Account
    Sign Up    ${account}
    ${mail} =    Wait For Mail    ${account.email}    number=2
    Mail Should Hold No Secret    ${mail}    password=${account.password}

The Confirmation Mail Goes To The Address That Signed Up
    [Tags]    AUTH-12
    ${person} =    An Unconfirmed Account
    ${mail} =    Wait For Mail    ${person.email}
    Mail Should Hold No Secret    ${mail}    password=${person.password}

The Confirmation Token Goes To Nobody Else
    [Documentation]    A mail to somebody who signed up later has come; so would a second one to anybody about the first.
    [Tags]    AUTH-12
    ${person} =    An Unconfirmed Account
    ${mail} =    Wait For Mail    ${person.email}
    ${later} =    An Unconfirmed Account
    Wait For Mail    ${later.email}
    Nobody Else Should Have The Token Of    ${mail}

No Address Reaches Into The Headers Of A Mail
    [Documentation]    The other address stands where the sign @ stands alone.
    [Tags]    AUTH-09    AUTH-12
    [Template]    An Address That Goes On Brings Nobody Else A Mail
    \r\nBcc: @
    \nBcc: @
    \rBcc: @
    , @
    ; @
    ${SPACE}@
    %0d%0aBcc: @


*** Keywords ***
An Address That Goes On Brings Nobody Else A Mail
    [Documentation]    The sign-up is refused; when the mail of a later one has come, the other person still has none.
    [Arguments]    ${ending}
    ${person} =    A Person
    ${other} =    Fresh Email
    ${answer} =    Call    auth.signUp    email=${{ $person.email + $ending.replace('@', $other) }}
    ...    password=${person.password}
    Should Be Refused As    ${answer}    invalid-request
    Sign Up    ${person}
    Wait For Mail    ${person.email}
    ${mails} =    Mails To    ${other}
    Should Be Empty    ${mails}
