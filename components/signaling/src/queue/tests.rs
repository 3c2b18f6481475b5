use proptest::prelude::*;
use wire::signaling::{Candidate, IceCandidate, Sdp};

use super::*;

fn start() -> Instant {
    kit::clock::Clock::system().monotonic()
}

fn hotel(name: &str) -> Hotel {
    Hotel {
        domain: "hotel.internal".to_owned(),
        tenant: "acme".parse().unwrap(),
        property: name.parse().unwrap(),
    }
}

fn name(text: &str) -> Principal {
    text.parse().unwrap()
}

fn connection(number: usize) -> wire::ConnectionId {
    format!("01890a5d-ac96-774b-bcce-{number:012}")
        .parse()
        .unwrap()
}

fn sdp(number: usize, negotiation: u32, bytes: usize) -> Sdp {
    Sdp {
        to: None,
        from: None,
        connection: connection(number),
        negotiation: negotiation.into(),
        sdp: "v".repeat(bytes),
        queued_ms: None,
    }
}

fn candidate(number: usize, negotiation: u32) -> Signal {
    Signal::Candidate(Candidate {
        to: None,
        from: None,
        connection: connection(number),
        negotiation: negotiation.into(),
        candidate: Some(IceCandidate {
            candidate: "candidate:".to_owned(),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        }),
    })
}

fn waiting(since: Instant, from: &str, signal: Signal) -> Waiting {
    Waiting {
        since,
        from: name(from),
        standing: Standing::Component,
        signal,
    }
}

fn taken(queue: &mut Queue, to: &str) -> Vec<Signal> {
    let line = queue.take(&hotel("seaside"), &name(to));
    line.into_iter().map(|waiting| waiting.signal).collect()
}

#[track_caller]
fn check(pushed: Vec<Signal>, expected: &[Signal]) {
    let (now, mut queue) = (start(), Queue::new(1_000));
    for signal in pushed {
        let waiting = waiting(now, "kitchen-1", signal);
        queue
            .push(&hotel("seaside"), &name("tablet-1"), waiting)
            .unwrap();
    }
    assert_eq!(queue.len(), expected.len());
    assert_eq!(taken(&mut queue, "tablet-1"), expected);
    assert_eq!(queue.len(), 0);
}

// signaling-4.1
#[test]
fn messages_come_out_in_the_order_they_went_in() {
    let order = vec![
        Signal::Offer(sdp(1, 0, 9)),
        candidate(1, 0),
        Signal::Answer(sdp(2, 0, 9)),
    ];
    check(order.clone(), &order);
}

// signaling-4.3
#[test]
fn the_newest_offer_of_a_connection_replaces_the_older_ones_and_their_candidates() {
    let (old, new) = (Signal::Offer(sdp(1, 0, 9)), Signal::Offer(sdp(1, 1, 9)));
    let other = Signal::Offer(sdp(2, 0, 9));
    check(
        vec![
            old,
            candidate(1, 0),
            other.clone(),
            new.clone(),
            candidate(1, 1),
        ],
        &[other, new, candidate(1, 1)],
    );
}

// signaling-4.3
#[test]
fn the_offers_of_two_senders_do_not_replace_each_other() {
    let (now, mut queue) = (start(), Queue::new(1_000));
    for sender in ["kitchen-1", "desk-1"] {
        let waiting = waiting(now, sender, Signal::Offer(sdp(1, 0, 9)));
        queue
            .push(&hotel("seaside"), &name("tablet-1"), waiting)
            .unwrap();
    }
    assert_eq!(taken(&mut queue, "tablet-1").len(), 2);
}

// signaling-4.4
#[test]
fn a_message_waits_for_a_minute() {
    let (now, mut queue) = (start(), Queue::new(1_000));
    let offer = waiting(now, "kitchen-1", Signal::Offer(sdp(1, 0, 9)));
    queue
        .push(&hotel("seaside"), &name("tablet-1"), offer.clone())
        .unwrap();
    assert_eq!(queue.expire(now + LIFE / 2), vec![]);
    let expected = (hotel("seaside"), name("tablet-1"), offer);
    assert_eq!(queue.expire(now + LIFE), vec![expected]);
    assert_eq!(queue.len(), 0);
}

// signaling-4.1
#[test]
fn a_delivered_description_says_how_long_it_waited() {
    let now = start();
    let offer = waiting(now, "kitchen-1", Signal::Offer(sdp(1, 0, 9)));
    let Signal::Offer(sdp) = offer.delivered(now + Duration::from_millis(1_500)) else {
        panic!("an offer stays one");
    };
    assert_eq!(sdp.queued_ms, Integer::new(1_500));
}

// signaling-4.2
#[test]
fn there_is_room_for_so_many_messages_and_so_many_bytes() {
    let (now, mut queue) = (start(), Queue::new(1_000));
    let mut push = |to: &str, signal| {
        let waiting = waiting(now, "kitchen-1", signal);
        queue.push(&hotel("seaside"), &name(to), waiting)
    };
    for number in 0..MESSAGES_MAX {
        assert_eq!(push("tablet-1", candidate(number, 0)), Ok(()));
    }
    assert_eq!(push("tablet-1", candidate(99, 0)), Err(Full));
    let largest = || sdp(1, 0, 16 * 1024 - 256);
    for _ in 0..4 {
        assert_eq!(push("tablet-2", Signal::Answer(largest())), Ok(()));
    }
    assert_eq!(push("tablet-2", candidate(1, 0)), Err(Full));
}

// signaling-4.2
#[test]
fn what_waits_is_bounded_over_all_hotels() {
    let (now, mut queue) = (start(), Queue::new(2));
    let mut push = |house: &str, to: &str| {
        let waiting = waiting(now, "kitchen-1", candidate(1, 0));
        queue.push(&hotel(house), &name(to), waiting)
    };
    assert_eq!(push("seaside", "tablet-1"), Ok(()));
    assert_eq!(push("hilltop", "tablet-1"), Ok(()));
    assert_eq!(push("seaside", "tablet-2"), Err(Full));
    queue.purge(|hotel, _| hotel.property.as_str() == "hilltop");
    assert_eq!((queue.len(), queue.lines.len()), (1, 1));
}

proptest! {
    // signaling-4.2
    #[test]
    fn no_bound_is_ever_passed_and_the_count_is_right(
        acts in proptest::collection::vec((0_usize..4, 0_usize..6, 0_u32..3, 0_usize..9_000), 1..300),
    ) {
        let (now, mut queue) = (start(), Queue::new(60));
        for (number, (to, connection, negotiation, bytes)) in acts.into_iter().enumerate() {
            let at = now + Duration::from_secs(number.try_into().unwrap());
            let signal = match bytes % 3 {
                0 => Signal::Offer(sdp(connection, negotiation, bytes)),
                1 => Signal::Answer(sdp(connection, negotiation, bytes)),
                _ => candidate(connection, negotiation),
            };
            let waiting = waiting(at, "kitchen-1", signal);
            let pushed = queue.push(&hotel("seaside"), &name(&format!("tablet-{to}")), waiting);
            prop_assert!(pushed.is_ok() || queue.len() > 0);
            if number % 7 == 0 {
                queue.expire(at);
            }
            prop_assert!(queue.len() <= 60);
            prop_assert_eq!(queue.len(), queue.lines.values().map(VecDeque::len).sum::<usize>());
            for line in queue.lines.values() {
                let bytes: usize = line.iter().map(|waiting| waiting.signal.bytes()).sum();
                prop_assert!(!line.is_empty() && line.len() <= MESSAGES_MAX && bytes <= BYTES_MAX);
            }
        }
    }
}
