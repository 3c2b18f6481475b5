use proptest::prelude::*;
use wire::{Integer, Sha256};

use super::*;

fn file(bytes: u64) -> File {
    File {
        path: "/var/lib/hotel/handover/x.age".to_owned(),
        sha256: Sha256([7; 32]),
        bytes: Integer::new(bytes).unwrap(),
        name: "20261121t033000z-07.dump.zst.age".to_owned(),
    }
}

fn handed(bytes: u64) -> Handed {
    let origin = Origin {
        property: "seaside".parse().unwrap(),
        box_id: "box-1".parse().unwrap(),
    };
    let at = Integer::new(1_795_231_800_000).unwrap();
    Handed::new(&file(bytes), "replica-sync".parse().unwrap(), &origin, at)
}

#[track_caller]
fn check_refused(file: &File, field: &str) {
    let problem = accept(file).unwrap_err();
    assert_eq!(problem.field.as_deref(), Some(field), "{problem}");
}

// uplink-7.2
#[test]
fn a_file_that_nobody_can_upload_is_refused_by_its_field() {
    assert_eq!(accept(&file(1)), Ok(()));
    check_refused(&file(0), "body.bytes");
    check_refused(&file(FILE_MAX + 1), "body.bytes");
    for name in [
        "",
        ".hidden",
        "../up",
        "a/b",
        "Big",
        "a b",
        &"a".repeat(101),
    ] {
        let name = name.to_owned();
        check_refused(&File { name, ..file(1) }, "body.name");
    }
}

// uplink-7.3
#[test]
fn the_name_of_an_object_follows_from_property_box_day_and_name() {
    assert_eq!(
        handed(1).key,
        "v1/backup/property=seaside/box=box-1/dt=2026-11-21/20261121t033000z-07.dump.zst.age"
    );
}

#[test]
fn a_small_file_goes_as_one_and_a_large_one_in_parts() {
    assert_eq!(Step::found(None), Step::Wait);
    let (small, large) = (handed(PART), handed(PART + 1));
    assert_eq!(Step::found(Some(small.clone())), Step::Send(small));
    assert_eq!(Step::found(Some(large.clone())), Step::Begin(large.clone()));
    let begun = Handed {
        upload: Some("u".to_owned()),
        ..large
    };
    assert_eq!(Step::found(Some(begun.clone())), Step::Abort(begun));
}

// uplink-7.4
#[test]
fn nothing_but_the_bucket_having_it_removes_a_file_that_is_there() {
    let answers = [
        Answer::Taken,
        Answer::Different,
        Answer::Gone,
        Answer::Raced,
        Answer::Busy("503".to_owned()),
        Answer::Refused("403".to_owned()),
        Answer::Unreachable("silence".to_owned()),
    ];
    for answer in answers {
        let next = Step::sent(handed(9), &Sent::Answered(answer.clone()));
        assert!(
            !matches!(next, Step::Forget(_) | Step::Drop(_)),
            "{answer:?}: {next:?}"
        );
    }
    let lost = Step::sent(handed(9), &Sent::Unfit("gone".to_owned()));
    assert_eq!(lost, Step::Compare(handed(9), Lost::Yes));
    assert_eq!(
        Step::compared(handed(9), Lost::Yes, &Answer::Same),
        Step::Forget(handed(9))
    );
    assert_eq!(
        Step::compared(handed(9), Lost::Yes, &Answer::Gone),
        Step::Drop(handed(9))
    );
    let later = Step::compared(handed(9), Lost::No, &Answer::Gone);
    assert_eq!(later, Step::Send(handed(9)).later());
}

// uplink-7.7
#[test]
fn whoever_is_refused_lets_those_behind_it_pass_and_rests_at_the_end_of_the_line() {
    let refused = || Answer::Refused("403".to_owned());
    let (first, last) = (handed(9), handed(10));
    for next in [
        Step::sent(first.clone(), &Sent::Answered(refused())),
        Step::sent(
            first.clone(),
            &Sent::Answered(Answer::Rejected("400".to_owned())),
        ),
        Step::compared(first.clone(), Lost::No, &refused()),
    ] {
        assert_eq!(next, Step::Pass(first.clone()));
    }
    let line = |behind, is_last_of_many| Line {
        behind,
        is_last_of_many,
    };
    for is_last_of_many in [false, true] {
        let line = line(Some(last.clone()), is_last_of_many);
        assert_eq!(Step::passed(first.clone(), line), Step::Send(last.clone()));
    }
    assert_eq!(Step::passed(last, line(None, true)), Step::Look.later());
    let begun = Handed {
        upload: Some("u".to_owned()),
        ..handed(PART + 1)
    };
    // Alone, it goes on with the part that is missing.
    assert_eq!(
        Step::passed(begun.clone(), line(None, false)),
        Step::Parts(begun).later()
    );
}

proptest! {
    // uplink-7.5
    #[test]
    fn parts_cover_a_file_without_gap_or_overlap(bytes in 1..=200 * PART) {
        let file = handed(bytes);
        let mut through = 0;
        for number in 1..=file.parts() {
            let (from, size) = file.part(number);
            prop_assert_eq!(from, through);
            prop_assert!((1..=PART).contains(&size));
            through += size;
        }
        prop_assert_eq!(through, bytes);
    }

    #[test]
    fn a_name_that_is_accepted_stays_within_its_day(name in "[ -~]{0,120}") {
        let named = File { name, ..file(1) };
        if accept(&named).is_ok() {
            prop_assert!(!named.name.contains(['/', '\\']) && !named.name.starts_with('.'));
        }
    }
}
