use proptest::prelude::*;

use super::*;
use Origin::{Live, Retained};

fn n(value: u32) -> Integer {
    value.into()
}

fn birth(boot: u32, origin: Origin) -> Input {
    let birth = Birth {
        boot: n(boot),
        capabilities: BTreeSet::new(),
        firmware: "1".to_owned(),
    };
    Input::Birth(birth, origin)
}

fn online(boot: u32, online: bool) -> Input {
    let boot = n(boot);
    Input::Online { boot, online }
}

/// Plays a story and compares boot and presence in the end.
#[track_caller]
fn check(story: impl IntoIterator<Item = Input>, boot: Option<u32>, is_online: bool) -> Presence {
    let mut presence = Presence::default();
    for input in story {
        presence.handle(input);
    }
    assert_eq!(presence.boot(), boot.map(n));
    assert_eq!(presence.is_online(), is_online);
    presence
}

#[test]
fn a_device_is_online_when_it_was_born_and_says_so_in_either_order() {
    check([birth(3, Live), online(3, true)], Some(3), true);
    check([online(3, true), birth(3, Live)], Some(3), true);
}

// iot-gateway-2.1
#[test]
fn the_will_of_another_boot_is_ignored() {
    let connected = [birth(3, Live), online(3, true)];
    check(
        connected.into_iter().chain([online(2, false)]),
        Some(3),
        true,
    );
}

#[test]
fn the_will_of_the_current_boot_takes_it_offline() {
    check(
        [birth(3, Live), online(3, true), online(3, false)],
        Some(3),
        false,
    );
}

#[test]
fn a_word_of_a_boot_to_come_waits_for_its_birth() {
    check([birth(3, Live), online(4, true)], Some(3), false);
    check(
        [birth(3, Live), online(4, true), birth(4, Live)],
        Some(4),
        true,
    );
}

// iot-gateway-2.2
#[test]
fn a_retained_birth_is_a_hint_only_where_nothing_newer_is_known() {
    check([birth(3, Retained)], Some(3), false);
    check([birth(3, Live), birth(2, Retained)], Some(3), false);
    check([birth(3, Live), birth(4, Retained)], Some(4), false);
}

// iot-gateway-3.7
#[test]
fn a_live_birth_of_an_earlier_boot_is_stale() {
    let mut presence = check([birth(3, Live)], Some(3), false);
    let stale = vec![Effect::Stale { boot: n(2) }];
    assert_eq!(presence.handle(birth(2, Live)), stale);
    assert_eq!(presence.boot(), Some(n(3)));
}

// iot-gateway-2.3
#[test]
fn after_a_restart_a_device_is_offline_until_it_is_heard() {
    let before = check([birth(3, Live), online(3, true)], Some(3), true);
    let mut presence = Presence::resume(before.birth().cloned());
    assert!(!presence.is_online());
    assert_eq!(presence.handle(online(3, true)), [Effect::Came]);
    assert!(presence.is_online());
}

#[test]
fn the_same_birth_is_not_stored_again_but_tells_that_the_device_came() {
    let mut presence = check([birth(3, Live), online(3, true)], Some(3), true);
    assert_eq!(presence.handle(birth(3, Live)), [Effect::Came]);
    assert_eq!(presence.handle(birth(3, Retained)), []);
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        (0..5_u32, prop_oneof![Just(Live), Just(Retained)]).prop_map(|(b, o)| birth(b, o)),
        (0..5_u32, any::<bool>()).prop_map(|(b, is)| online(b, is)),
    ]
}

proptest! {
    // iot-gateway-2.1
    #[test]
    fn the_boot_never_falls_and_comings_and_goings_match(
        story in prop::collection::vec(any_input(), 0..40),
    ) {
        let mut presence = Presence::default();
        for input in story {
            let (boot, was_online) = (presence.boot(), presence.is_online());
            let effects = presence.handle(input);
            prop_assert!(boot <= presence.boot());
            prop_assert_eq!(effects.contains(&Effect::Went), was_online && !presence.is_online());
            prop_assert!(presence.is_online() || !effects.contains(&Effect::Came));
            prop_assert!(was_online || !presence.is_online() || effects.contains(&Effect::Came));
        }
    }
}
