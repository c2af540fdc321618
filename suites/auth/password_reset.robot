*** Settings ***
Documentation       How a person who forgot the password comes by another one, and nobody else does.
Resource            ../../resources/session.resource
Resource            ../../resources/password.resource
Resource            ../../resources/audit.resource
Test Tags           area:auth    promise:CH-1    needs:auth.password-reset    needs:auth.password
...                 needs:auth.mail


*** Test Cases ***
A Person Who Forgot The Password Sets Another And Logs In
    [Tags]    ACC-07    core    needs:auth.profile
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    ${changed} =    Reset Password    ${account}    ${token}
    ${user} =    Log In    ${changed}
    Should Be Let In    ${user}

After A Reset The Old Password Does Not Open The Account
    [Tags]    ACC-07
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    ${changed} =    Reset Password    ${account}    ${token}
    Log In Should Be Refused    ${changed}    password=${account.password}
    Log In    ${changed}

A Reset Token Works Once
    [Tags]    ACC-07
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    ${changed} =    Reset Password    ${account}    ${token}
    Reset Should Be Refused    ${token}
    Log In    ${changed}

Of Many Who Bring One Reset Token At The Same Moment One Sets The Password
    [Tags]    ACC-07
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    ${first} =    Fresh Password
    ${answers} =    Call Together    auth.resetPassword    6    token=${token}    new_password=${first}
    At Most One Should Succeed    ${answers}    others=invalid-reset-token
    VAR    &{changed} =    &{account}    password=${first}
    Log In    ${changed}

Reset Tokens Cannot Be Guessed
    [Tags]    ACC-07
    ${some} =    Reset Tokens Of Four Accounts
    ${more} =    Reset Tokens Of Four Accounts
    Secrets Should Be Unguessable    @{some}    @{more}

Nothing But The Mailed Token Resets A Password
    [Tags]    ACC-07
    ${account} =    A Verified Account
    ${other} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    ${live} =    A Reset Token For    ${other}
    ${new} =    Fresh Password
    ${rows} =    Altered Forms Of Secret    ${token}    token    accepted=${live}    new_password=${new}
    Call Each Row    auth.resetPassword    ${rows}    refused_as=invalid-reset-token
    Log In    ${account}

A Reset Token Sets The Password Of Its Own Account Only
    [Tags]    ACC-07
    ${account} =    A Verified Account
    ${other} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    Reset Password    ${account}    ${token}
    Log In    ${other}

A Reset Sets No Password Of Whoever Is Logged In
    [Documentation]    Somebody is logged in to another account meanwhile, as in a browser; whatever is answered, it keeps its password.
    [Tags]    ACC-07
    ${account} =    A Verified Account
    ${somebody else} =    A Logged In User
    ${token} =    A Reset Token For    ${account}
    ${new} =    Fresh Password
    ${authorization} =    Longer Secret    ${somebody else}[access_token]    before=Bearer${SPACE}
    Call    auth.resetPassword    token=${token}    new_password=${new}    authorization=${authorization}
    Log In Should Be Refused    ${somebody else}    password=${new}
    Log In    ${somebody else}

An Address That Only Looks Like Another's Is Mailed Nothing
    [Documentation]    When the mail of a later request has come, the one before it was dealt with.
    [Tags]    ACC-07    AUTH-107    needs:auth.signup    needs:auth.email-verification
    [Template]    A Request For A Lookalike Is Mailed Nothing
    i    ı
    i    í
    k    κ
    s    ſs
    a    а

A Reset Token Goes To The Owner's Address And Nobody Else's
    [Documentation]    A mail to somebody who asked later has come; so would a second one to anybody about the first.
    [Tags]    ACC-07
    ${account} =    A Verified Account
    ${mail} =    A Reset Mail For    ${account}
    ${later} =    A Verified Account
    A Reset Mail For    ${later}
    Nobody Else Should Have The Token Of    ${mail}

A Reset Mail Holds No Password
    [Tags]    ACC-07
    ${account} =    A Verified Account
    ${mail} =    A Reset Mail For    ${account}
    Mail Should Hold No Secret    ${mail}    password=${account.password}

No Other Token Resets A Password
    [Tags]    ACC-07    needs:auth.refresh
    ${user} =    A Logged In User
    ${new} =    Fresh Password
    ${answer} =    Call    auth.resetPassword    token=${user.access_token}    new_password=${new}
    Should Not Succeed    ${answer}
    Reset Should Be Refused    ${user.refresh_token}
    Log In    ${user}

