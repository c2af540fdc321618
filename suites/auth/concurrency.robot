*** Settings ***
Documentation       What happens when several ask at the same moment.
Resource            ../../resources/session.resource
Test Tags           area:auth    needs:auth.profile


*** Test Cases ***
Of Refreshes At The Same Moment At Most One Gives Tokens
    [Tags]    AUTH-29    needs:auth.refresh
    ${user} =    A Logged In User
    ${answers} =    Call Together    auth.refreshToken    8    refresh_token=${user.refresh_token}
    At Most One Should Succeed    ${answers}    others=invalid-refresh-token

Refreshes At The Same Moment End The Session
    [Documentation]    One holder of the token too many: nobody can tell which of them is the owner.
    [Tags]    AUTH-27    AUTH-29    needs:auth.refresh
    ${user} =    A Logged In User
    Call Together    auth.refreshToken    8    refresh_token=${user.refresh_token}
    Should Be Shut Out    ${user}

People Who Refresh At The Same Moment Do Not Disturb Each Other
    [Tags]    AUTH-25    AUTH-28    needs:auth.refresh
    ${ann} =    A Logged In User
    ${bob} =    A Logged In User
    ${answers} =    Call Together    auth.refreshToken
    ...    each=${{ [{'refresh_token': user['refresh_token']} for user in ($ann, $bob)] }}
    Each Should Succeed    ${answers}

Two People At Once Are Never Taken For Each Other
    [Tags]    AUTH-21
    ${ann} =    A Logged In User
    ${bob} =    A Logged In User
    VAR    @{calls} =    ${{ {'token': $ann['access_token']} }}    ${{ {'token': $bob['access_token']} }}
    ${answers} =    Call Together    auth.getMe    each=${{ $calls * 10 }}
    Each Should Succeed    ${answers}
    Should Be Equal    ${{ [answer.body['id'] for answer in $answers] }}    ${{ [$ann['id'], $bob['id']] * 10 }}
