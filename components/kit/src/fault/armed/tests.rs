use super::*;

const POINT: Point = Point::UplinkBatchSealed;

#[track_caller]
fn check(text: &str, expected: &[Option<Blow>]) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(POINT.name()), text).unwrap();
    let struck: Vec<_> = expected
        .iter()
        .map(|_| struck(directory.path(), POINT))
        .collect();
    assert_eq!(struck, expected);
}

#[test]
fn a_point_strikes_once_at_the_pass_that_was_meant() {
    check("kill:1", &[Some(Blow::Kill), None, None]);
    check("kill:3\n", &[None, None, Some(Blow::Kill), None]);
    check("stop:2", &[None, Some(Blow::Stop), None]);
}

#[test]
fn other_points_are_passed() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(POINT.name()), "kill:1").unwrap();
    assert_eq!(struck(directory.path(), Point::UplinkBatchStored), None);
    assert!(directory.path().join(POINT.name()).exists());
}

#[test]
fn what_is_no_fault_is_told_and_strikes_nobody() {
    for text in ["", "kill", "kill:0", "kill:-1", "hold:1", "kill:1:2"] {
        check(text, &[None, None]);
        let error = text.parse::<Fault>().unwrap_err().to_string();
        assert!(error.contains("kill:N"), "{error}");
    }
}

#[test]
fn names_are_unlike_and_say_whose_they_are() {
    let mut names: Vec<_> = Point::ALL.iter().map(|point| point.name()).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(names.iter().all(|name| name.split_once('.').is_some()));
}