A Confirmation Token Resets No Password
    [Tags]    ACC-07    needs:auth.email-verification    needs:auth.signup
    ${person} =    An Unconfirmed Account
    ${token} =    Confirmation Token For    ${person.email}
    Reset Should Be Refused    ${token}

A Reset Token Confirms No Address And Lets Nobody In
    [Tags]    ACC-07    needs:auth.profile    needs:auth.email-verification
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    ${answer} =    Call    auth.verifyEmail    token=${token}
    Should Not Succeed    ${answer}
    ${me} =    Call    auth.getMe    token=${token}
    Should Be Refused As    ${me}    invalid-token
    Reset Password    ${account}    ${token}

A Newer Reset Token Voids The Older
    [Tags]    AUTH-105
    ${account} =    A Verified Account
    ${older} =    A Reset Token For    ${account}
    ${newer} =    A Reset Token For    ${account}
    Reset Should Be Refused    ${older}
    Reset Password    ${account}    ${newer}

A Reset Of Somebody Else Voids No Token
    [Tags]    AUTH-105
    ${ann} =    A Verified Account
    ${bob} =    A Verified Account
    ${token} =    A Reset Token For    ${ann}
    A Reset Token For    ${bob}
    Reset Password    ${ann}    ${token}

A Change Of The Password Voids A Reset Token
    [Tags]    AUTH-105    needs:auth.password-change
    ${user} =    A Logged In User
    ${token} =    A Reset Token For    ${user}
    ${changed} =    Change Password    ${user}
    Reset Should Be Refused    ${token}
    Log In    ${changed}

A Reset Ends Every Session
    [Tags]    AUTH-106    core    needs:auth.profile
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}
    Should Be Let In    ${user}
    ${token} =    A Reset Token For    ${user}
    Reset Password    ${user}    ${token}
    Should Be Shut Out    ${user}
    Should Be Shut Out    ${elsewhere}

A Reset Ends Sessions Of Devices With A Name
    [Tags]    AUTH-106    needs:auth.profile
    ${account} =    A Verified Account
    ${phone} =    Log In    ${account}    device_id=phone
    ${token} =    A Reset Token For    ${account}
    Reset Password    ${account}    ${token}
    Should Be Shut Out    ${phone}

A Reset Ends Every Refresh Token
    [Tags]    AUTH-106    needs:auth.refresh
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}
    ${token} =    A Reset Token For    ${user}
    Reset Password    ${user}    ${token}
    Should Not Be Able To Refresh    ${user}
    Should Not Be Able To Refresh    ${elsewhere}

A Reset Leaves Other People Alone
    [Tags]    AUTH-106    needs:auth.profile
    ${ann} =    A Logged In User
    ${bob} =    A Logged In User
    ${token} =    A Reset Token For    ${ann}
    Reset Password    ${ann}    ${token}
    Should Be Let In    ${bob}

A Request For A Reset Alone Changes Nothing
    [Tags]    AUTH-110    needs:auth.profile
    ${user} =    A Logged In User
    A Reset Token For    ${user}
    Should Be Let In    ${user}
    Log In    ${user}

The Owner Is Told Of A Reset By Mail
    [Tags]    AUTH-101
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    ${before} =    Mails To    ${account.email}
    ${changed} =    Reset Password    ${account}    ${token}
    ${mail} =    Wait For Mail    ${account.email}    number=${{ len($before) + 1 }}
    Mail Should Hold No Secret    ${mail}    old=${account.password}    new=${changed.password}    token=${token}

A Request Does Not Tell Whether An Address Has An Account
    [Tags]    AUTH-107
    ${account} =    A Verified Account
    ${nobody} =    A Person
    ${for known} =    Request A Reset    ${account.email}
    ${for unknown} =    Request A Reset    ${nobody.email}
    Should Look Alike    ${for known}    ${for unknown}

A Request Does Not Tell Of An Unconfirmed Account
    [Tags]    AUTH-107    needs:auth.signup
    ${waiting} =    An Unconfirmed Account
    ${nobody} =    A Person
    ${for waiting} =    Request A Reset    ${waiting.email}
    ${for unknown} =    Request A Reset    ${nobody.email}
    Should Look Alike    ${for waiting}    ${for unknown}

