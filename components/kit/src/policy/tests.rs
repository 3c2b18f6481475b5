use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use wire::topic::{CONTROL, CONTROL_RESPONSE, DeviceSubject, ServiceSubject};
use wire::{BatchId, Component, DeviceId, ExecutionId, Operation, RequestId, Word};

use super::*;
use crate::ca::specimen::{component, device, operator};

fn property() -> PropertyId {
    "seaside".parse().unwrap()
}

fn principal(id: &str) -> Principal {
    id.parse().unwrap()
}

/// Every component, two devices, two operators.
fn everybody() -> Vec<Holder> {
    let components = Component::ALL.iter().copied().map(component);
    let others = [
        device("lock-1"),
        device("lock-2"),
        operator("alice"),
        operator(EDGECTL),
    ];
    components.chain(others).collect()
}

fn policy() -> Policy {
    Policy::of(&property(), everybody())
}

/// Checks a topic, below its property, against what a principal may say and hear.
#[track_caller]
fn check(id: &str, topic: &str, publish: bool, subscribe: bool) {
    let everything = Filter::everything(&property());
    let topic: Topic = everything.as_str().replace('#', topic).parse().unwrap();
    let may = |access| policy().allows(&principal(id), access, &topic);
    assert_eq!(
        (may(Access::Publish), may(Access::Subscribe)),
        (publish, subscribe),
        "{id} {topic}"
    );
}

const UUID: &str = "01900000-0000-7000-8000-000000000000";

#[test]
fn a_device_says_its_own_words_and_hears_what_is_said_to_it() {
    for word in ["birth", "online", "reported", "event", "telemetry/battery"] {
        check("lock-1", &format!("device/lock-1/{word}"), true, false);
    }
    check("lock-1", &format!("device/lock-1/ack/{UUID}"), true, false);
    for word in ["received", "delta", &format!("command/{UUID}")] {
        check("lock-1", &format!("device/lock-1/{word}"), false, true);
    }
}

// authority-9.6
#[test]
fn a_device_hears_which_authority_its_property_has_and_nothing_else_of_it() {
    check(
        "lock-1",
        "service/authority/event/ca-replacement",
        false,
        true,
    );
    check(
        "lock-1",
        "service/authority/event/revocations",
        false,
        false,
    );
}

#[test]
fn a_device_has_no_part_in_another_device_or_service() {
    check("lock-1", "device/lock-2/birth", false, false);
    check(
        "lock-1",
        &format!("device/lock-2/command/{UUID}"),
        false,
        false,
    );
    check(
        "lock-1",
        &format!("service/iot-gateway/request/command/lock-1/{UUID}"),
        false,
        false,
    );
    check("lock-1", "service/iot-gateway/status", false, false);
}

#[test]
fn the_gateway_hears_every_device_and_speaks_to_every_device() {
    check(
        "iot-gateway",
        "device/lock-2/telemetry/battery",
        false,
        true,
    );
    // To clear what the broker kept of a removed device.
    check("iot-gateway", "device/lock-2/reported", true, true);
    check(
        "iot-gateway",
        &format!("device/lock-2/command/{UUID}"),
        true,
        false,
    );
}

#[test]
fn the_gateway_feeds_uplink_under_its_own_name_on_three_streams() {
    for stream in ["p0", "p1", "p2"] {
        check(
            "iot-gateway",
            &format!("service/uplink/record/{stream}/iot-gateway/{UUID}"),
            true,
            false,
        );
    }
    check(
        "iot-gateway",
        &format!("service/uplink/record/p3/iot-gateway/{UUID}"),
        false,
        false,
    );
    check(
        "iot-gateway",
        &format!("service/uplink/record/p0/console/{UUID}"),
        false,
        false,
    );
    check(
        "iot-gateway",
        &format!("service/uplink/recorded/iot-gateway/{UUID}"),
        false,
        true,
    );
    check(
        "uplink",
        &format!("service/uplink/record/p3/console/{UUID}"),
        false,
        true,
    );
    check(
        "uplink",
        &format!("service/uplink/recorded/console/{UUID}"),
        true,
        false,
    );
}

