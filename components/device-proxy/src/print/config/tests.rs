//! Printers and routes as deployments write them.

use serde_json::{Value, json};

use super::*;
use crate::print::{Barrier, CodePage};

#[track_caller]
fn check_refused(config: Value, expected: &str) {
    let error = serde_json::from_value::<PrintConfig>(config).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

fn printers() -> Value {
    json!({ "pass": { "address": "192.0.2.30:9100" } })
}

// device-proxy-8.6
#[test]
fn an_address_is_all_that_must_be_said_of_a_printer() {
    let config: PrintConfig = serde_json::from_value(json!({
        "printers": printers(), "routes": { "kitchen": { "printers": ["pass"] } },
    }))
    .unwrap();
    let printer = &config.printers[&"pass".parse::<Word>().unwrap()];
    assert_eq!(printer.profile, Profile::default());
    assert_eq!(printer.idle_close(), Duration::from_secs(30));
    let route = &config.routes[&"kitchen".parse::<Word>().unwrap()];
    assert_eq!(
        (route.unconfirmed, route.expires_ms),
        (Unconfirmed::Ask, 3_600_000)
    );
}

// device-proxy-8.6
#[test]
fn everything_can_be_said_and_numbers_and_switches_may_stand_in_quotes() {
    let config: PrintConfig = serde_json::from_value(json!({
        "printers": { "pass": {
            "address": "printer.local:9100", "idle_close_ms": "500", "drawer": "true",
            "profile": { "columns": "32", "dots_per_line": "384", "code_pages": { "cp437": "0" }, "barrier": "gs-r" },
        } },
        "routes": { "kitchen": { "printers": ["pass"], "unconfirmed": "reprint-marked", "expires_ms": "60000" } },
    }))
    .unwrap();
    let printer = config.printers.values().next().unwrap();
    assert!(printer.drawer);
    let profile = &printer.profile;
    assert_eq!((profile.columns, profile.barrier), (32, Barrier::GsR));
    assert_eq!(profile.code_pages, [(CodePage::Cp437, 0)].into());
}

// device-proxy-8.7
#[test]
fn a_wrong_value_is_named_with_what_it_may_be() {
    let printer = |printer: Value| json!({ "printers": { "pass": printer } });
    check_refused(
        printer(json!({ "address": "nowhere" })),
        "\"nowhere\" is not host:port",
    );
    check_refused(
        printer(json!({ "address": "x:1", "profile": { "columns": "200" } })),
        "200 is not one of 16 to 96",
    );
    check_refused(
        printer(json!({ "address": "x:1", "profile": { "dots_per_line": 577 } })),
        "577 is not a multiple of 8",
    );
    let route = |printers_of: Value| json!({ "printers": printers(), "routes": { "bar": { "printers": printers_of } } });
    check_refused(route(json!([])), "route bar leads to no printer");
    check_refused(
        route(json!(["bar"])),
        "route bar leads to bar, which is no printer",
    );
    check_refused(
        route(json!(["pass", "pass"])),
        "route bar leads to a printer twice",
    );
}
