use std::time::Duration;

use kit::clock::Clock;
use wire::device::{Scalar, State, Telemetry};

use super::sending::IN_FLIGHT_MAX;
use super::*;
use crate::sim::device::Happening;

mod laws;

fn measured() -> Saying {
    Saying::Telemetry("temperature".parse().unwrap(), Scalar::Number(20.5))
}

fn happened() -> Saying {
    let kind = "opened".parse().unwrap();
    Saying::Event(Happening {
        kind,
        alarm: false,
        data: State::default(),
    })
}

fn boot() -> Integer {
    3_u32.into()
}

fn outbox(most: usize) -> Outbox {
    Outbox::resume(boot(), most, Stored::default())
}

/// What a test does to an outbox.
#[derive(Debug, Clone, Copy)]
enum Act {
    Measure(u32),
    Wait(u32),
    Hear(Input),
}
use Act::{Hear, Measure, Wait};
use Input::{Connected, Disconnected, Elapsed, Published, Received, Refused};

/// Plays a story and compares the places published and covered.
#[track_caller]
fn check(story: &[Act], expected: &[&str]) {
    let mut outbox = outbox(10_000);
    let mut now = Clock::system().monotonic();
    let mut asked = Vec::new();
    for act in story {
        let effects = match act {
            Measure(times) => {
                (0..*times).for_each(|_| drop(outbox.enter(1_u32.into(), measured())));
                outbox.handle(now, Input::Stored)
            }
            Wait(seconds) => {
                now += Duration::from_secs((*seconds).into());
                outbox.handle(now, Elapsed)
            }
            Hear(input) => outbox.handle(now, *input),
        };
        asked.extend(effects.into_iter().map(|effect| match effect {
            Effect::Publish(letter) => letter.seq.to_string(),
            Effect::Cover(through) => format!("through {through}"),
        }));
    }
    assert_eq!(asked, expected);
}

#[test]
fn what_was_said_offline_leaves_in_order_on_connect() {
    check(&[Measure(3), Hear(Connected)], &["0", "1", "2"]);
}

#[test]
fn what_is_not_covered_leaves_again_on_reconnect() {
    check(
        &[
            Measure(3),
            Hear(Connected),
            Hear(Published(0)),
            Hear(Published(1)),
            Hear(Received(0)),
            Hear(Disconnected),
            Hear(Connected),
        ],
        &["0", "1", "2", "through 0", "1", "2"],
    );
}

#[test]
fn a_silent_gateway_is_reminded_ever_more_rarely() {
    let published = [Hear(Published(0))];
    let silence = [
        Wait(9),
        Wait(1),
        published[0],
        Wait(19),
        Wait(1),
        published[0],
        Wait(39),
        Wait(1),
    ];
    let story = [&[Hear(Connected), Measure(1)], &published[..], &silence].concat();
    check(&story, &["0", "0", "0", "0"]);
}

#[test]
fn progress_ends_the_silence() {
    let story = [
        Hear(Connected),
        Measure(2),
        Hear(Published(0)),
        Hear(Published(1)),
    ];
    let covered = [
        Wait(9),
        Hear(Received(0)),
        Wait(9),
        Wait(1),
        Hear(Received(1)),
        Wait(99),
    ];
    check(
        &[&story[..], &covered].concat(),
        &["0", "1", "through 0", "1", "through 1"],
    );
}

#[test]
fn a_refused_letter_is_tried_again_later() {
    check(
        &[Hear(Connected), Measure(1), Hear(Refused(0)), Wait(10)],
        &["0", "0"],
    );
}

#[test]
fn confirmations_of_what_was_never_said_or_is_already_known_are_ignored() {
    let story = [
        Hear(Connected),
        Measure(1),
        Hear(Received(1)),
        Hear(Received(0)),
        Hear(Received(0)),
    ];
    check(&story, &["0", "through 0"]);
}

#[test]
fn only_so_many_letters_are_in_flight_and_ahead_of_the_gateway() {
    let mut outbox = outbox(10_000);
    let now = Clock::system().monotonic();
    (0..3_000).for_each(|_| drop(outbox.enter(1_u32.into(), measured())));
    let mut waiting = outbox.handle(now, Input::Stored);
    waiting.extend(outbox.handle(now, Connected));
    assert_eq!(waiting.len(), IN_FLIGHT_MAX);
    let mut sent = 0;
    while let Some(Effect::Publish(letter)) = waiting.pop() {
        sent += 1;
        waiting.extend(outbox.handle(now, Published(letter.seq.value())));
    }
    assert_eq!(sent, AHEAD_MAX);
}

#[test]
fn a_full_outbox_gives_up_measurements_before_events_and_declares_it() {
    let mut outbox = outbox(2);
    let mut enter = |saying| outbox.enter(1_u32.into(), saying);
    assert_eq!(enter(happened()).dropped, None);
    assert_eq!(enter(measured()).dropped, None);
    assert_eq!(enter(measured()).dropped, Some(1));
    let last = enter(measured());
    assert_eq!(last.dropped, Some(2));
    let body: Telemetry = wire::decode(&last.letter.body).unwrap();
    assert_eq!(
        (body.seq, body.oldest_seq),
        (3_u32.into(), Some(0_u32.into()))
    );
}