Nobody Without An Account Is Mailed
    [Documentation]    When the mail of a later request has come, the one before it was dealt with.
    [Tags]    AUTH-107
    ${nobody} =    A Person
    ${account} =    A Verified Account
    Request A Reset    ${nobody.email}
    A Reset Mail For    ${account}
    ${mails} =    Mails To    ${nobody.email}
    Should Be Empty    ${mails}    Somebody without an account was mailed.

Capitals In An Address Make No Difference To A Reset
    [Tags]    ACC-07
    ${account} =    A Verified Account
    ${before} =    Mails To    ${account.email}    with_token=True
    Request A Reset    ${account.email.upper()}
    ${mail} =    Wait For Mail    ${account.email}    number=${{ len($before) + 1 }}    with_token=True
    ${token} =    Mailed Token In    ${mail}
    Reset Password    ${account}    ${token}

What Is No Address Is Refused
    [Tags]    ACC-07
    ${answer} =    Call    auth.requestPasswordReset    email=nobody
    Should Be Refused As    ${answer}    invalid-request
    Should Name The Field    ${answer}    email

No Header Leads The Link Elsewhere
    [Documentation]    Whatever is answered to a request with such a header, no mail leads to where it says.
    [Tags]    AUTH-109    needs:auth.signup
    [Template]    A Request With A Header Is Mailed No Link To Another Host
    Host                attacker.test
    X-Forwarded-Host    attacker.test
    X-Host              attacker.test
    Forwarded           host=attacker.test
    X-Original-URL      https://attacker.test/
    Origin              https://attacker.test
    Referer             https://attacker.test/

A Refused Password Changes Nothing And Leaves The Token Good
    [Tags]    AUTH-110    needs:auth.profile    needs:auth.problems
    ${account} =    A Logged In User
    ${token} =    A Reset Token For    ${account}
    ${too short} =    Fresh Password    characters=7
    ${answer} =    Call    auth.resetPassword    token=${token}    new_password=${too short}
    Should Be Refused As    ${answer}    invalid-request
    Should Name The Field    ${answer}    new_password
    Answer Should Hold No Secret    ${answer}    password=${too short}    token=${token}
    Should Be Let In    ${account}
    Log In    ${account}
    Reset Password    ${account}    ${token}

A Reset To A Password That Everybody Tries First Is Refused
    [Tags]    AUTH-111    AUTH-110
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    ${answer} =    Call    auth.resetPassword    token=${token}    new_password=qwerty123
    Should Be Refused As    ${answer}    invalid-request
    Should Name The Field    ${answer}    new_password
    Log In    ${account}
    Reset Password    ${account}    ${token}

A Token That Was Used Ends No Session
    [Tags]    AUTH-110    needs:auth.profile
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    ${changed} =    Reset Password    ${account}    ${token}
    ${user} =    Log In    ${changed}
    Reset Should Be Refused    ${token}
    Should Be Let In    ${user}

No Reset Token Is Stored
    [Tags]    AUTH-83    needs:auth.database
    ${account} =    A Verified Account
    ${token} =    A Reset Token For    ${account}
    No Record Should Hold    ${account.email}    reset_token=${token}
    Reset Password    ${account}    ${token}
    No Record Should Hold    ${account.email}    reset_token=${token}


*** Keywords ***
A Request With A Header Is Mailed No Link To Another Host
    [Documentation]    When the mail of a later request has come, the one before it was dealt with.
    [Arguments]    ${name}    ${value}
    ${account} =    A Verified Account
    Call    auth.requestPasswordReset    email=${account.email}    headers=${{ {$name: $value} }}
    ${other} =    A Verified Account
    A Reset Mail For    ${other}
    No Mail Should Mention    ${account.email}    attacker.test

A Request For A Lookalike Is Mailed Nothing
    [Documentation]    Asks for a reset of an address in which one letter is another that looks alike, whatever is answered.
    [Arguments]    ${letter}    ${lookalike}
    ${person} =    A Person
    VAR    &{account} =    &{person}    email=${letter}-${person.email}
    Sign Up    ${account}
    Confirm The Address Of    ${account}
    Call    auth.requestPasswordReset    email=${lookalike}-${person.email}
    ${other} =    A Verified Account
    A Reset Mail For    ${other}
    ${mails} =    Mails To    ${lookalike}-${person.email}
    Should Be Empty    ${mails}    An address that only looks like that of the account was mailed.
