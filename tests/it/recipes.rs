//! What a deployment may configure: committed schemas, made from the types that components read. After
//! a change that is meant: `UPDATE=1 cargo test --workspace configuration`.

use std::fs;

use hotel_tests::hotel::repository;
use kit::config::schema;
use serde_json::Value;

/// Every component of ours that reads a configuration, with its schema.
fn schemas() -> [(&'static str, Value); 8] {
    [
        ("authority", schema::<authority::Config>()),
        ("console", schema::<console::Config>()),
        ("device-proxy", schema::<device_proxy::Config>()),
        ("inference", schema::<inference::Config>()),
        ("iot-gateway", schema::<iot_gateway::Config>()),
        ("replica-sync", schema::<replica_sync::Config>()),
        ("signaling", schema::<signaling::Config>()),
        ("uplink", schema::<uplink::Config>()),
    ]
}

// greengrass-1.4
#[test]
fn every_configuration_schema_is_as_committed() {
    for (component, schema) in schemas() {
        let folder = repository().join("recipes").join(component);
        let path = folder.join("configuration.schema.json");
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(committed, text, "{} differs from the code", path.display());
    }
}
