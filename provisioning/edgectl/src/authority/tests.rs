use super::*;

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 3\">\
    <path fill=\"#fff\" d=\"M0 0h4v4h-4z\"/><path d=\"M1 0h2v1h-2zM0 1h1v1h-1zM1 2h1v1h-1z\"/></svg>";

#[track_caller]
fn check(svg: &str, expected: Option<&str>) {
    assert_eq!(terminal::picture(svg).as_deref(), expected);
}

#[test]
fn runs_of_modules_become_half_blocks() {
    check(SVG, Some("▀▄▄█\n█▄██"));
}

#[test]
fn another_picture_is_not_shown() {
    check("<svg/>", None);
    check(&SVG.replace("M1 0h2", "M3 0h2"), None);
    check(&SVG.replace("0 0 4 3", "0 0 999 999"), None);
    check(&SVG.replace("h2v1", "l2 1"), None);
}

#[test]
fn roles_are_named_by_their_words() {
    assert_eq!(role("front-desk"), Ok(Role::FrontDesk));
    let error = role("cook").unwrap_err();
    assert!(error.contains("kitchen") && !error.contains("guest"));
}
