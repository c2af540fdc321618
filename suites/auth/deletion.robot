*** Settings ***
Documentation       How a person ends the own account, and what that takes from whom.
Resource            ../../resources/deletion.resource
Resource            ../../resources/password.resource
Resource            ../../resources/users.resource
Resource            ../../resources/contract.resource
Test Tags           area:auth    needs:auth.deletion    needs:auth.password    needs:auth.signup    needs:auth.profile


*** Test Cases ***
A Deleted Account Does Not Open Any More
    [Tags]    ACC-19    core
    ${user} =    A Logged In User
    Delete Account    ${user}
    Log In Should Be Refused    ${user}

A Deletion Answers As Promised
    [Tags]    AUTH-60    needs:auth.contract
    ${user} =    A Logged In User
    Should Be As Promised    auth.deleteAccount    token=${user.access_token}    current_password=${user.password}

A Refused Deletion Answers As Promised
    [Tags]    AUTH-61    needs:auth.contract    needs:auth.problems
    ${user} =    A Logged In User
    ${wrong} =    Fresh Password
    Should Be Refused As Promised    wrong-password    auth.deleteAccount    token=${user.access_token}
    ...    current_password=${wrong}

An Account Is Not Deleted Without Exactly The Current Password
    [Tags]    AUTH-170    AUTH-11    needs:auth.lockouts
    ${password} =    Fresh Password    characters=100
    ${account} =    A Verified Account    ${password}
    ${user} =    Log In    ${account}
    ${other} =    A Logged In User
    ${rows} =    Unlike Forms Of Password    ${password}    current_password    token=${user.access_token}
    ${control} =    A Row    somebody else by the right one    accepted=True
    ...    token=${other.access_token}    current_password=${other.password}
    Call Each Row    auth.deleteAccount    ${{ [*$rows[:-1], $control] }}    refused_as=wrong-password
    Log In    ${user}

The Password Of Somebody Else Deletes Nothing
    [Tags]    AUTH-170
    ${ann} =    A Logged In User
    ${bob} =    A Logged In User
    Deletion Should Be Refused    ${ann}    password=${bob.password}
    Log In    ${ann}
    Log In    ${bob}

A Password Of Before Deletes Nothing
    [Tags]    AUTH-170    needs:auth.password-change
    ${user} =    A Logged In User
    ${changed} =    Change Password    ${user}
    Deletion Should Be Refused    ${changed}    password=${user.password}
    Log In    ${changed}

Nobody Deletes An Account Without A Token
    [Tags]    AUTH-170
    ${user} =    A Logged In User
    ${answer} =    Call    auth.deleteAccount    current_password=${user.password}
    Should Be Refused As    ${answer}    missing-token
    Log In    ${user}

A Token Of An Ended Session Deletes Nothing
    [Tags]    AUTH-170    needs:auth.logout
    ${user} =    A Logged In User
    Log Out    ${user}
    Deletion Should Be Refused    ${user}    invalid-token
    Log In    ${user}

A Refused Deletion Ends No Session
    [Tags]    AUTH-170    needs:auth.refresh
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}
    ${wrong} =    Fresh Password
    Deletion Should Be Refused    ${user}    password=${wrong}
    Should Be Let In    ${user}
    Should Be Able To Refresh    ${elsewhere}

A Refused Deletion Leaves A Reset As It Was
    [Tags]    AUTH-170    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Logged In User
    ${token} =    A Reset Token For    ${user}
    ${wrong} =    Fresh Password
    Deletion Should Be Refused    ${user}    password=${wrong}
    ${new} =    Fresh Password
    ${answer} =    Call    auth.resetPassword    token=${token}    new_password=${new}
    Should Succeed    ${answer}

A New Account Has No Right Of The One Before It
    [Documentation]    Whoever gets the address of somebody who left is nobody yet.
    [Tags]    AUTH-176    needs:auth.mail    needs:auth.user-management    needs:auth.validation
    ${user} =    Somebody With The Role    support
    Delete Account    ${user}
    ${again} =    Sign Up Again    ${user}
    Should Have The Rights Of    user    ${again}

A Deletion Ends Every Session
    [Tags]    AUTH-171    core
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}    device_id=phone
    Should Be Let In    ${elsewhere}
    Delete Account    ${user}
    Should Be Shut Out    ${user}
    Should Be Shut Out    ${elsewhere}

No Token Of A Deleted Account Is Vouched For
    [Documentation]    Each was checked a moment before, so that whatever remembers sessions knows them.
    [Tags]    AUTH-171    needs:auth.validation
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}
    Call    auth.verifyToken    token=${user.access_token}
    Call    auth.verifyToken    token=${elsewhere.access_token}
    Delete Account    ${user}
    ${own} =    Call    auth.verifyToken    token=${user.access_token}
    ${other} =    Call    auth.verifyToken    token=${elsewhere.access_token}
    Should Be Refused As    ${own}    invalid-token
    Should Be Refused As    ${other}    invalid-token

