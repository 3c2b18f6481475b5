use super::*;

#[track_caller]
fn check(status: u16, told: (Option<&str>, Option<&str>), expected: &str) {
    let error = CloudError::told(
        "list boxes".to_owned(),
        "greengrass:ListCoreDevices",
        status,
        told,
    );
    assert_eq!(error.to_string(), expected);
}

// delivery-2.6
#[test]
fn a_narrow_policy_is_told_by_the_action_that_it_lacks() {
    check(
        403,
        (Some("AccessDeniedException"), None),
        "cannot list boxes: access denied; allow greengrass:ListCoreDevices to the user or role of \
         these credentials",
    );
    let deep =
        "User: arn:aws:iam::1:user/x is not authorized to perform: iot:CreateJob on resource: y";
    check(
        403,
        (Some("AccessDeniedException"), Some(deep)),
        "cannot list boxes: access denied; allow iot:CreateJob to the user or role of these \
         credentials",
    );
    check(
        403,
        (None, None),
        "cannot list boxes: access denied; allow greengrass:ListCoreDevices to the user or role of \
         these credentials",
    );
}

#[test]
fn other_refusals_keep_their_code_and_words() {
    check(
        400,
        (Some("ExpiredTokenException"), Some("old")),
        "cannot list boxes: the credentials are not accepted (ExpiredTokenException); renew them and \
         start again",
    );
    check(
        409,
        (Some("ConflictException"), Some("busy")),
        "cannot list boxes: ConflictException: busy",
    );
    check(500, (None, None), "cannot list boxes: HTTP 500: no message");
}
