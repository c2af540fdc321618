*** Settings ***
Documentation       Which passwords there can be, and that each counts as it was typed.
Resource            ../../resources/session.resource
Test Tags           area:auth    needs:auth.signup    needs:auth.email-verification    needs:auth.mail
...                 needs:auth.password


*** Variables ***
# Of the first hundred by how often they were seen, in lists that are known everywhere.
@{TRIED FIRST}
...    password    12345678    123456789    baseball    football    qwertyuiop    1234567890
...    superman    1qaz2wsx    trustno1    sunshine    iloveyou    computer    starwars    princess
...    11111111    corvette    1234qwer    internet    samantha    q1w2e3r4t5    maverick    whatever
...    mercedes    steelers    qwer1234    q1w2e3r4    midnight    password1    1q2w3e4r    cocacola
...    jordan23    asdfasdf    12344321    qwerty123    passw0rd    abcd1234    slipknot    scorpion
...    startrek    asdfghjkl    redskins    qazwsxedc    liverpool    dolphins    qwertyui    metallic
...    mountain    elephant    rush2112    1q2w3e4r5t    creative    garfield    asdfghjk    1qazxsw2
...    airborne    brooklyn    godzilla    4815162342    darkness    blink182    platinum    01012011
...    11223344    lifehack    12qwaszx    snowball    nintendo    redwings    explorer    guinness
...    lasvegas    789456123    asdf1234    babygirl    michigan    carolina    minecraft    metallica
...    snickers


*** Test Cases ***
Every Kind Of Text Can Be A Password
    [Tags]    AUTH-10
    [Template]    A Password With A Text In It Opens The Account
    ${SPACE}
    ${SPACE * 3}
    üßÉç
    Σίγμα
    пароль
    密码
    🔑🙂
    "quoted" 'twice'
    \\ % & < > ; $
    null
    é with an accent of its own

Passwords From Eight To A Hundred And Twenty-Eight Characters Are Accepted
    [Tags]    AUTH-10
    [Template]    A Password Of That Many Characters Opens The Account
    ${8}
    ${9}
    ${64}
    ${72}
    ${73}
    ${128}

Passwords That Are Too Short Are Refused
    [Tags]    AUTH-09
    [Template]    A Password Of That Many Characters Is Refused
    ${1}
    ${4}
    ${7}

Passwords That Everybody Tries First Are Refused
    [Tags]    AUTH-111
    ${email} =    Fresh Email
    ${fresh} =    Fresh Password
    ${rows} =    Rows Of Values    password    ${fresh}    @{TRIED FIRST}    email=${email}
    Call Each Row    auth.signUp    ${rows}    refused_as=invalid-request

A Password That Everybody Tries First Is Refused In Capitals
    [Tags]    AUTH-111
    [Template]    A Password That Everybody Tries First Is Refused
    QwertyUiop
    Passw0rd
    PASSWORD1

A Refused Sign-Up Does Not Repeat The Password
    [Documentation]    Neither one that is too short nor one that is no text.
    [Tags]    AUTH-09
    ${person} =    A Person
    ${too short} =    Fresh Password    characters=7
    ${answer} =    Call    auth.signUp    email=${person.email}    password=${too short}
    Should Be Refused As    ${answer}    invalid-request
    Answer Should Hold No Secret    ${answer}    password=${too short}
    ${answer} =    Call    auth.signUp    email=${person.email}    password=${{ [$person['password']] }}
    Should Be Refused As    ${answer}    invalid-request
    Answer Should Hold No Secret    ${answer}    password=${person.password}

Nothing But Exactly The Password Opens The Account
    [Tags]    AUTH-11    AUTH-16    needs:auth.lockouts
    ${password} =    Fresh Password    characters=100
    ${account} =    A Verified Account    ${password}
    ${rows} =    Unlike Forms Of Password    ${password}    email=${account.email}
    Call Each Row    auth.logIn    ${rows}    refused_as=invalid-credentials

What Follows A NUL In A Password Is Not Left Out
    [Documentation]    Whether such a text can be a password or is refused as no password, it is not the one before the NUL.
    [Tags]    AUTH-11
    ${account} =    A Verified Account
    ${longer} =    Longer Secret    ${account.password}    \x00x
    ${answer} =    Call    auth.logIn    email=${account.email}    password=${longer}
    Should Not Succeed    ${answer}
    Log In    ${account}

A Password With Letters Of Another Script Counts To Its Last Character
    [Tags]    AUTH-11
    ${password} =    Fresh Password With    Ünïcödé Пароль 密码
    ${account} =    A Verified Account    ${password}
    ${cut} =    Without The Last Character    ${password}
    Log In Should Be Refused    ${account}    password=${cut}
    Log In    ${account}


*** Keywords ***
A Password With A Text In It Opens The Account
    [Documentation]    Somebody signs up with it and logs in with it.
    [Arguments]    ${text}
    ${password} =    Fresh Password With    ${text}
    ${account} =    A Verified Account    ${password}
    Log In    ${account}

A Password Of That Many Characters Opens The Account
    [Documentation]    Somebody signs up with it and logs in with it.
    [Arguments]    ${characters}
    ${password} =    Fresh Password    ${characters}
    ${account} =    A Verified Account    ${password}
    Log In    ${account}

A Password Of That Many Characters Is Refused
    [Documentation]    Sign-up names the field and does not repeat the password.
    [Arguments]    ${characters}
    ${person} =    A Person
    ${password} =    Fresh Password    ${characters}
    ${answer} =    Call    auth.signUp    email=${person.email}    password=${password}
    Should Be Refused As    ${answer}    invalid-request
    Should Name The Field    ${answer}    password

A Password That Everybody Tries First Is Refused
    [Documentation]    Sign-up names the field.
    [Arguments]    ${password}
    ${email} =    Fresh Email
    ${answer} =    Call    auth.signUp    email=${email}    password=${password}
    Should Be Refused As    ${answer}    invalid-request
    Should Name The Field    ${answer}    password
