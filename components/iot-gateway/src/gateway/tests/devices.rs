use super::*;

// iot-gateway-1.1
#[test]
fn a_device_that_nobody_registered_is_counted_and_leaves_nothing() {
    let mut scene = Scene::new();
    let unknown = Effect::Note(Note::Unknown(id("x-9")));
    for said in [births(1), online(1), telemetry(0)] {
        assert_eq!(scene.hear("x-9", said), std::slice::from_ref(&unknown));
    }
    assert!(!scene.gateway.knows(&id("x-9")));
}

// iot-gateway-1.4
#[test]
fn what_the_broker_kept_of_an_unknown_device_is_cleared() {
    let mut scene = Scene::new();
    let effects = scene.hear_from("x-9", Origin::Retained, online(1));
    assert!(effects.contains(&Effect::Say(Saying::Clear(id("x-9")))));
    assert_eq!(scene.hear("x-9", Said::Cleared), []);
}

// iot-gateway-1.4
#[test]
fn a_device_taken_out_of_the_registry_is_forgotten_and_cleared() {
    let mut scene = Scene::with_thermostat_online();
    let left = registry(&[("l-1", Kind::Lock), ("c-1", Kind::Contact)]);
    let effects = scene.gateway.handle(scene.now, Input::Registry(left));
    assert!(effects.contains(&Effect::Store(Change::Forget(id("t-1")))));
    assert!(effects.contains(&Effect::Say(Saying::Clear(id("t-1")))));
    assert_eq!(scene.gateway.count(), (2, 0));
}

// iot-gateway-1.4
#[test]
fn a_device_that_comes_back_goes_on_with_its_numbers() {
    let mut scene = Scene::with_thermostat_online();
    scene.hear("t-1", telemetry(0));
    for devices in [&[("l-1", Kind::Lock)][..], &[("t-1", Kind::Thermostat)]] {
        scene
            .gateway
            .handle(scene.now, Input::Registry(registry(devices)));
    }
    assert_eq!(stores(&scene.hear("t-1", telemetry(0))), 0);
    let effects = scene.hear("t-1", telemetry(1));
    let Some(Effect::Say(Saying::Received(_, received))) = effects.last() else {
        panic!("{effects:?}")
    };
    assert_eq!(received.through_seq, n(1));
}

// iot-gateway-1.4, iot-gateway-10.2
#[test]
fn a_device_taken_out_while_the_gateway_was_down_is_forgotten_at_start() {
    let numbers = Kept {
        lost: 1,
        ..Kept::default()
    };
    let born = Kept {
        birth: Some(presence::Birth {
            boot: n(1),
            capabilities: [].into(),
            firmware: String::new(),
        }),
        ..numbers.clone()
    };
    let devices = [("gone", &born), ("long-gone", &numbers), ("l-1", &born)];
    let memory = Memory {
        devices: devices.map(|(name, kept)| (id(name), kept.clone())).into(),
        executions: vec![],
        turns: vec![],
    };
    let registry = registry(&[("l-1", Kind::Lock)]);
    let (gateway, effects) = Gateway::resume(start(), registry, Policy::default(), memory);
    let is_forget = |effect: &&Effect| matches!(effect, Effect::Store(Change::Forget(_)));
    let forgotten: Vec<_> = effects.iter().filter(is_forget).collect();
    assert_eq!(forgotten, [&Effect::Store(Change::Forget(id("gone")))]);
    let retired: Vec<_> = gateway.retired().collect();
    assert_eq!(retired, [&id("gone"), &id("long-gone")]);
}

// iot-gateway-3.10
#[test]
fn while_the_outbox_is_full_messages_stay_with_their_devices() {
    let mut scene = Scene::with_thermostat_online();
    scene.gateway.set_room(Room::Full);
    let untaken = Effect::Note(Note::Untaken(id("t-1"), Why::OutboxFull));
    assert_eq!(scene.hear("t-1", telemetry(0)), [untaken]);
    scene.gateway.set_room(Room::Free);
    assert!(stores(&scene.hear("t-1", telemetry(0))) > 0);
}

// iot-gateway-3.1
#[test]
fn an_unreadable_message_is_counted_by_device_and_field() {
    let mut scene = Scene::new();
    let problem = Problem::new(Code::Malformed, "no number").at("seq");
    let input = Input::Unreadable(Some(id("t-1")), problem.clone());
    let effects = scene.gateway.handle(scene.now, input);
    assert_eq!(
        effects,
        [Effect::Note(Note::Rejected(Some(id("t-1")), problem))]
    );
}

#[test]
fn an_alarm_and_a_measurement_go_their_ways() {
    let mut scene = Scene::with_thermostat_online();
    let streams: Vec<_> = scene
        .hear("t-1", telemetry(0))
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Store(Change::Record(stream, _)) => Some(stream),
            _ => None,
        })
        .collect();
    assert_eq!(streams, [Stream::P2]);
}

// iot-gateway-4.2
#[test]
fn a_wish_reaches_a_thermostat_when_it_comes() {
    let mut scene = Scene::new();
    scene.ask(
        "set-desired",
        &json!({ "device": "t-1", "state": { "target_celsius": 19 } }),
    );
    scene.hear("t-1", births(1));
    let effects = scene.hear("t-1", online(1));
    let is_delta = |effect: &Effect| matches!(effect, Effect::Say(Saying::Delta(..)));
    assert!(effects.iter().any(is_delta));
    let wake_at = scene.gateway.wake_at().unwrap();
    assert!(
        scene
            .wait(wake_at - scene.now.monotonic)
            .iter()
            .any(is_delta)
    );
}

// iot-gateway-2.4
#[test]
fn a_device_whose_rights_have_ended_is_offline_whatever_is_retained_of_it() {
    let mut scene = Scene::with_thermostat_online();
    scene.hear("l-1", births(1));
    scene.hear("l-1", online(1));
    let revoked = || Input::Revoked(BTreeSet::from([id("t-1"), id("desk-1")]));
    let effects = scene.gateway.handle(scene.now, revoked());
    assert!(effects.contains(&Effect::Note(Note::Presence)));
    assert_eq!(scene.gateway.count(), (2, 1));
    assert_eq!(scene.gateway.handle(scene.now, revoked()), []);
    scene.hear_from("t-1", Origin::Retained, births(2));
    scene.hear_from("t-1", Origin::Retained, online(2));
    assert_eq!(scene.gateway.count(), (2, 1));
}
