use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

fn n(value: u64) -> Integer {
    Integer::new(value).unwrap()
}

fn at(boot: u64, seq: u64) -> Place {
    Place {
        boot: n(boot),
        seq: n(seq),
        oldest_seq: None,
    }
}

/// The digest of the one right message of a place.
fn right(seq: u64) -> Sha256 {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&seq.to_le_bytes());
    Sha256(digest)
}

const WRONG: Sha256 = Sha256([0xff; 32]);

/// Plays the right messages of boot 1 and compares the verdicts and what is received in the end.
#[track_caller]
fn check(seqs: &[u64], verdicts: &[Verdict], through: Option<u64>) {
    let mut stream = Stream::new(n(1));
    let heard: Vec<_> = seqs
        .iter()
        .map(|seq| stream.handle(at(1, *seq), right(*seq)).verdict)
        .collect();
    assert_eq!(heard, verdicts);
    assert_eq!(stream.through(), through.map(n));
}

use Verdict::{Accepted, Conflict, Duplicate, Stale, Untaken};

#[test]
fn messages_in_order_are_received_through_the_last() {
    check(&[0, 1, 2], &[Accepted; 3], Some(2));
}

#[test]
fn nothing_is_received_as_long_as_the_first_is_missing() {
    check(&[1, 2], &[Accepted; 2], None);
}

#[test]
fn a_gap_holds_back_what_is_received_until_it_is_filled() {
    check(&[0, 3, 1], &[Accepted; 3], Some(1));
    check(&[0, 3, 1, 2], &[Accepted; 4], Some(3));
}

// iot-gateway-3.2
#[test]
fn a_repeated_message_is_a_duplicate() {
    check(
        &[0, 1, 0, 1],
        &[Accepted, Accepted, Duplicate, Duplicate],
        Some(1),
    );
}

// iot-gateway-3.6
#[test]
fn another_message_at_a_taken_place_is_a_conflict() {
    let mut stream = Stream::new(n(1));
    stream.handle(at(1, 0), right(0));
    assert_eq!(stream.handle(at(1, 0), WRONG).verdict, Conflict);
    assert_eq!(stream.handle(at(1, 0), right(0)).verdict, Duplicate);
}

#[test]
fn a_contradiction_is_recognised_among_the_last_256_messages() {
    let mut stream = Stream::new(n(1));
    for seq in 0..=RECENT_MAX {
        stream.handle(at(1, seq), right(seq));
    }
    assert_eq!(stream.handle(at(1, 1), WRONG).verdict, Conflict);
    assert_eq!(stream.handle(at(1, 0), WRONG).verdict, Duplicate);
}

// iot-gateway-3.7
#[test]
fn a_message_of_an_earlier_boot_is_stale() {
    let mut stream = Stream::new(n(2));
    assert_eq!(stream.handle(at(1, 0), right(0)).verdict, Stale);
    assert_eq!(stream.through(), None);
}

// iot-gateway-3.7
#[test]
fn a_higher_boot_starts_anew_and_loses_what_was_missing() {
    let mut stream = Stream::new(n(1));
    stream.handle(at(1, 2), right(2));
    let outcome = stream.handle(at(7, 0), right(0));
    let places = Range { first: 0, last: 1 };
    let lost = vec![Lost { boot: n(1), places }];
    let verdict = Accepted;
    assert_eq!(outcome, Outcome { verdict, lost });
    assert_eq!((stream.boot(), stream.through()), (n(7), Some(n(0))));
}

// iot-gateway-3.8
#[test]
fn what_the_device_gave_up_is_lost_and_no_longer_waited_for() {
    let mut stream = Stream::new(n(1));
    stream.handle(at(1, 0), right(0));
    stream.handle(at(1, 3), right(3));
    let declared = Place {
        oldest_seq: Some(n(6)),
        ..at(1, 7)
    };
    let lost = stream.handle(declared, right(7)).lost;
    let range = |first, last| Lost {
        boot: n(1),
        places: Range { first, last },
    };
    assert_eq!(lost, [range(1, 2), range(4, 5)]);
    assert_eq!((stream.through(), stream.missing()), (Some(n(5)), 1));
    assert_eq!(stream.handle(at(1, 4), right(4)).verdict, Duplicate);
}

// iot-gateway-3.9
#[test]
fn a_gap_too_many_is_not_taken_and_can_be_sent_again() {
    let mut stream = Stream::new(n(1));
    let most = u64::try_from(RANGES_MAX).unwrap();
    for gap in 0..most {
        assert_eq!(
            stream.handle(at(1, 2 * gap + 1), right(1)).verdict,
            Accepted
        );
    }
    let beyond = 2 * most + 1;
    assert_eq!(stream.handle(at(1, beyond), right(1)).verdict, Untaken);
    stream.handle(at(1, 0), right(0));
    assert_eq!(stream.handle(at(1, beyond), right(1)).verdict, Accepted);
}

