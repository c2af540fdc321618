*** Settings ***
Documentation       Over plain HTTP no browser is given a session in cookies: they would cross the network in the clear.
Resource            ../../resources/session.resource
Resource            ../../resources/browser.resource
Resource            ../../resources/second_factor.resource
Suite Setup         Start A Private Platform    profile=http
Suite Teardown      Stop The Private Platform
Test Tags           area:auth    private    needs:auth.private    needs:auth.cookies


*** Test Cases ***
Nobody Is Given Cookies Over Plain HTTP
    [Tags]    AUTH-149
    ${account} =    A Verified Account
    ${answer} =    Call    auth.logInByCookie    email=${account.email}    password=${account.password}
    ...    headers=${FROM OUR PAGE}
    Should Be Refused As    ${answer}    https-required
    ${browser} =    A Browser
    Keep Cookies    ${browser}    ${answer}
    Browser Should Hold No Cookies    ${browser}

Nobody Is Given Cookies For A Code Over Plain HTTP
    [Tags]    AUTH-149    needs:auth.second-factor    needs:auth.signup
    ${waiting} =    A Log-In To Finish
    ${answer} =    Call    auth.finishLogInByCookie    challenge_token=${waiting}[challenge_token]    code=${waiting}[code]
    ...    headers=${FROM OUR PAGE}
    Should Be Refused As    ${answer}    https-required
    ${browser} =    A Browser
    Keep Cookies    ${browser}    ${answer}
    Browser Should Hold No Cookies    ${browser}
