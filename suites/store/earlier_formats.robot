*** Settings ***
Documentation       What an earlier version of the product sealed is still there: to be read, to be written anew, and to be sealed anew.
Resource            ../../resources/store_earlier.resource
Test Tags           area:store    BLOB-04    promise:ST-2    needs:store.private    needs:store.earlier-formats    needs:store.versions    private
Test Teardown       Stop The Private Platform


*** Test Cases ***
What Was Sealed Before Is Read At Every Door
    ${earlier} =    Data Of Earlier Formats
    FOR    ${name}    ${entities}    IN    &{earlier}
        Begin With    ${name}
        Should Be Read At Every Door    ${entities}
    END

What Was Sealed Before Is Read After A Restart
    [Tags]    needs:store.restart
    ${earlier} =    Data Of Earlier Formats
    FOR    ${name}    ${entities}    IN    &{earlier}
        Begin With    ${name}
        Restart Service    store
        Should Be Read At Every Door    ${entities}
    END

What Was Sealed Before Can Be Written Anew
    [Tags]    needs:store.conditional-writes
    ${earlier} =    Data Of Earlier Formats
    FOR    ${name}    ${entities}    IN    &{earlier}
        Begin With    ${name}
        Should Be Written Anew    ${entities}
    END

What Was Sealed Before Outlives A Rotation
    [Tags]    needs:store.rotation
    ${earlier} =    Data Of Earlier Formats
    FOR    ${name}    ${entities}    IN    &{earlier}
        Begin With    ${name}
        Rotate
        The Rotation Should End
        Should Be Read At Every Door    ${entities}
    END