#[test]
fn an_operator_asks_under_its_own_name_only() {
    check(
        "alice",
        &format!("service/iot-gateway/request/list/alice/{UUID}"),
        true,
        false,
    );
    check(
        "alice",
        &format!("service/uplink/request/drain/alice/{UUID}"),
        true,
        false,
    );
    check(
        "alice",
        &format!("service/uplink/request/drain/edgectl/{UUID}"),
        false,
        false,
    );
    check(
        "alice",
        &format!("service/uplink/request/nonsense/alice/{UUID}"),
        false,
        false,
    );
    check(
        "alice",
        &format!("service/uplink/reply/alice/{UUID}"),
        false,
        true,
    );
    check(
        "alice",
        &format!("service/uplink/reply/edgectl/{UUID}"),
        false,
        false,
    );
    check("alice", "service/uplink/status", false, true);
}

#[test]
fn a_component_answers_for_itself_only() {
    check(
        "uplink",
        &format!("service/uplink/request/drain/alice/{UUID}"),
        false,
        true,
    );
    check(
        "uplink",
        &format!("service/uplink/reply/alice/{UUID}"),
        true,
        false,
    );
    check(
        "uplink",
        &format!("service/iot-gateway/reply/alice/{UUID}"),
        false,
        false,
    );
    check("uplink", "service/uplink/status", true, false);
    check("uplink", "service/iot-gateway/status", false, false);
    check(
        "uplink",
        &format!("service/iot-gateway/request/list/uplink/{UUID}"),
        false,
        false,
    );
}

#[test]
fn the_authority_and_provisioning_alone_may_change_the_rules() {
    let policy = policy();
    let may: Vec<_> = policy
        .principals()
        .filter(|id| policy.may_control(id))
        .collect();
    assert_eq!(may, [&principal("authority"), &principal(EDGECTL)]);
}

#[test]
fn the_broker_and_strangers_are_granted_nothing() {
    let policy = policy();
    for id in ["broker", "stranger"] {
        assert_eq!(policy.grants(&principal(id)).count(), 0);
        assert!(policy.principals().all(|known| known.as_str() != id));
    }
}

/// Whether the rendered rules let a principal do something, as the plugin decides it: first the
/// role's rules, then the defaults.
fn rendered_allows(rendered: &Value, id: &str, act: &str, topic: &str) -> bool {
    let mut roles = rendered["roles"].as_array().unwrap().iter();
    let role = roles.find(|role| role["rolename"] == id);
    let acls = role
        .into_iter()
        .flat_map(|role| role["acls"].as_array().unwrap());
    let default = rendered["defaultACLAccess"][act].as_bool().unwrap_or(false);
    let mut relevant = acls.filter(|acl| acl["acltype"].as_str().unwrap().starts_with(act));
    relevant.any(|acl| mqtt_matches(acl["topic"].as_str().unwrap(), topic)) || default
}

/// MQTT 5 §4.7.1, without `#`, which no rule uses.
fn mqtt_matches(filter: &str, topic: &str) -> bool {
    let (filter, topic): (Vec<_>, Vec<_>) =
        (filter.split('/').collect(), topic.split('/').collect());
    let same = |(filter, topic): (&&str, &&str)| *filter == "+" || filter == topic;
    filter.len() == topic.len() && filter.iter().zip(&topic).all(same)
}

fn some<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = T> {
    prop::sample::select(values)
}

/// An id that is in the policy, or nearly.
fn id() -> impl Strategy<Value = String> {
    some(
        [
            "lock-1",
            "lock-2",
            "alice",
            "edgectl",
            "uplink",
            "iot-gateway",
            "console",
            "x",
        ]
        .to_vec(),
    )
    .prop_map(str::to_owned)
}

fn device_subject() -> impl Strategy<Value = DeviceSubject> {
    let execution: ExecutionId = UUID.parse().unwrap();
    some(vec![
        DeviceSubject::Birth,
        DeviceSubject::Online,
        DeviceSubject::Reported,
        DeviceSubject::Telemetry("battery".parse().unwrap()),
        DeviceSubject::Event,
        DeviceSubject::Received,
        DeviceSubject::Delta,
        DeviceSubject::Command(execution),
        DeviceSubject::Ack(execution),
    ])
}

