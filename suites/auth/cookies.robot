*** Settings ***
Documentation       Browsers hold their tokens in cookies: out of reach of scripts and of other sites, and gone after log-out.
Resource            ../../resources/session.resource
Resource            ../../resources/browser.resource
Resource            ../../resources/second_factor.resource
Resource            ../../resources/https.resource
Resource            ../../resources/audit.resource
Suite Setup         A Platform Over HTTPS
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.https    needs:auth.cookies    needs:auth.profile


*** Variables ***
&{FROM ANOTHER PAGE}        Origin=https://another.assay.test    X-CSRF-Protection=1


*** Test Cases ***
Cookies Are Guarded
    [Tags]    ACC-11    core
    [Template]    The Cookies Of A Log-In And A Renewal Are
    sent over HTTPS only
    hidden from scripts
    kept from other sites
    of this host alone
    short enough to be kept

No Token Is In The Body Of A Log-In
    [Tags]    ACC-11    core
    ${account} =    A Verified Account
    ${answer} =    Log In By Cookie    ${account}
    Body Should Hold No Cookie    ${answer}

No Token Is In The Body Of A Renewal
    [Tags]    ACC-11
    ${user} =    A Browser That Is Logged In
    ${answer} =    Renew By Cookie    ${user}
    Body Should Hold No Cookie    ${answer}

A Browser Is Let In By Its Cookies
    [Tags]    AUTH-145    core
    ${user} =    A Browser That Is Logged In
    Browser Should Be Let In    ${user}

A Browser Is Let In After A Renewal
    [Tags]    AUTH-145
    ${user} =    A Browser That Is Logged In
    Renew By Cookie    ${user}
    Renew By Cookie    ${user}
    Browser Should Be Let In    ${user}

What Is Sent With Each Request Renews Nothing
    [Documentation]    Whoever gets hold of the cookies of one request has the access token alone.
    [Tags]    AUTH-145
    ${user} =    A Browser That Is Logged In
    ${address} =    Address Of Operation    auth.getMe
    ${cookies} =    Cookies For    ${user.browser}    ${address}
    ${answer} =    Call    auth.refreshByCookie    headers=${{ {'Cookie': $cookies, 'X-CSRF-Protection': '1'} }}
    Should Be Refused As    ${answer}    invalid-refresh-token
    Renew By Cookie    ${user}

A Stolen Cookie Ends The Session When Both Renew
    [Tags]    AUTH-145
    ${user} =    A Browser That Is Logged In
    ${thief} =    A Thief's Copy Of    ${user}
    Renew By Cookie    ${thief}
    ${answer} =    Call As Browser    ${user}    auth.refreshByCookie
    Should Be Refused As    ${answer}    invalid-refresh-token
    Browser Should Be Shut Out    ${thief}

Another Site Cannot Have A Browser Log Out
    [Tags]    AUTH-146    core    needs:auth.logout
    ${user} =    A Browser That Is Logged In
    ${answer} =    Call As Browser    ${user}    auth.logOut    page=${NOTHING}
    Should Be Refused As    ${answer}    forged-request
    Browser Should Be Let In    ${user}

Another Site Cannot Have A Browser Change The Password
    [Tags]    AUTH-146    needs:auth.password-change
    ${user} =    A Browser That Is Logged In
    ${new} =    Fresh Password
    ${answer} =    Call As Browser    ${user}    auth.changePassword    page=${NOTHING}
    ...    current_password=${user.password}    new_password=${new}
    Should Be Refused As    ${answer}    forged-request
    Log In By Cookie    ${user}

Another Site Cannot Have A Browser End A Session
    [Tags]    AUTH-146    needs:auth.sessions
    ${user} =    A Browser That Is Logged In
    ${session} =    Call As Browser    ${user}    auth.getSession
    ${answer} =    Call As Browser    ${user}    auth.endSession    page=${NOTHING}    session_id=${session.body}[id]
    Should Be Refused As    ${answer}    forged-request
    Browser Should Be Let In    ${user}

Another Site Cannot Have A Browser Renew
    [Tags]    AUTH-146
    ${user} =    A Browser That Is Logged In
    ${answer} =    Call As Browser    ${user}    auth.refreshByCookie    page=${NOTHING}
    Should Be Refused As    ${answer}    forged-request
    Renew By Cookie    ${user}

Another Site Cannot Log A Browser In
    [Documentation]    Else a person would go on in an account of the attacker and trust it with what is theirs.
    [Tags]    AUTH-146
    ${account} =    A Verified Account
    ${answer} =    Call    auth.logInByCookie    email=${account.email}    password=${account.password}
    Should Be Refused As    ${answer}    forged-request
    ${browser} =    A Browser
    Keep Cookies    ${browser}    ${answer}
    Browser Should Hold No Cookies    ${browser}

A Page Of Another Origin Is Refused Whatever It Sends
    [Tags]    AUTH-146    needs:auth.logout
    ${user} =    A Browser That Is Logged In
    ${answer} =    Call As Browser    ${user}    auth.logOut    page=${FROM ANOTHER PAGE}
    Should Be Refused As    ${answer}    forged-request
    Browser Should Be Let In    ${user}

A Page Of Another Port Is A Page Of Another Origin
    [Tags]    AUTH-146    needs:auth.logout
    ${user} =    A Browser That Is Logged In
    ${address} =    Address Of Operation    auth.getHealth
    VAR    &{neighbour} =    Origin=${{ re.match('https://[^/:]+', $address).group() }}:1    &{FROM OUR PAGE}
    ${answer} =    Call As Browser    ${user}    auth.logOut    page=${neighbour}
    Should Be Refused As    ${answer}    forged-request
    Browser Should Be Let In    ${user}

