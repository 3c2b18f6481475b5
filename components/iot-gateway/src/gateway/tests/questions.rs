use super::*;

fn ack(effects: &[Effect], status: AckStatus) -> Said {
    let execution = effects.iter().find_map(|effect| match effect {
        Effect::Say(Saying::Command(_, command)) => Some(command.execution),
        _ => None,
    });
    Said::Ack(Ack {
        challenge: None,
        v: Version,
        execution: execution.unwrap(),
        status,
        problem: None,
    })
}

/// Asks a gateway with the thermostat online and compares the code and field of its refusal.
#[track_caller]
fn check(operation: &str, body: &Value, code: &str, field: Option<&str>) {
    let mut scene = Scene::with_thermostat_online();
    let reply = reply(&scene.ask(operation, body));
    let problem = &reply["problem"];
    assert_eq!(
        (problem["code"].as_str(), problem["field"].as_str()),
        (Some(code), field)
    );
}

// iot-gateway-6.4
#[test]
fn devices_are_listed_a_page_at_a_time() {
    let names: Vec<_> = (0..201).map(|number| format!("d-{number:03}")).collect();
    let devices: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), Kind::Contact))
        .collect();
    let mut scene = Scene::new();
    let grown = Input::Registry(registry(&devices));
    scene.gateway.handle(scene.now, grown);
    let first = reply(&scene.ask("list", &json!({})));
    assert_eq!(first["body"]["devices"].as_array().unwrap().len(), 200);
    assert_eq!(
        (&first["body"]["total"], &first["body"]["next"]),
        (&json!(201), &json!("d-199"))
    );
    let second = reply(&scene.ask("list", &json!({ "after": "d-199" })));
    assert_eq!(second["body"]["devices"][0]["device"], "d-200");
    assert_eq!(second["body"].get("next"), None);
}

#[test]
fn the_state_of_a_device_is_told() {
    let mut scene = Scene::with_thermostat_online();
    scene.hear("t-1", telemetry(0));
    let body = &reply(&scene.ask("state", &json!({ "device": "t-1" })))["body"];
    assert_eq!((&body["online"], &body["boot"]), (&json!(true), &json!(1)));
    assert_eq!(body["through_seq"], 0);
}

#[test]
fn a_device_that_is_not_registered_is_not_found() {
    for operation in ["state", "set-desired", "command"] {
        let body = json!({ "device": "x-9", "state": {}, "operation": "identify" });
        check(operation, &body, "not-found", Some("device"));
    }
}

// iot-gateway-6.3
#[test]
fn an_unknown_operation_is_refused_by_name() {
    check("open-sesame", &json!({}), "unsupported", Some("operation"));
}

// iot-gateway-6.3
#[test]
fn an_unreadable_question_is_refused_with_its_field() {
    check(
        "state",
        &json!({ "device": "NOT A WORD" }),
        "malformed",
        Some("body.device"),
    );
}

// iot-gateway-6.2
#[test]
fn a_question_past_its_deadline_is_not_looked_into() {
    let mut scene = Scene::with_thermostat_online();
    for operation in ["state", "set-desired", "command"] {
        let body = json!({ "device": "t-1", "state": {}, "operation": "identify" });
        let request = scene.question(operation, 0, &body);
        let expired = Effect::Note(Note::Expired(request.asker.clone()));
        let again = Input::AskedAgain(request.clone(), vec![]);
        assert_eq!(
            scene.gateway.handle(scene.now, again),
            std::slice::from_ref(&expired)
        );
        assert_eq!(
            scene.gateway.handle(scene.now, Input::Asked(request)),
            [expired]
        );
    }
}

// iot-gateway-4.1, iot-gateway-6.1
#[test]
fn a_wish_is_kept_together_with_its_answer_before_it_is_sent() {
    let mut scene = Scene::with_thermostat_online();
    let wish = json!({ "device": "t-1", "state": { "target_celsius": 19 } });
    let effects = scene.ask("set-desired", &wish);
    let Effect::Say(Saying::Delta(_, delta)) = &effects[1] else {
        panic!("{effects:?}")
    };
    assert_eq!(delta.state.0["target_celsius"], 19);
    assert!(matches!(&effects[0], Effect::Store(Change::Desired(..))));
    assert!(matches!(&effects[2], Effect::Store(Change::Answer(..))));
    let body = &reply(&effects)["body"];
    assert_eq!(
        (&body["version"], &body["delta"]),
        (&json!(1), &json!({ "target_celsius": 19 }))
    );
}