fn service_subject() -> impl Strategy<Value = ServiceSubject> {
    let operation = some(["list", "command", "stat", "drain", "other"].to_vec());
    let stream = some(["p0", "p2", "p3", "x"].to_vec());
    (operation, stream, id(), 0..6).prop_map(|(operation, stream, id, which)| {
        let operation: Operation = operation.parse().unwrap();
        let stream: Word = stream.parse().unwrap();
        let request: RequestId = UUID.parse().unwrap();
        let batch: BatchId = UUID.parse().unwrap();
        match which {
            0 => ServiceSubject::Request(operation, principal(&id), request),
            1 => ServiceSubject::Reply(principal(&id), request),
            2 => ServiceSubject::Record(stream, principal(&id), batch),
            3 => ServiceSubject::Recorded(principal(&id), batch),
            4 => ServiceSubject::Event("started".parse().unwrap()),
            _ => ServiceSubject::Status,
        }
    })
}

fn topic() -> impl Strategy<Value = Topic> {
    let property = || some(vec!["seaside", "hillside"]).prop_map(|id| id.parse().unwrap());
    let device = (property(), id(), device_subject()).prop_map(|(property, id, subject)| {
        let id: DeviceId = id.parse().unwrap();
        Topic::device(&property, &id, subject)
    });
    let service = (property(), some(Component::ALL.to_vec()), service_subject())
        .prop_map(|(property, component, subject)| Topic::service(&property, component, subject));
    prop_oneof![device, service]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    // bus-3.5
    #[test]
    fn the_rendered_rules_allow_exactly_what_the_policy_allows(id in id(), topic in topic()) {
        let (policy, text) = (policy(), topic.to_string());
        let rendered = dynamic_security_json(&policy);
        let publish = policy.allows(&principal(&id), Access::Publish, &topic);
        let subscribe = policy.allows(&principal(&id), Access::Subscribe, &topic);
        prop_assert_eq!(rendered_allows(&rendered, &id, "publishClientSend", &text), publish);
        prop_assert_eq!(rendered_allows(&rendered, &id, "subscribe", &text), subscribe);
        prop_assert_eq!(rendered_allows(&rendered, &id, "publishClientReceive", &text), subscribe);
    }
}

#[test]
fn control_is_rendered_for_provisioning_alone() {
    let rendered = dynamic_security_json(&policy());
    for (id, may) in [
        (EDGECTL, true),
        ("alice", false),
        ("iot-gateway", false),
        ("x", false),
    ] {
        assert_eq!(
            rendered_allows(&rendered, id, "publishClientSend", CONTROL),
            may,
            "{id}"
        );
        assert_eq!(
            rendered_allows(&rendered, id, "subscribe", CONTROL_RESPONSE),
            may,
            "{id}"
        );
    }
}

/// The plugin, as far as its commands go.
#[derive(Debug, Clone, Default)]
struct Plugin {
    defaults: BTreeMap<String, Value>,
    clients: BTreeMap<String, Value>,
    roles: BTreeMap<String, Value>,
}

impl Plugin {
    /// A plugin that started with this file.
    fn started(file: &Value) -> Self {
        let by = |list: &str, name: &str| {
            let entries = file[list].as_array().unwrap().iter();
            entries
                .map(|entry| (entry[name].as_str().unwrap().to_owned(), entry.clone()))
                .collect()
        };
        let defaults = file["defaultACLAccess"].as_object().unwrap().clone();
        Self {
            defaults: defaults.into_iter().collect(),
            clients: by("clients", "username"),
            roles: by("roles", "rolename"),
        }
    }

    fn answer(&mut self, commands: &[Value]) -> Value {
        json!({ "responses": commands.iter().map(|command| self.obey(command)).collect::<Vec<_>>() })
    }

