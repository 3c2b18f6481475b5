use kit::error::Chain;
use serde_json::{Value, json};

use super::*;

fn text(own: &Value) -> Vec<u8> {
    let mut whole = json!({
        "tenant": "acme", "property": "seaside", "box": "box-1", "trust_domain": "hotel.internal",
        "identity_dir": "/i", "data_dir": "/d", "broker": { "host": "localhost", "port": "8883" },
        "admin": { "host": "127.0.0.1", "port": "9102" },
        "listener": { "host": "0.0.0.0", "port": "80" },
        "tls_listener": { "host": "0.0.0.0", "port": "443" },
    });
    for (key, value) in own.as_object().unwrap() {
        whole[key] = value.clone();
    }
    serde_json::to_vec(&whole).unwrap()
}

#[track_caller]
fn check(own: &Value, expected: &Config) {
    let (_, config) = kit::config::parse::<Config>(&text(own)).expect("must be accepted");
    assert_eq!(config, *expected);
}

#[track_caller]
fn check_refused(own: &Value, expected: &str) {
    let error = kit::config::parse::<Config>(&text(own)).expect_err("must be refused");
    assert_eq!(Chain(&error).to_string(), expected);
}

fn least() -> Config {
    let everywhere = |port| Address {
        host: "0.0.0.0".to_owned(),
        port,
    };
    Config {
        listener: everywhere(80),
        tls_listener: everywhere(443),
        pages_dir: PathBuf::new(),
        name: Text::default(),
        hosts: Vec::new(),
        networks: private(),
        ports: Ports {
            signaling: 8080,
            signaling_tls: 8443,
            authority: 8444,
            replica: 0,
        },
        cloud_signaling: Vec::new(),
    }
}

// console-5.1
#[test]
fn listeners_are_all_that_must_be_named() {
    check(&json!({}), &least());
}

// console-5.1
#[test]
fn what_is_named_counts() {
    let own = json!({
        "name": "Hôtel du Lac", "hosts": ["pages.hotel"], "networks": ["10.7.0.0/16"],
        "ports": { "signaling": "18080" }, "cloud_signaling": ["wss://signaling.example/edge"],
    });
    let expected = Config {
        name: "Hôtel du Lac".parse().unwrap(),
        hosts: vec!["pages.hotel".to_owned()],
        networks: vec!["10.7.0.0/16".parse().unwrap()],
        ports: Ports {
            signaling: 18080,
            ..Ports::default()
        },
        cloud_signaling: vec!["wss://signaling.example/edge".to_owned()],
        ..least()
    };
    check(&own, &expected);
    check(&json!({ "networks": [] }), &least());
}

// console-5.2
#[test]
fn a_wrong_value_is_named() {
    check_refused(
        &json!({ "networks": ["10.7.0.0"] }),
        "configuration key networks: \"10.7.0.0\": not a network such as \"192.168.0.0/16\"",
    );
    check_refused(
        &json!({ "hosts": ["http://box"] }),
        "configuration key hosts: \"http://box\" is not a DNS name",
    );
    for url in ["ws://signaling.example", "wss://a; script-src *", "wss://"] {
        let expected = format!(
            "configuration key cloud_signaling: {url:?} is not an address that begins with wss://"
        );
        check_refused(&json!({ "cloud_signaling": [url] }), &expected);
    }
    check_refused(
        &json!({ "hosts": vec!["a"; 17] }),
        "configuration key hosts: 17 entries are more than 16",
    );
}
