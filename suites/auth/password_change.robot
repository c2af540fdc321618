*** Settings ***
Documentation       How a person who is logged in chooses another password.
Resource            ../../resources/session.resource
Resource            ../../resources/password.resource
Test Tags           area:auth    promise:CH-1    needs:auth.password-change    needs:auth.password
...                 needs:auth.profile


*** Test Cases ***
The New Password Opens The Account
    [Tags]    ACC-02    core
    ${user} =    A Logged In User
    ${changed} =    Change Password    ${user}
    ${again} =    Log In    ${changed}
    Should Be Let In    ${again}

The Old Password Does Not Open The Account Any More
    [Tags]    ACC-02
    ${user} =    A Logged In User
    ${changed} =    Change Password    ${user}
    Log In Should Be Refused    ${changed}    password=${user.password}
    Log In    ${changed}

A Password Is Not Changed Without Exactly The Current One
    [Tags]    ACC-02    AUTH-11    needs:auth.lockouts    needs:auth.signup
    ${password} =    Fresh Password    characters=100
    ${account} =    A Verified Account    ${password}
    ${user} =    Log In    ${account}
    ${new} =    Fresh Password
    ${rows} =    Unlike Forms Of Password    ${password}    field=current_password    new_password=${new}
    ...    token=${user.access_token}
    Call Each Row    auth.changePassword    ${rows}    refused_as=wrong-password

The Password Of Somebody Else Changes Nothing
    [Tags]    ACC-02
    ${ann} =    A Logged In User
    ${bob} =    A Logged In User
    ${new} =    Fresh Password
    ${answer} =    Call    auth.changePassword    token=${ann.access_token}
    ...    current_password=${bob.password}    new_password=${new}
    Should Be Refused As    ${answer}    wrong-password
    Log In    ${ann}
    Log In    ${bob}

A Password Of Before Changes Nothing
    [Tags]    ACC-02
    ${user} =    A Logged In User
    ${changed} =    Change Password    ${user}
    ${new} =    Fresh Password
    ${answer} =    Call    auth.changePassword    token=${user.access_token}
    ...    current_password=${user.password}    new_password=${new}
    Should Be Refused As    ${answer}    wrong-password
    Log In    ${changed}

Nobody Changes A Password Without A Token
    [Tags]    ACC-02
    ${user} =    A Logged In User
    ${new} =    Fresh Password
    ${answer} =    Call    auth.changePassword    current_password=${user.password}    new_password=${new}
    Should Be Refused As    ${answer}    missing-token
    Log In    ${user}

A Token Of An Ended Session Changes No Password
    [Tags]    ACC-02    needs:auth.logout
    ${user} =    A Logged In User
    Log Out    ${user}
    ${new} =    Fresh Password
    ${answer} =    Call    auth.changePassword    token=${user.access_token}
    ...    current_password=${user.password}    new_password=${new}
    Should Be Refused As    ${answer}    invalid-token
    Log In    ${user}

A New Password That Is Too Short Is Refused
    [Tags]    ACC-02    AUTH-09
    ${user} =    A Logged In User
    ${too short} =    Fresh Password    characters=7
    ${answer} =    Call    auth.changePassword    token=${user.access_token}
    ...    current_password=${user.password}    new_password=${too short}
    Should Be Refused As    ${answer}    invalid-request
    Should Name The Field    ${answer}    new_password
    Answer Should Hold No Secret    ${answer}    current=${user.password}    new=${too short}
    Log In    ${user}

A New Password That Everybody Tries First Is Refused
    [Tags]    AUTH-111
    ${user} =    A Logged In User
    ${answer} =    Call    auth.changePassword    token=${user.access_token}
    ...    current_password=${user.password}    new_password=1Q2w3e4r
    Should Be Refused As    ${answer}    invalid-request
    Should Name The Field    ${answer}    new_password
    Log In    ${user}

A Change Ends Every Other Session
    [Tags]    AUTH-100    core
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}
    Should Be Let In    ${elsewhere}
    Change Password    ${user}
    Should Be Shut Out    ${elsewhere}

A Change Ends Sessions Of Devices With A Name
    [Tags]    AUTH-100
    ${user} =    A Logged In User
    ${phone} =    Log In    ${user}    device_id=phone
    Change Password    ${user}
    Should Be Shut Out    ${phone}

A Change Ends The Refresh Token Of Every Other Session
    [Tags]    AUTH-100    needs:auth.refresh
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}
    Change Password    ${user}
    Should Not Be Able To Refresh    ${elsewhere}

The Session That Changed The Password Goes On
    [Tags]    AUTH-100    needs:auth.refresh
    ${user} =    A Logged In User
    ${changed} =    Change Password    ${user}
    Should Be Let In    ${changed}
    Should Be Able To Refresh    ${changed}

A Change Leaves The Sessions Of Others Alone
    [Tags]    AUTH-100
    ${ann} =    A Logged In User
    ${bob} =    A Logged In User
    Change Password    ${ann}
    Should Be Let In    ${bob}

A Refused Change Ends No Session
    [Tags]    AUTH-100
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}
    ${wrong} =    Fresh Password
    ${new} =    Fresh Password
    ${answer} =    Call    auth.changePassword    token=${user.access_token}
    ...    current_password=${wrong}    new_password=${new}
    Should Be Refused As    ${answer}    wrong-password
    Should Be Let In    ${elsewhere}

The Owner Is Told Of A Change By Mail
    [Tags]    AUTH-101    needs:auth.mail
    ${user} =    A Logged In User
    ${before} =    Mails To    ${user.email}
    ${changed} =    Change Password    ${user}
    ${mail} =    Wait For Mail    ${user.email}    number=${{ len($before) + 1 }}
    Mail Should Hold No Secret    ${mail}    old=${user.password}    new=${changed.password}
