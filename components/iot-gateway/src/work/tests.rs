use wire::device::Received;
use wire::{Integer, Version};

use super::*;
use crate::stream::{Gaps, Mark};

fn n(value: u32) -> Integer {
    value.into()
}

fn id(name: &str) -> DeviceId {
    name.parse().unwrap()
}

fn mark(name: &str, next: u64) -> Change {
    let (boot, gaps) = (n(1), Gaps::default());
    Change::Mark(id(name), Mark { boot, next, gaps })
}

fn received(name: &str, through: u32) -> Saying {
    let received = Received {
        v: Version,
        boot: n(1),
        through_seq: n(through),
    };
    Saying::Received(id(name), received)
}

/// Adds effects and compares what is left of them.
#[track_caller]
fn check(effects: Vec<Effect>, changes: &[Change], sayings: &[Saying]) {
    let mut work = Work::default();
    work.add(effects);
    let (kept, said, _) = work.finish();
    assert_eq!((kept.as_slice(), said.as_slice()), (changes, sayings));
}

#[test]
fn a_device_hears_once_a_batch_what_is_received() {
    let effects = vec![
        Effect::Store(mark("a", 1)),
        Effect::Say(received("a", 0)),
        Effect::Store(mark("b", 5)),
        Effect::Store(mark("a", 2)),
        Effect::Say(received("a", 1)),
    ];
    check(effects, &[mark("a", 2), mark("b", 5)], &[received("a", 1)]);
}

#[test]
fn what_comes_after_a_removal_stays_after_it() {
    let forget = Change::Forget(id("a"));
    let changes = [mark("a", 9), forget, mark("a", 1)];
    let effects = changes.iter().cloned().map(Effect::Store).collect();
    check(effects, &changes, &[]);
}

// iot-gateway-6.1
#[test]
fn an_answer_of_this_batch_is_found() {
    let of = |id: &str| Asker {
        principal: "night-porter".parse().unwrap(),
        id: id.parse().unwrap(),
    };
    let asked = of("01941f29-7c00-7000-8000-0123456789ab");
    let mut work = Work::default();
    work.add([Effect::Store(Change::Answer(asked.clone(), n(1), vec![1]))]);
    assert_eq!(work.answer(&asked), Some(&[1][..]));
    assert_eq!(
        work.answer(&of("01941f29-7c00-7000-8000-0123456789ac")),
        None
    );
}