    fn obey(&mut self, command: &Value) -> Value {
        let name = command["command"].as_str().unwrap();
        let username = command["username"].as_str().unwrap_or_default().to_owned();
        let rolename = command["rolename"].as_str().unwrap_or_default().to_owned();
        let done = |data: Value| json!({ "command": name, "data": data });
        let refused = || json!({ "command": name, "error": "no" });
        let client = || json!({ "username": username, "roles": command["roles"], "groups": [] });
        let role = || json!({ "rolename": rolename, "acls": command["acls"] });
        match name {
            "getDefaultACLAccess" => {
                let acls: Value = self
                    .defaults
                    .iter()
                    .map(|(act, allow)| json!({ "acltype": act, "allow": allow }))
                    .collect();
                done(json!({ "acls": acls }))
            }
            "setDefaultACLAccess" => {
                for acl in command["acls"].as_array().unwrap() {
                    self.defaults.insert(
                        acl["acltype"].as_str().unwrap().to_owned(),
                        acl["allow"].clone(),
                    );
                }
                done(json!(null))
            }
            "listClients" => done(page(&self.clients, "clients", command)),
            "listRoles" => done(page(&self.roles, "roles", command)),
            "createRole" if self.roles.contains_key(&rolename) => refused(),
            "modifyRole" if !self.roles.contains_key(&rolename) => refused(),
            "createRole" | "modifyRole" => {
                self.roles.insert(rolename.clone(), role());
                done(json!(null))
            }
            "deleteRole" => self
                .roles
                .remove(&rolename)
                .map_or_else(refused, |_| done(json!(null))),
            "createClient" if self.clients.contains_key(&username) => refused(),
            "createClient" => {
                self.clients.insert(username.clone(), client());
                done(json!(null))
            }
            "modifyClient" => {
                let known = self.clients.get_mut(&username).unwrap();
                known["roles"] = command["roles"].clone();
                done(json!(null))
            }
            "enableClient" => {
                self.clients.get_mut(&username).unwrap()["disabled"] = json!(false);
                done(json!(null))
            }
            "deleteClient" => self
                .clients
                .remove(&username)
                .map_or_else(refused, |_| done(json!(null))),
            _ => refused(),
        }
    }
}

/// One page, never longer than three, so that the reader has to turn pages.
fn page(entries: &BTreeMap<String, Value>, list: &str, command: &Value) -> Value {
    let offset = usize::try_from(command["offset"].as_u64().unwrap()).unwrap();
    let some: Vec<_> = entries.values().skip(offset).take(3).collect();
    json!({ "totalCount": entries.len(), list: some })
}

fn learn(plugin: &mut Plugin) -> LiveRules {
    let mut live = LiveRules::default();
    loop {
        let question = live.question();
        if question.is_empty() {
            return live;
        }
        live.learn(&plugin.answer(&question)).unwrap();
    }
}

/// Brings the plugin to the policy; says how many commands it took.
fn bring(plugin: &mut Plugin, policy: &Policy) -> usize {
    let commands = control_commands(&learn(plugin), policy);
    let answer = plugin.answer(&commands);
    LiveRules::default().learn(&answer).unwrap();
    commands.len()
}

fn holders() -> impl Strategy<Value = Vec<Holder>> {
    prop::sample::subsequence(everybody(), 0..=everybody().len())
}

proptest! {
    #[test]
    fn any_broker_is_brought_to_any_policy_and_stays_there(before in holders(), after in holders()) {
        let (before, after) = (Policy::of(&property(), before), Policy::of(&property(), after));
        let mut plugin = Plugin::started(&dynamic_security_json(&before));
        bring(&mut plugin, &after);
        prop_assert_eq!(bring(&mut plugin, &after), 0);
        let fresh = Plugin::started(&dynamic_security_json(&after));
        prop_assert_eq!(learn(&mut plugin), learn(&mut fresh.clone()));
    }
}