#[test]
fn a_wide_gap_is_not_split_beyond_the_bound() {
    let mut stream = Stream::new(n(1));
    let most = u64::try_from(RANGES_MAX).unwrap();
    for gap in 0..most {
        stream.handle(at(1, 4 * gap + 3), right(1));
    }
    assert_eq!(stream.handle(at(1, 1), right(1)).verdict, Untaken);
    assert_eq!(stream.handle(at(1, 0), right(0)).verdict, Accepted);
}

#[test]
fn the_largest_place_is_no_trap() {
    let most = wire::bound::INTEGER_MAX;
    check(&[most, most], &[Accepted, Duplicate], None);
}

/// What happens to a device's outbox.
#[derive(Debug, Clone, Copy)]
enum Act {
    Enter,
    Deliver(usize),
    GiveUpOldest,
    RestartGateway,
}

fn any_acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => Just(Act::Enter),
        8 => (0..50_usize).prop_map(Act::Deliver),
        1 => Just(Act::GiveUpOldest),
        1 => Just(Act::RestartGateway),
    ];
    prop::collection::vec(act, 0..150)
}

/// A device: what it holds until it believes it received, with what each message declares.
#[derive(Default)]
struct Outbox {
    next: u64,
    held: BTreeMap<u64, Option<Integer>>,
    gave_up: bool,
}

impl Outbox {
    fn enter(&mut self) {
        let oldest = self.held.keys().next().copied().unwrap_or(self.next);
        let declared = self.gave_up.then(|| n(oldest));
        self.held.insert(self.next, declared);
        self.next += 1;
    }

    fn nth(&self, index: usize) -> Option<Place> {
        let (seq, oldest_seq) = self.held.iter().nth(index % self.held.len().max(1))?;
        Some(Place {
            oldest_seq: *oldest_seq,
            ..at(1, *seq)
        })
    }
}

/// The gateway's side, and what became of each place.
struct Heard {
    stream: Stream,
    accepted: BTreeSet<u64>,
    lost: BTreeSet<u64>,
}

impl Heard {
    fn hear(&mut self, outbox: &mut Outbox, place: Place) -> Result<(), TestCaseError> {
        let seq = place.seq.value();
        let outcome = self.stream.handle(place, right(seq));
        for Lost { places, .. } in &outcome.lost {
            self.lost.extend(places.first..=places.last);
        }
        if outcome.verdict == Accepted {
            prop_assert!(self.accepted.insert(seq), "{} is accepted twice", seq);
        }
        prop_assert!(self.accepted.is_disjoint(&self.lost));
        let end = self
            .stream
            .through()
            .map_or(0, |through| through.value() + 1);
        prop_assert!((0..end).all(|seq| self.is_settled(seq)));
        outbox.held = outbox.held.split_off(&end);
        Ok(())
    }

    fn is_settled(&self, seq: u64) -> bool {
        self.accepted.contains(&seq) || self.lost.contains(&seq)
    }

    fn restart(&mut self) {
        let remembered = (0..200).filter(|seq| self.stream.remembers(n(*seq)));
        let recent = remembered.map(|seq| (seq, right(seq))).collect();
        self.stream = Stream::resume(self.stream.mark(), recent);
    }
}

proptest! {
    // iot-gateway-3.4, iot-gateway-3.3
    #[test]
    fn each_message_is_accepted_once_however_it_is_reordered_repeated_or_given_up(
        acts in any_acts(),
    ) {
        let mut outbox = Outbox::default();
        let mut heard = Heard {
            stream: Stream::new(n(1)),
            accepted: BTreeSet::new(),
            lost: BTreeSet::new(),
        };
        for act in acts {
            match act {
                Act::Enter => outbox.enter(),
                Act::Deliver(index) => {
                    if let Some(place) = outbox.nth(index) {
                        heard.hear(&mut outbox, place)?;
                    }
                }
                Act::GiveUpOldest => outbox.gave_up |= outbox.held.pop_first().is_some(),
                Act::RestartGateway => heard.restart(),
            }
        }
        outbox.enter();
        while let Some(place) = outbox.nth(0) {
            heard.hear(&mut outbox, place)?;
            if let Some(last) = outbox.held.len().checked_sub(1).and_then(|last| outbox.nth(last)) {
                heard.hear(&mut outbox, last)?;
            }
        }
        prop_assert!((0..outbox.next).all(|seq| heard.is_settled(seq)));
    }
}
