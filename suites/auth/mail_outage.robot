*** Settings ***
Documentation       What becomes of mails while the mail server cannot be reached.
Resource            ../../resources/crash.resource
Resource            ../../resources/audit.resource
Suite Setup         A Platform Behind Links
Suite Teardown      The Platform Behind Links Ends
Test Teardown       Mend The Link To    mail
Test Tags           area:auth    private    needs:auth.private    needs:auth.restart    needs:auth.links    needs:auth.signup
...                 needs:auth.mail


*** Test Cases ***
A Mail Comes However Often The Mail Server Could Not Be Reached
    [Tags]    AUTH-184
    ${person} =    A Person
    Cut The Link To    mail
    Sign Up    ${person}
    The Cut Link Should Be Tried    mail    times=4
    Mend The Link To    mail
    Wait For Mail    ${person.email}    within=30s

A Mail That Could Not Be Sent Yet Is In The Export Of Its Owner
    [Documentation]    Before the second try the first one has been noted.
    [Tags]    AUTH-179    needs:auth.export    needs:auth.password-reset
    ${user} =    A Logged In User
    Cut The Link To    mail
    Request A Reset    ${user.email}
    The Cut Link Should Be Tried    mail    times=2
    ${export} =    Export Of    ${user}
    Should Be True    ${{ [mail['attempts'] for mail in $export.body['mails']] }} in [[1], [2]]

No Log Tells To Whom A Mail Could Not Be Sent
    [Documentation]    The mail is the one that tells somebody that the account has ended.
    [Tags]    AUTH-173    needs:auth.security-log    needs:auth.service-log    needs:auth.deletion    needs:auth.profile
    ${user} =    A Person With A Name
    Cut The Link To    mail
    Delete Account    ${user}
    The Cut Link Should Be Tried    mail    times=2
    No Log Should Hold    address=${{ $user['email'].partition('@')[0] }}    name=${user.full_name}
    Mend The Link To    mail
    Wait For Mail    ${user.email}    number=2    within=30s