#[test]
fn a_broker_that_was_tampered_with_is_put_right() {
    let policy = policy();
    let mut plugin = Plugin::started(&dynamic_security_json(&policy));
    plugin.defaults.insert("subscribe".to_owned(), json!(true));
    plugin.clients.get_mut("lock-1").unwrap()["disabled"] = json!(true);
    plugin.clients.get_mut("lock-2").unwrap()["roles"] = json!([{ "rolename": "iot-gateway" }]);
    plugin.roles.get_mut("alice").unwrap()["acls"][0]["allow"] = json!(false);
    plugin.clients.insert(
        "mallory".to_owned(),
        json!({ "username": "mallory", "roles": [] }),
    );
    assert_eq!(bring(&mut plugin, &policy), 6);
    assert_eq!(bring(&mut plugin, &policy), 0);
}

#[test]
fn whoever_may_control_the_broker_is_changed_last() {
    let commands = control_commands(&LiveRules::default(), &policy());
    let last = commands.last().unwrap();
    assert_eq!(last["username"], EDGECTL);
}

#[test]
fn a_refusal_is_told_in_the_brokers_words() {
    let answer =
        json!({ "responses": [{ "command": "createRole", "error": "Role already exists" }] });
    let error = LiveRules::default().learn(&answer).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the broker refused createRole: Role already exists"
    );
}

#[test]
fn a_foreign_or_endless_answer_is_refused() {
    let endless = json!({ "command": "listRoles", "data": { "totalCount": 9, "roles": [] } });
    for answer in [
        json!({}),
        json!({ "responses": [endless] }),
        json!({ "responses": [{ "command": "listRoles" }] }),
    ] {
        assert_eq!(
            LiveRules::default().learn(&answer),
            Err(PluginError::NotAnAnswer),
            "{answer}"
        );
    }
}

#[test]
fn the_console_asks_the_authority_for_guests_tokens_and_for_nothing_else() {
    let asks = |operation| format!("service/authority/request/{operation}/console/{UUID}");
    check("console", &asks("mint-guest"), true, false);
    check("console", &asks("renew-leaf"), true, false);
    for operation in ["invite", "open-sitting", "revoke", "principals"] {
        check("console", &asks(operation), false, false);
    }
    let reply = format!("service/authority/reply/console/{UUID}");
    check("console", &reply, false, true);
}

#[test]
fn the_device_proxy_asks_the_gateway_for_the_climate_and_for_no_command() {
    let asks = |operation| format!("service/iot-gateway/request/{operation}/device-proxy/{UUID}");
    for operation in ["list", "state", "set-desired"] {
        check("device-proxy", &asks(operation), true, false);
    }
    check("device-proxy", &asks("command"), false, false);
}

#[test]
fn the_device_proxy_asks_models_in_the_hotels_words_only() {
    let asks = |operation| format!("service/inference/request/{operation}/device-proxy/{UUID}");
    for operation in ["message", "allocate"] {
        check("device-proxy", &asks(operation), true, false);
    }
    for operation in ["infer", "models"] {
        check("device-proxy", &asks(operation), false, false);
    }
}

#[test]
fn whoever_lets_people_in_hears_who_is_refused() {
    for component in ["console", "device-proxy", "inference", "signaling"] {
        check(
            component,
            "service/authority/event/revocations",
            false,
            true,
        );
    }
    check(
        "authority",
        "service/authority/event/revocations",
        true,
        false,
    );
    check("signaling", "service/authority/status", false, false);
}

// authority-8.1
#[test]
fn whoever_has_no_rights_any_more_is_granted_nothing() {
    let policy = policy().without(&[principal("lock-1")]);
    assert_eq!(policy.grants(&principal("lock-1")).count(), 0);
    assert!(policy.grants(&principal("lock-2")).count() > 0);
    let mut plugin = Plugin::default();
    bring(&mut plugin, &self::policy());
    let commands = control_commands(&learn(&mut plugin), &policy);
    let expected = [
        json!({ "command": "deleteClient", "username": "lock-1" }),
        json!({ "command": "deleteRole", "rolename": "lock-1" }),
    ];
    assert_eq!(commands, expected);
}

#[test]
fn every_component_renews_its_own_leaf_only() {
    for component in ["uplink", "iot-gateway", "signaling"] {
        let asks = |id| format!("service/authority/request/renew-leaf/{id}/{UUID}");
        check(component, &asks(component), true, false);
        check(component, &asks("console"), false, false);
    }
}
