*** Settings ***
Documentation       Run by test_robot.py, which looks at what is left after each test: the first of them fail in the middle.
Library             assay.SharedFsLibrary    quiet=50 ms
Library             assay.FaultLibrary
Library             ${WRITER LIBRARY}    ${FOLDER}
Suite Setup         Somebody Holds A Lock    ${FOLDER}/suite.lock


*** Test Cases ***
What A Failed Test Broke Is Put Back
    Rename The Folder Away    ${FOLDER}/blob
    Pause Process    ${PID}
    Put A Proxy Before    127.0.0.1:9    nowhere
    Somebody Holds A Lock    ${FOLDER}/test.lock    posix    shared    range=5+5
    Fail    in the middle

Nothing Of It Is Left
    Should Not Exist Away
    Lock Should Be Free    ${FOLDER}/test.lock    posix
    Lock Should Be Held By    ${FOLDER}/suite.lock
    Run Keyword And Expect Error    there is no proxy*    Toxics Of    nowhere

A Keyword With Arguments By Name Is Watched
    ${content} =    Create Dictionary    text=a\${b}\\c=d
    ${trace} =    System Calls Of    ${PID}    ${FOLDER}    Put Twice    first=${content}    second=x=y
    Should Be Equal    ${trace.value}    a\${b}\\c=d and x=y
    File And Folder Should Be Synced Before The Answer    ${trace}    *.lock
    ${points} =    Crash Points Of    ${trace}
    Should Be Equal As Strings    ${points}[0]    before open 1 (blob.new)
    ${struck} =    Fail At    fsync    EIO    ${PID}    ${FOLDER}    Put Twice    ${content}    second=again
    Should Be Equal    ${struck.outcome.value}    Input/output error and again
    ${struck} =    Kill At    ${points}[0]    ${PID}    ${FOLDER}    Put Twice    ${content}    second=again
    Should Not Be True    ${struck.outcome.succeeded}
