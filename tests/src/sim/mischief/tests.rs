use wire::device::{Birth, Event, Online, Reported, Telemetry};
use wire::topic::DeviceSubject;

use super::*;

const BOOT: u32 = 7;

fn all(seed: u64) -> Trouble {
    Trouble::of(Mischief::value_variants(), seed, "room-101-lock")
}

/// Everything that a device does in so many measurements of two messages each.
fn played(mut trouble: Trouble) -> Vec<String> {
    let measured = (0..300).map(|_| {
        let pranks = trouble.strike();
        let now = trouble.clock(1_000_000_000_000_u64.try_into().unwrap());
        let said = [(); 2].map(|()| (trouble.copies(), trouble.holds()));
        format!("{pranks:?} {} {now} {said:?}", trouble.is_silent())
    });
    measured.collect()
}

#[test]
fn a_seed_plays_the_same_again_and_another_does_not() {
    assert_eq!(played(all(7)), played(all(7)));
    assert_ne!(played(all(7)), played(all(8)));
    let neighbour = Trouble::of(Mischief::value_variants(), 7, "room-102-lock");
    assert_ne!(played(all(7)), played(neighbour));
}

#[test]
fn every_mischief_happens_and_none_that_was_not_asked_for() {
    let nothing = played(Trouble::of(&[], 7, "room-101-lock"));
    for kind in Mischief::value_variants() {
        let one = played(Trouble::of(&[*kind], 7, "room-101-lock"));
        assert_ne!(one, nothing, "{kind:?}");
    }
    assert!(
        nothing.iter().all(|line| *line == nothing[0]),
        "{nothing:?}"
    );
}

#[test]
fn silence_ends() {
    let mut trouble = Trouble::of(&[Mischief::Silent], 1, "room-101-lock");
    let silences = (0..1_000).map(|_| {
        trouble.strike();
        trouble.is_silent()
    });
    let silent = silences.filter(|silent| *silent).count();
    assert!((50..700).contains(&silent), "{silent}");
}

/// Whether the bytes could be taken for something that the device has not said yet.
fn is_news(nonsense: &Nonsense, covered: Option<u64>) -> bool {
    let fresh = |boot: Integer, seq: Integer| {
        boot >= BOOT.into() && covered.is_none_or(|covered| seq.value() > covered)
    };
    let body = &nonsense.body;
    match &nonsense.subject {
        DeviceSubject::Telemetry(_) => {
            wire::decode::<Telemetry>(body).is_ok_and(|told| fresh(told.boot, told.seq))
        }
        DeviceSubject::Reported => {
            wire::decode::<Reported>(body).is_ok_and(|told| fresh(told.boot, told.seq))
        }
        DeviceSubject::Event => {
            wire::decode::<Event>(body).is_ok_and(|told| fresh(told.boot, told.seq))
        }
        DeviceSubject::Birth => {
            wire::decode::<Birth>(body).is_ok_and(|told| told.boot >= BOOT.into())
        }
        DeviceSubject::Online => {
            wire::decode::<Online>(body).is_ok_and(|told| told.boot >= BOOT.into())
        }
        other => panic!("{other:?} is not what a device says"),
    }
}

#[test]
fn nonsense_is_never_news() {
    let mut chance = Chance::of(3);
    for round in 0..5_000 {
        let covered = (round % 2 == 0).then_some(40);
        let nonsense = nonsense(&mut chance, BOOT.into(), covered);
        // A body beyond what a device may say is refused before it is read.
        let readable = nonsense.body.len() <= wire::bound::DEVICE_BODY_MAX;
        assert!(!(readable && is_news(&nonsense, covered)), "{nonsense:?}");
        assert!(nonsense.body.len() <= wire::bound::BODY_MAX);
    }
}

#[test]
fn shuffling_loses_nothing() {
    let mut trouble = all(5);
    let mut things: Vec<_> = (0..20).collect();
    trouble.shuffle(&mut things);
    assert_ne!(things, (0..20).collect::<Vec<_>>());
    things.sort_unstable();
    assert_eq!(things, (0..20).collect::<Vec<_>>());
}
