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

fn backup(change: impl FnOnce(&mut Value)) -> Result<Config, String> {
    read(|text| {
        text["backup"] = json!({
            "at": "03:30", "time_zone": "Europe/Berlin", "directory": "/var/lib/hotel/handover",
            "recipient": "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
            "keep": "3"
        });
        change(&mut text["backup"]);
    })
}

#[test]
fn without_a_recipient_there_are_no_backups() {
    assert!(read(|_| {}).unwrap().backup.is_none());
    let none = backup(|keys| keys["recipient"] = json!("")).unwrap();
    assert!(none.backup.is_none());
    let backup = backup(|_| {}).unwrap().backup.unwrap();
    assert_eq!((backup.at, backup.keep), (210, 3));
}

// replica-sync-1.2
#[test]
fn a_backup_that_cannot_be_meant_is_refused_with_its_key() {
    for (key, value) in [
        ("at", "24:00"),
        ("at", "3:30"),
        ("time_zone", "Berlin"),
        ("recipient", "AGE-SECRET-KEY-1"),
        ("directory", "handover"),
        ("keep", "0"),
    ] {
        let error = backup(|keys| keys[key] = json!(value)).unwrap_err();
        assert!(error.contains("backup") && error.contains(key), "{error}");
    }
}