A Page Of The Service's Own Origin Is Let In
    [Documentation]    The control of the test before.
    [Tags]    AUTH-146    needs:auth.logout
    ${user} =    A Browser That Is Logged In
    ${address} =    Address Of Operation    auth.getHealth
    VAR    &{own page} =    Origin=${{ re.match('https://[^/]+', $address).group() }}    &{FROM OUR PAGE}
    ${answer} =    Call As Browser    ${user}    auth.logOut    page=${own page}
    Should Succeed    ${answer}

A Forged Request Is Told
    [Tags]    AUTH-146    needs:auth.logout    needs:auth.security-log
    ${address} =    Own Address
    ${user} =    A Browser That Is Logged In
    Call As Browser    ${user}    auth.logOut    page=${NOTHING}
    Exactly One Security Event Should Tell    request.forged    address=${address}    outcome=failure

A Token In A Header And In A Cookie At Once Are Refused
    [Tags]    AUTH-147
    ${user} =    A Browser That Is Logged In
    ${with a token} =    Log In    ${user}
    ${answer} =    Call As Browser    ${user}    auth.getMe    token=${with a token.access_token}
    Should Be Refused As    ${answer}    invalid-token
    Should Be Let In    ${with a token}
    Browser Should Be Let In    ${user}

Cookies Of Two Sessions At Once Are Refused
    [Documentation]    Whichever comes first, for whoever can put a cookie beside another chooses whose session it is.
    [Tags]    AUTH-147
    ${user} =    A Browser That Is Logged In
    ${other} =    A Browser That Is Logged In
    ${address} =    Address Of Operation    auth.getMe
    ${first} =    Cookies For    ${user.browser}    ${address}    ${other.browser}
    ${second} =    Cookies For    ${other.browser}    ${address}    ${user.browser}
    ${one} =    Call    auth.getMe    headers=${{ {'Cookie': $first} }}
    ${two} =    Call    auth.getMe    headers=${{ {'Cookie': $second} }}
    Should Be Refused As    ${one}    invalid-token
    Should Be Refused As    ${two}    invalid-token

Log-Out Has The Browser Forget Its Cookies
    [Tags]    AUTH-148    core    needs:auth.logout
    ${user} =    A Browser That Is Logged In
    Browser Should Hold Cookies    ${user.browser}
    ${answer} =    Call As Browser    ${user}    auth.logOut
    Should Succeed    ${answer}
    Browser Should Hold No Cookies    ${user.browser}
    Each Cookie Should Be    ${answer}    sent over HTTPS only

Log-Out Everywhere Has The Browser Forget Its Cookies
    [Tags]    AUTH-148    needs:auth.logout-all
    ${user} =    A Browser That Is Logged In
    Browser Should Hold Cookies    ${user.browser}
    ${answer} =    Call As Browser    ${user}    auth.logOutEverywhere
    Should Succeed    ${answer}
    Browser Should Hold No Cookies    ${user.browser}

What A Thief Kept Is Worth Nothing After Log-Out
    [Tags]    AUTH-148    needs:auth.logout
    ${user} =    A Browser That Is Logged In
    ${thief} =    A Thief's Copy Of    ${user}
    Browser Should Be Let In    ${thief}
    Call As Browser    ${user}    auth.logOut
    Browser Should Be Shut Out    ${thief}
    ${answer} =    Call As Browser    ${thief}    auth.refreshByCookie
    Should Be Refused As    ${answer}    invalid-refresh-token

A Browser Is Given No Cookies Before The Code Of A Second Factor
    [Tags]    ACC-20    core    needs:auth.second-factor
    ${user} =    A User With A Second Factor
    ${answer} =    Log In By Cookie    ${user}
    The Challenge In    ${answer}
    ${browser} =    A Browser
    Keep Cookies    ${browser}    ${answer}
    Browser Should Hold No Cookies    ${browser}

A Browser Is Given Cookies For The Code Of A Second Factor
    [Tags]    ACC-20    needs:auth.second-factor
    ${user} =    A User With A Second Factor
    ${answer} =    Log In By Cookie    ${user}
    ${challenge} =    The Challenge In    ${answer}
    ${code} =    Fresh Code    ${user.factor}
    ${finished} =    Call    auth.finishLogInByCookie    challenge_token=${challenge}    code=${code}    headers=${FROM OUR PAGE}
    Body Should Hold No Cookie    ${finished}
    ${browser} =    A Browser
    Keep Cookies    ${browser}    ${finished}
    Browser Should Be Let In    ${{ {'browser': $browser, 'id': $user['id']} }}

Another Site Cannot Finish A Log-In
    [Tags]    AUTH-146    needs:auth.second-factor
    ${user} =    A User With A Second Factor
    ${challenge} =    Begin To Log In    ${user}
    ${answer} =    Call    auth.finishLogInByCookie    challenge_token=${challenge}    code=${user.recovery_codes}[0]
    Should Be Refused As    ${answer}    forged-request
    Finish To Log In    ${user}    ${challenge}    ${user.recovery_codes}[0]

Log-In And Renewal By Cookie Answer As Promised
    [Tags]    AUTH-145    AUTH-60    needs:auth.contract
    ${user} =    A Browser That Is Logged In
    ${renewed} =    Renew By Cookie    ${user}
    Should Match The Contract    ${renewed}
    ${again} =    Log In By Cookie    ${user}
    Should Match The Contract    ${again}


*** Keywords ***
The Cookies Of A Log-In And A Renewal Are
    [Documentation]    Each cookie of both answers keeps to the rule.
    [Arguments]    ${rule}
    ${user} =    A Browser That Is Logged In
    ${begun} =    Log In By Cookie    ${user}
    Each Cookie Should Be    ${begun}    ${rule}
    ${renewed} =    Renew By Cookie    ${user}
    Each Cookie Should Be    ${renewed}    ${rule}
