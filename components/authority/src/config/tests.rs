use serde_json::{Value, json};

use super::*;

fn read(change: impl FnOnce(&mut Value)) -> Result<Config, String> {
    let mut value = json!({
        "ca_dir": "/ca",
        "tls_listener": { "host": "0.0.0.0", "port": "8444" },
        "console_url": "https://greengrass.local",
    });
    change(&mut value);
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[track_caller]
fn check_refused(change: impl FnOnce(&mut Value), named: &str) {
    let error = read(change).unwrap_err();
    assert!(error.contains(named), "{error}");
}

// authority-7.1
#[test]
fn what_is_not_configured_has_its_default() {
    let config = read(|_| {}).unwrap();
    assert_eq!(config.tls_listener.port, 8444);
    assert!(config.origins.is_empty());
    let Addresses {
        follow,
        interfaces,
        hold_s,
    } = config.addresses;
    assert_eq!((follow, interfaces.len(), hold_s), (Switch::On, 0, 600));
}

// authority-7.1
#[test]
fn a_wrong_value_is_named() {
    check_refused(|config| config["colour"] = json!("red"), "colour");
    check_refused(
        |config| config["console_url"] = json!("greengrass.local"),
        "greengrass.local",
    );
    check_refused(
        |config| config["console_url"] = json!("https://a/b"),
        "https://a/b",
    );
    check_refused(
        |config| config["console_url"] = json!(format!("https://{}", "a".repeat(120))),
        "128 characters",
    );
    check_refused(|config| config["origins"] = json!(["*"]), "\"*\"");
    check_refused(
        |config| config["origins"] = json!(vec!["https://a"; 33]),
        "33 origins",
    );
    check_refused(
        |config| config["addresses"] = json!({ "follow": "maybe" }),
        "maybe",
    );
    check_refused(
        |config| config["addresses"] = json!({ "interfaces": vec!["eth0"; 17] }),
        "17 interfaces",
    );
    check_refused(
        |config| config["addresses"] = json!({ "hold_s": "4" }),
        "4 is not one of 5 to 86400",
    );
    check_refused(
        |config| config["addresses"] = json!({ "holds": 1 }),
        "holds",
    );
}
