use serde_json::{Value, json};

use super::super::plan::tests::plan;
use super::*;

/// Renders for a nucleus and reads the YAML back.
fn rendered(kind: Kind) -> Value {
    let mut plan = plan();
    plan.nucleus.kind = kind;
    let yaml = render(
        &plan,
        &Layout::new(Path::new("/var/lib/hotel")),
        "hotel-box-1",
    );
    serde_saphyr::from_str(&yaml).unwrap()
}

#[test]
fn the_classic_nucleus_gets_thing_and_files() {
    let expected = json!({
        "system": {
            "certificateFilePath": "/var/lib/hotel/provisioning/thing/cert.pem",
            "privateKeyPath": "/var/lib/hotel/provisioning/thing/key.pem",
            "rootCaPath": "/etc/hotel/roots.pem",
            "rootpath": "/greengrass/v2",
            "thingName": "hotel-box-1",
        },
        "services": { "aws.greengrass.Nucleus": {
            "componentType": "NUCLEUS",
            "configuration": {
                "awsRegion": "eu-central-1",
                "iotDataEndpoint": "data.example",
                "iotCredEndpoint": "credentials.example",
                "iotRoleAlias": "hotel-edge-token-exchange",
                "mqtt": { "port": 8883 },
            },
        } },
    });
    assert_eq!(rendered(Kind::Classic), expected);
}

#[test]
fn nucleus_lite_gets_the_same_under_its_own_names() {
    let lite = rendered(Kind::Lite);
    assert_eq!(lite["system"]["rootPath"], "/greengrass/v2");
    let service = &lite["services"]["aws.greengrass.NucleusLite"];
    assert_eq!(service["componentType"], "NUCLEUS");
    assert_eq!(
        service["configuration"]["iotCredEndpoint"],
        "credentials.example"
    );
    assert_eq!(service["configuration"].get("mqtt"), None);
}
