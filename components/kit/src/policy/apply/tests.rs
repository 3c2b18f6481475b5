use std::future::ready;
use std::io;

use serde_json::json;
use wire::Component;

use super::*;
use crate::identity::Holder;

fn policy() -> Policy {
    let uplink = Holder::Component(Component::Uplink);
    Policy::of(&"seaside".parse().unwrap(), [uplink])
}

/// Answers as an empty broker does, and keeps what it is told.
fn empty(told: &mut Vec<String>, commands: &[Value]) -> Value {
    let respond = |command: &Value| {
        let name = command["command"].as_str().unwrap();
        let data = match name {
            "getDefaultACLAccess" => json!({ "acls": [] }),
            "listClients" => json!({ "totalCount": 0, "clients": [] }),
            "listRoles" => json!({ "totalCount": 0, "roles": [] }),
            _ => json!(null),
        };
        told.push(name.to_owned());
        json!({ "command": name, "data": data })
    };
    json!({ "responses": commands.iter().map(respond).collect::<Vec<_>>() })
}

#[tokio::test]
async fn an_empty_broker_is_asked_and_then_told_everything() {
    let mut told = Vec::new();
    let exchange = |commands: Vec<Value>| ready(Ok::<_, io::Error>(empty(&mut told, &commands)));
    assert_eq!(apply(&policy(), exchange).await.unwrap(), 3);
    let expected = [
        "getDefaultACLAccess",
        "listClients",
        "listRoles",
        "setDefaultACLAccess",
        "createRole",
        "createClient",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_refused_command_is_named() {
    let exchange = |_: Vec<Value>| {
        let refused = json!({ "command": "listClients", "error": "Out of memory" });
        ready(Ok::<_, io::Error>(json!({ "responses": [refused] })))
    };
    let error = apply(&policy(), exchange).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the broker refused listClients: Out of memory"
    );
}

#[tokio::test]
async fn a_plugin_that_cannot_be_reached_is_told_with_its_cause() {
    let timed_out = || io::Error::from(io::ErrorKind::TimedOut);
    let exchange = |_: Vec<Value>| ready(Err::<Value, _>(timed_out()));
    let error = apply(&policy(), exchange).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot reach the broker's security plugin"
    );
    assert_eq!(error.source().unwrap().to_string(), "timed out");
}
