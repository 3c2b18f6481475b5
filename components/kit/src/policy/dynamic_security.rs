//! The policy in the words of mosquitto's dynamic-security plugin (mosquitto 2.0).
//!
//! One role per principal, of the same name. Subscribing is checked when it happens, and hearing
//! again at every delivery: a session that the broker kept from before a permission was withdrawn
//! falls silent too.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wire::Principal;
use wire::topic::{CONTROL, CONTROL_RESPONSE};

use super::{Grant, Policy};

/// What is denied to everybody unless a rule allows it: everything but unsubscribing.
pub(super) const DEFAULTS: &[(&str, bool)] = &[
    ("publishClientSend", false),
    ("publishClientReceive", false),
    ("subscribe", false),
    ("unsubscribe", true),
];

/// One rule of a role: what may be done (the plugin's `acltype`), and where.
pub(super) type Rule = (String, String);

/// The plugin's configuration file: what a broker knows when it starts for the first time.
pub fn dynamic_security_json(policy: &Policy) -> Value {
    let defaults: serde_json::Map<_, _> = DEFAULTS
        .iter()
        .map(|(act, allow)| ((*act).to_owned(), json!(allow)))
        .collect();
    json!({
        "defaultACLAccess": defaults,
        "clients": policy.principals().map(client).collect::<Vec<_>>(),
        "groups": [],
        "roles": policy.principals().map(|principal| role(policy, principal)).collect::<Vec<_>>(),
    })
}

fn client(principal: &Principal) -> Value {
    json!({ "username": principal, "roles": roles(principal) })
}

fn role(policy: &Policy, principal: &Principal) -> Value {
    json!({ "rolename": principal, "acls": acls(&rules(policy, principal)) })
}

/// The roles of a client: its own.
pub(super) fn roles(principal: &Principal) -> Value {
    json!([{ "rolename": principal, "priority": 0 }])
}

/// Rules in the plugin's form.
pub(super) fn acls(rules: &BTreeSet<Rule>) -> Value {
    let acl = |(act, topic): &Rule| json!({ "acltype": act, "topic": topic, "priority": 0, "allow": true });
    rules.iter().map(acl).collect()
}

/// The rules of a principal's role.
pub(super) fn rules(policy: &Policy, principal: &Principal) -> BTreeSet<Rule> {
    policy.grants(principal).flat_map(of_grant).collect()
}

fn of_grant(grant: &Grant) -> Vec<Rule> {
    let rule = |act: &str, topic: &str| (act.to_owned(), topic.to_owned());
    match grant {
        Grant::Publish(filter) => vec![rule("publishClientSend", filter.as_str())],
        Grant::Subscribe(filter) => vec![
            rule("subscribePattern", filter.as_str()),
            rule("publishClientReceive", filter.as_str()),
        ],
        Grant::Control => vec![
            rule("publishClientSend", CONTROL),
            rule("subscribeLiteral", CONTROL_RESPONSE),
            rule("publishClientReceive", CONTROL_RESPONSE),
        ],
    }
}