// iot-gateway-6.1
#[test]
fn a_repeated_question_gets_the_first_answer_and_changes_nothing() {
    let mut scene = Scene::with_thermostat_online();
    let wish = json!({ "device": "t-1", "state": { "target_celsius": 19 } });
    let request = scene.question("set-desired", 30_000, &wish);
    assert!(crate::requests::is_kept(&request.operation));
    let again = Input::AskedAgain(request, br#"{"v":1}"#.to_vec());
    let effects = scene.gateway.handle(scene.now, again);
    assert_eq!((reply(&effects), stores(&effects)), (json!({ "v": 1 }), 0));
}

// iot-gateway-4.5
#[test]
fn a_wish_for_another_version_is_a_conflict() {
    let wish = json!({ "device": "t-1", "state": { "target_celsius": 19 }, "version": 3 });
    check("set-desired", &wish, "conflict", Some("version"));
}

// iot-gateway-4.4
#[test]
fn what_cannot_be_wished_is_refused_by_name() {
    let wish = json!({ "device": "l-1", "state": { "locked": false } });
    check("set-desired", &wish, "unsupported", Some("device"));
    let wish = json!({ "device": "t-1", "state": { "mode": "heat" } });
    check("set-desired", &wish, "unsupported", Some("state.mode"));
}

// iot-gateway-5.2
#[test]
fn a_command_is_kept_before_it_is_sent() {
    let mut scene = Scene::with_thermostat_online();
    let effects = scene.identify();
    let [
        Effect::Store(Change::Execution(kept)),
        Effect::Say(Saying::Command(_, command)),
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!((&kept.command(), command.boot), (command, n(1)));
    assert_eq!(command.expires_at.value(), scene.now.wall.value() + 10_000);
}

#[test]
fn a_command_is_answered_when_the_device_has_done_it() {
    let mut scene = Scene::with_thermostat_online();
    let sent = scene.identify();
    assert_eq!(
        stores(&scene.hear("t-1", ack(&sent, AckStatus::Accepted))),
        1
    );
    let done = scene.hear("t-1", ack(&sent, AckStatus::Succeeded));
    assert_eq!(reply(&done)["body"]["outcome"], "succeeded");
    assert_eq!(scene.gateway.wake_at(), None);
}

// iot-gateway-5.1
#[test]
fn a_silent_device_makes_a_command_time_out_honestly() {
    let mut scene = Scene::with_thermostat_online();
    let sent = scene.identify();
    assert_eq!(
        scene.wait(LONGEST.checked_sub(Duration::from_millis(1)).unwrap()),
        []
    );
    let ended = scene.wait(Duration::from_millis(1));
    assert_eq!(reply(&ended)["body"]["outcome"], "timed_out");
    let late = scene.hear("t-1", ack(&sent, AckStatus::Succeeded));
    assert!(matches!(
        late[..],
        [Effect::Store(_), Effect::Note(Note::Late(_))]
    ));
}

// iot-gateway-5.2
#[test]
fn after_a_restart_an_open_command_is_not_sent_again_but_times_out() {
    let mut scene = Scene::with_thermostat_online();
    let Effect::Store(Change::Execution(kept)) = scene.identify()[0].clone() else {
        panic!("a command is kept first")
    };
    let memory = Memory {
        devices: BTreeMap::new(),
        executions: vec![kept],
        turns: vec![],
    };
    let registry = registry(&[("t-1", Kind::Thermostat)]);
    let (gateway, effects) = Gateway::resume(scene.now, registry, Policy::default(), memory);
    assert_eq!(effects, [Effect::Note(Note::Presence)]);
    scene.gateway = gateway;
    let effects = scene.hear("t-1", births(1));
    let is_command = |effect: &Effect| matches!(effect, Effect::Say(Saying::Command(..)));
    assert!(!effects.iter().any(is_command));
    let ended = scene.wait(LONGEST);
    assert!(!ended.iter().any(is_command));
    let body = reply(&ended)["body"].clone();
    let executed: Executed = serde_json::from_value(body).unwrap();
    assert_eq!(executed.outcome, wire::gateway::Outcome::TimedOut);
}

// iot-gateway-6.1
#[test]
fn a_command_asked_for_twice_is_sent_once() {
    let mut scene = Scene::with_thermostat_online();
    let body = json!({ "device": "t-1", "operation": "identify" });
    let request = scene.question("command", 30_000, &body);
    let first = scene
        .gateway
        .handle(scene.now, Input::Asked(request.clone()));
    assert_eq!(first.len(), 2);
    assert_eq!(scene.gateway.handle(scene.now, Input::Asked(request)), []);
}

#[test]
fn the_id_of_anothers_command_is_a_conflict() {
    let mut scene = Scene::with_thermostat_online();
    let body = json!({ "device": "t-1", "operation": "identify" });
    let request = scene.question("command", 30_000, &body);
    scene
        .gateway
        .handle(scene.now, Input::Asked(request.clone()));
    let asker = Asker {
        principal: "day-porter".parse().unwrap(),
        ..request.asker.clone()
    };
    let other = Request { asker, ..request };
    let effects = scene.gateway.handle(scene.now, Input::Asked(other));
    assert_eq!(reply(&effects)["problem"]["code"], "conflict");
}

// iot-gateway-5.4
#[test]
fn only_what_is_online_and_listed_can_be_commanded() {
    let unlock = json!({ "device": "l-1", "operation": "unlock" });
    check("command", &unlock, "unsupported", Some("operation"));
    let offline = json!({ "device": "l-1", "operation": "identify" });
    check("command", &offline, "unavailable", None);
}

// iot-gateway-5.5
#[test]
fn too_many_commands_at_once_are_refused() {
    let mut scene = Scene::with_thermostat_online();
    for _ in 0..OPEN_PER_DEVICE_MAX {
        assert_eq!(scene.identify().len(), 2);
    }
    assert_eq!(reply(&scene.identify())["problem"]["code"], "busy");
    scene.wait(LONGEST);
    assert_eq!(scene.identify().len(), 2);
}

// iot-gateway-5.6
#[test]
fn a_device_cannot_acknowledge_anothers_command() {
    let mut scene = Scene::with_thermostat_online();
    let sent = scene.identify();
    let effects = scene.hear("l-1", ack(&sent, AckStatus::Succeeded));
    assert!(matches!(effects[..], [Effect::Note(Note::Rejected(..))]));
    assert!(scene.gateway.wake_at().is_some());
}
