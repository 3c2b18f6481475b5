//! Crates depend only downwards, and components never on each other: they meet on the bus.

use super::tree::File;
use super::{Finding, check, manifest, uphold};

/// Each crate and those of ours it may use, lowest first.
const LAYERS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("kit", &["wire"]),
    ("peer", &["kit", "wire"]),
    ("authority", &["kit", "wire"]),
    ("console", &["kit", "wire"]),
    ("device-proxy", &["kit", "peer", "wire"]),
    ("inference", &["kit", "wire"]),
    ("iot-gateway", &["kit", "wire"]),
    ("replica-sync", &["kit", "wire"]),
    ("signaling", &["kit", "wire"]),
    ("uplink", &["kit", "wire"]),
    ("release", &["kit", "wire"]),
    ("delivery", &["kit", "release", "wire"]),
    (
        "edgectl",
        &[
            "inference",
            "iot-gateway",
            "kit",
            "release",
            "replica-sync",
            "uplink",
            "wire",
        ],
    ),
    (
        "hotel-tests",
        &[
            "authority",
            "console",
            "device-proxy",
            "inference",
            "iot-gateway",
            "kit",
            "peer",
            "release",
            "replica-sync",
            "signaling",
            "uplink",
            "wire",
        ],
    ),
    ("xtask", &[]),
];

fn upward_edges(file: &File) -> Vec<Finding> {
    if !manifest::is_member(file) {
        return Vec::new();
    }
    let (line, name) = manifest::name(file).unwrap_or((1, ""));
    let Some((_, below)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
        let advice =
            format!("crate {name:?} has no layer; give it one in tests/it/tidy/layering.rs");
        return vec![Finding::new(file, line, advice)];
    };
    let is_ours = |other: &str| LAYERS.iter().any(|(layer, _)| *layer == other);
    manifest::dependencies(file)
        .into_iter()
        .filter(|other| is_ours(&other.name) && !below.contains(&other.name.as_str()))
        .map(|other| {
            let advice = format!(
                "{name} must not depend on {}, which is not below it; meet on the bus, or move what \
                 both need down",
                other.name
            );
            Finding::new(file, other.line, advice)
        })
        .collect()
}

#[test]
fn crates_depend_only_downwards() {
    uphold(upward_edges);
}

#[test]
fn an_edge_upwards_or_sideways_is_refused() {
    let manifest = |name, edge| format!("[package]\nname = \"{name}\"\n[dev-dependencies]\n{edge}");
    let refused = |text: &str, lines| check(upward_edges, "components/x/Cargo.toml", text, lines);
    refused(&manifest("uplink", "kit.workspace = true"), &[]);
    refused(&manifest("kit", "uplink.workspace = true"), &[4]);
    refused(
        &manifest("uplink", "iot-gateway = { workspace = true }"),
        &[4],
    );
    refused(
        &manifest("xtask", "[dependencies.wire]\nworkspace = true"),
        &[5],
    );
}

#[test]
fn a_crate_without_a_layer_is_refused() {
    check(
        upward_edges,
        "components/x/Cargo.toml",
        "[package]\nname = \"x\"",
        &[2],
    );
}
