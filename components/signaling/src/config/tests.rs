use kit::error::Chain;
use serde_json::{Value, json};

use super::*;

fn text(own: &Value) -> Vec<u8> {
    let mut whole = json!({
        "tenant": "acme", "property": "seaside", "box": "box-1", "trust_domain": "hotel.internal",
        "identity_dir": "/i", "data_dir": "/d", "broker": { "host": "localhost", "port": "8883" },
        "admin": { "host": "127.0.0.1", "port": "9108" },
    });
    for (key, value) in own.as_object().unwrap() {
        whole[key] = value.clone();
    }
    serde_json::to_vec(&whole).unwrap()
}

fn parsed(own: &Value) -> Config {
    kit::config::parse(&text(own)).expect("must be accepted").1
}

#[track_caller]
fn check_refused(own: &Value, expected: &str) {
    let error = kit::config::parse::<Config>(&text(own)).expect_err("must be refused");
    assert_eq!(Chain(&error).to_string(), expected);
}

// signaling-11.1
#[test]
fn nothing_has_to_be_configured_on_a_box() {
    let config = parsed(&json!({}));
    assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    let ports = [
        config.listener.port,
        config.tls_listener.port,
        config.http_listener.port,
    ];
    assert_eq!(ports, [8080, 8443, 8090]);
    assert_eq!((config.role, config.mdns), (Role::Edge, Switch::On));
    assert_eq!(config.box_peer.as_str(), "device-proxy");
}

// signaling-11.1
#[test]
fn numbers_may_stand_in_quotes() {
    let config = parsed(&json!({
        "role": "cloud", "mdns": "off", "limits": { "peers": "10", "burst": 20 },
        "ice": { "stun": ["stun:one:3478"], "turn": ["turns:two:5349"], "turn_secret": "hush" },
    }));
    assert_eq!((config.role, config.mdns), (Role::Cloud, Switch::Off));
    assert_eq!((config.limits.peers, config.limits.burst), (10, 20));
    assert!(!format!("{config:?}").contains("hush"));
}

// signaling-11.2
#[test]
fn a_wrong_value_is_named_with_what_it_may_be() {
    check_refused(
        &json!({ "limits": { "peers": "0" } }),
        "configuration key limits.peers: 0 is not one of 1 to 10000",
    );
    check_refused(
        &json!({ "ice": { "stun": ["http://one"] } }),
        "configuration key ice.stun: \"http://one\" is not an address that begins with stun: or \
         stuns:",
    );
    check_refused(
        &json!({ "role": "moon" }),
        "configuration key role: unknown variant `moon`, expected `edge` or `cloud`",
    );
    let unknown = kit::config::parse::<Config>(&text(&json!({ "lisener": {} }))).unwrap_err();
    assert!(
        Chain(&unknown)
            .to_string()
            .contains("unknown field `lisener`")
    );
}

#[test]
fn the_recipe_declares_the_defaults_of_the_code() {
    let recipe = include_str!("../../../../recipes/signaling/recipe.yaml");
    let limits = Limits::default();
    for (key, value) in [
        ("peers", limits.peers),
        ("arrivals", limits.arrivals),
        ("messages_per_second", limits.messages_per_second),
        ("burst", limits.burst),
        ("queue", limits.queue),
        ("reconnect_ms", limits.reconnect_ms),
        ("port", 8080),
        ("port", 8443),
        ("port", 8090),
    ] {
        let line = format!("{key}: \"{value}\"");
        assert!(recipe.contains(&line), "recipe lacks {line}");
    }
}
