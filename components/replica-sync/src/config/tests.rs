use serde_json::{Value, json};

use super::*;

fn read(change: impl FnOnce(&mut Value)) -> Result<Config, String> {
    let mut text = json!({
        "role": "edge",
        "listener": {"host": "127.0.0.1", "port": "8000"},
        "database": {
            "host": "/run/postgres", "port": "5432", "name": "edge",
            "user": "replica_sync", "owner": "hotel_owner"
        },
        "hub": {"url": "https://hub.example.com/", "ca": "", "gather_ms": "500"},
        "tables": [{"name": "rooms", "mode": "field", "groups": {"stay": ["arrival"]}}]
    });
    change(&mut text);
    serde_path_to_error::deserialize(text)
        .map_err(|error: serde_path_to_error::Error<serde_json::Error>| error.to_string())
}

#[test]
fn a_recipes_strings_are_read() {
    let config = read(|_| {}).unwrap();
    assert_eq!(config.hub.url.as_deref(), Some("https://hub.example.com"));
    assert_eq!(config.hub.gather_ms.0, Duration::from_millis(500));
    assert_eq!(config.database.port, 5432);
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Value), says: &str) {
    let error = read(change).unwrap_err();
    assert!(error.contains(says), "{error}");
}

// replica-sync-1.2
#[test]
fn what_cannot_be_meant_is_refused_with_its_key() {
    refused(|text| text["hub"]["url"] = json!("http://hub"), "hub.url");
    refused(
        |text| text["hub"]["gather_ms"] = json!("0"),
        "hub.gather_ms",
    );
    refused(
        |text| text["tables"][0]["mode"] = json!("row"),
        "only mode \"field\" knows",
    );
    let king = json!([{"roles": ["king"], "rows": "all"}]);
    refused(
        |text| text["tables"][0]["access"] = king,
        "tables[0].access[0].roles[0]",
    );
    let twice =
        json!([{"roles": ["manager"], "rows": "all"}, {"roles": ["manager"], "rows": "own"}]);
    refused(|text| text["tables"][0]["access"] = twice, "two entries");
    refused(|text| text["tables"][0]["colour"] = json!("red"), "colour");
    refused(
        |text| {
            let table = text["tables"][0].clone();
            text["tables"].as_array_mut().unwrap().push(table);
        },
        "stands twice",
    );
}
