*** Settings ***
Documentation       What a stranger with a stopwatch learns. The platform of this suite lets log-ins fail without end.
Resource            ../../resources/session.resource
Suite Setup         Start A Private Platform    login_failures=${100000}    login_failures_account=${100000}
...                 reset_mails=${100000}
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.settings    needs:auth.password


*** Test Cases ***
A Refused Log-In Takes As Long Whether Or Not There Is An Account
    [Documentation]    A false alarm has a probability of one in a million at most, however busy the machine is.
    [Tags]    AUTH-18    needs:auth.floods    needs:auth.lockouts
    ${account} =    A Verified Account
    ${nobody} =    A Person
    ${known} =    A Row    known    email=${account.email}    password=${nobody.password}
    ${unknown} =    A Row    unknown    email=${nobody.email}    password=${nobody.password}
    Response Times Should Not Differ    auth.logIn    ${{ [$known, $unknown] }}    invalid-credentials    margin=20ms

A Request For A Reset Takes As Long Whether Or Not There Is An Account
    [Documentation]    A false alarm has a probability of one in a million at most, however busy the machine is.
    [Tags]    AUTH-107    needs:auth.password-reset    needs:auth.floods
    ${account} =    A Verified Account
    ${nobody} =    A Person
    ${known} =    A Row    known    email=${account.email}
    ${unknown} =    A Row    unknown    email=${nobody.email}
    Response Times Should Not Differ    auth.requestPasswordReset    ${{ [$known, $unknown] }}    accepted    margin=20ms