A Deletion Ends Every Refresh Token
    [Tags]    AUTH-171    needs:auth.refresh
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}
    Delete Account    ${user}
    Should Not Be Able To Refresh    ${user}
    Should Not Be Able To Refresh    ${elsewhere}

A Reset Token Of A Deleted Account Sets No Password
    [Tags]    AUTH-171    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Logged In User
    ${token} =    A Reset Token For    ${user}
    Delete Account    ${user}
    Reset Should Be Refused    ${token}

A Deleted Account Is Mailed No Reset
    [Documentation]    When the mail of a later request of another account has come, the one before it was dealt with.
    [Tags]    AUTH-171    needs:auth.password-reset    needs:auth.mail
    ${user} =    A Logged In User
    ${other} =    A Verified Account
    Delete Account    ${user}
    ${before} =    Mails To    ${user.email}    with_token=True
    Request A Reset    ${user.email}
    A Reset Mail For    ${other}
    ${after} =    Mails To    ${user.email}    with_token=True
    Length Should Be    ${after}    ${{ len($before) }}    A reset was mailed to the address of a deleted account.

A Deletion Leaves Other People Alone
    [Tags]    AUTH-174    core    needs:auth.refresh
    ${ann} =    A Logged In User
    ${bob} =    A Logged In User
    Delete Account    ${ann}
    Should Be Let In    ${bob}
    Should Be Able To Refresh    ${bob}
    Log In    ${bob}

The Owner Is Told Of The Deletion By Mail
    [Tags]    AUTH-175    needs:auth.mail
    ${user} =    A Logged In User
    ${before} =    Mails To    ${user.email}
    Delete Account    ${user}
    ${mail} =    Wait For Mail    ${user.email}    number=${{ len($before) + 1 }}
    Mail Should Hold No Secret    ${mail}    password=${user.password}

The Address Is Free For A New Account
    [Tags]    AUTH-176    needs:auth.mail    needs:auth.email-verification
    ${user} =    A Person With A Name
    Delete Account    ${user}
    ${again} =    Sign Up Again    ${user}
    Should Not Be Equal    ${again.id}    ${user.id}    The new account has the id of the deleted one.
    Should Be Let In    ${again}

A New Account With The Address Has Nothing Of The Old One
    [Tags]    AUTH-176    needs:auth.mail    needs:auth.email-verification    needs:auth.sessions
    ${user} =    A Person With A Name
    Log In    ${user}
    Delete Account    ${user}
    ${again} =    Sign Up Again    ${user}
    ${sessions} =    Sessions Of    ${again}
    Length Should Be    ${sessions}    1    The new account has more sessions than the one that began.
    ${me} =    Call    auth.getMe    token=${again.access_token}
    Should Not Be Equal    ${me.body}[full_name]    ${user.full_name}
    Should Be Shut Out    ${user}

The Old Password Does Not Open A New Account With The Address
    [Tags]    AUTH-176    needs:auth.mail    needs:auth.email-verification
    ${user} =    A Person With A Name
    Delete Account    ${user}
    ${again} =    Sign Up Again    ${user}
    Log In Should Be Refused    ${again}    password=${user.password}

Of Deletions At The Same Moment Each Is Answered Clearly
    [Tags]    AUTH-178
    ${user} =    A Logged In User
    ${answers} =    Call Together    auth.deleteAccount    6    token=${user.access_token}
    ...    current_password=${user.password}
    Each Should Succeed Or Be Refused As    ${answers}    invalid-token
    Log In Should Be Refused    ${user}

A Deletion Is Told
    [Tags]    AUTH-181    AUTH-71    needs:auth.security-log
    ${user} =    A Logged In User
    Delete Account    ${user}
    Exactly One Security Event Should Tell    account.deleted    user_id=${user.id}    outcome=success

A Deletion Is Told With Each Session That It Ended
    [Tags]    AUTH-181    AUTH-70    needs:auth.security-log    needs:auth.sessions
    ${user} =    A Logged In User
    ${elsewhere} =    Log In    ${user}
    ${of first} =    Session Of    ${user}
    ${of second} =    Session Of    ${elsewhere}
    Delete Account    ${user}
    Exactly One Security Event Should Tell    session.ended    session_id=${of first}[id]
    Exactly One Security Event Should Tell    session.ended    session_id=${of second}[id]

A Refused Deletion Is Told With Whose It Was
    [Tags]    AUTH-181    needs:auth.security-log
    ${user} =    A Logged In User
    ${wrong} =    Fresh Password
    Deletion Should Be Refused    ${user}    password=${wrong}
    Exactly One Security Event Should Tell    account.deletion-refused    user_id=${user.id}    outcome=failure
