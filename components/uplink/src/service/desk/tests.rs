use super::*;

fn question(id: usize) -> Question {
    let id = format!("01941f29-7c00-7000-8000-0000000000{id:02x}");
    ("edgectl".parse().unwrap(), id.parse().unwrap())
}

// uplink-5.2
#[test]
fn a_question_that_is_being_answered_is_not_begun_anew() {
    let desk = Desk::default();
    assert_eq!(desk.take(&question(1)), Turn::Now);
    assert_eq!(desk.take(&question(1)), Turn::Already);
    desk.clear(&question(1));
    assert_eq!(desk.take(&question(1)), Turn::Now);
}

#[test]
fn one_question_too_many_is_refused_until_another_is_answered() {
    let desk = Desk::default();
    for id in 0..AT_ONCE {
        assert_eq!(desk.take(&question(id)), Turn::Now);
    }
    assert_eq!(desk.take(&question(AT_ONCE)), Turn::Never);
    desk.clear(&question(0));
    assert_eq!(desk.take(&question(AT_ONCE)), Turn::Now);
}
