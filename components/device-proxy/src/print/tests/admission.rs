//! Which jobs are taken.

use super::*;
use crate::print::spooler::{BYTES_MAX, ROUTE_MAX};

// device-proxy-1.1
#[test]
fn the_same_id_is_the_same_job_and_another_content_a_conflict() {
    let mut rig = Rig::new("ask");
    let first = rig.submit(submit(1, "bar")).unwrap();
    rig.restart();
    assert_eq!(rig.submit(submit(1, "bar")).unwrap().content, first.content);
    let refused = rig.submit(submit(1, "kitchen")).unwrap_err();
    assert_eq!(
        (refused.code, refused.field.as_deref()),
        (Code::Conflict, Some("job"))
    );
    assert_eq!(rig.disk.len(), 1);
}

// device-proxy-1.1
#[test]
fn ids_are_kept_for_seven_days_after_the_end_and_not_for_ever() {
    let mut rig = Rig::new("ask");
    rig.submit(submit(1, "bar")).unwrap();
    rig.wait(60_000);
    rig.check(1, &JobState::Expired);
    rig.wait(KEPT_MS - 1);
    rig.check(1, &JobState::Expired);
    rig.wait(1);
    assert!(rig.disk.is_empty());
    assert_eq!(
        rig.spooler.job(&pos(), &of(1)).unwrap_err().code,
        Code::NotFound
    );
}

// device-proxy-1.3
#[test]
fn a_job_is_refused_when_too_much_waits_or_it_is_too_late() {
    let mut rig = Rig::new("ask");
    let nowhere = rig.submit(submit(1, "nowhere")).unwrap_err();
    assert_eq!(nowhere.field.as_deref(), Some("route"));
    let late = Submit {
        expires_at: Some(rig.now),
        ..submit(1, "bar")
    };
    assert_eq!(rig.submit(late).unwrap_err().code, Code::Expired);
    let large = submit(1, "bar");
    let content = digest(&large);
    let large = rig
        .spooler
        .admit(rig.now, &pos(), large, content, BYTES_MAX + 1);
    assert_eq!(large.unwrap_err().code, Code::StorageFull);
    for number in 0..u32::try_from(ROUTE_MAX).unwrap() {
        rig.submit(submit(number, "bar")).unwrap();
    }
    assert_eq!(
        rig.submit(submit(9_999, "bar")).unwrap_err().code,
        Code::Busy
    );
    rig.submit(submit(9_999, "kitchen")).unwrap();
}

// device-proxy-1.2
#[test]
fn a_job_of_somebody_elses_transaction_holds_its_place_until_that_is_decided() {
    let mut rig = Rig::new("ask");
    let new = submit(1, "bar");
    let content = digest(&new);
    let admitted = rig
        .spooler
        .admit(rig.now, &pos(), new.clone(), content, 1)
        .unwrap();
    let Admission::New(entry) = admitted else {
        panic!("it is new");
    };
    rig.spooler.reserve(&entry);
    assert_eq!(rig.submit(new.clone()).unwrap_err().code, Code::Busy);
    rig.spooler.not_kept(&entry.key);
    rig.submit(new).unwrap();
}

#[test]
fn a_job_whose_route_is_gone_fails_at_the_next_start() {
    let mut rig = Rig::new("ask");
    rig.submit(submit(1, "bar")).unwrap();
    rig.config.routes.remove(&word("bar"));
    rig.restart();
    assert!(matches!(rig.state(1), JobState::Failed { problem } if problem.code == Code::NotFound));
}
