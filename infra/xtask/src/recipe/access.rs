//! What a component may ask of the nucleus beyond itself: as little as it needs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::form::known;
use super::{Findings, Recipe};

const PLACE: &str = "/ComponentConfiguration/DefaultConfiguration/accessControl";

/// Services with an authorization policy that both nuclei have, the short name of each in policy ids,
/// and its operations.
const SERVICES: &[(&str, &str, &[&str])] = &[
    (
        "aws.greengrass.ipc.pubsub",
        "pubsub",
        &[
            "aws.greengrass#PublishToTopic",
            "aws.greengrass#SubscribeToTopic",
        ],
    ),
    (
        "aws.greengrass.ipc.mqttproxy",
        "mqttproxy",
        &[
            "aws.greengrass#PublishToIoTCore",
            "aws.greengrass#SubscribeToIoTCore",
        ],
    ),
];

pub(super) fn check(recipe: &Recipe, seen: &mut BTreeSet<String>, findings: &mut Findings) {
    let Some(control) = recipe
        .defaults()
        .and_then(|defaults| defaults.get("accessControl"))
    else {
        return;
    };
    let Some(services) = control.as_object() else {
        findings.add(PLACE, "is not a map of services");
        return;
    };
    for (service, policies) in services {
        let place = format!("{PLACE}/{service}");
        let Some((_, short, operations)) = SERVICES.iter().find(|known| known.0 == service) else {
            let names: Vec<_> = SERVICES.iter().map(|known| known.0).collect();
            findings.add(
                &place,
                format!(
                    "is no service of both nuclei; those are {}",
                    names.join(", ")
                ),
            );
            continue;
        };
        for (id, policy) in policies.as_object().into_iter().flatten() {
            let place = format!("{place}/{id}");
            identity(recipe, id, short, &place, findings);
            if !seen.insert(id.clone()) {
                findings.add(
                    &place,
                    "is the id of another policy; on a device each is unique",
                );
            }
            grants(policy, operations, &place, findings);
        }
    }
}

fn identity(recipe: &Recipe, id: &str, short: &str, place: &str, findings: &mut Findings) {
    let number = id.strip_prefix(&format!("{}:{short}:", recipe.name));
    if number.is_none_or(|number| number.parse::<u32>().is_err()) {
        let example = format!("{}:{short}:1", recipe.name);
        findings.add(place, format!("is no id such as {example:?}"));
    }
}

fn grants(policy: &Value, operations: &[&str], place: &str, findings: &mut Findings) {
    let Some(keys) = policy.as_object() else {
        findings.add(place, "is not a map");
        return;
    };
    known(
        keys,
        &["policyDescription", "operations", "resources"],
        place,
        findings,
    );
    let texts = |key: &str| -> Vec<&str> {
        let list = policy[key].as_array();
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let granted = texts("operations");
    if granted.is_empty()
        || !granted
            .iter()
            .all(|operation| operations.contains(operation))
    {
        let at = format!("{place}/operations");
        findings.add(&at, format!("is not a choice of {}", operations.join(", ")));
    }
    let resources = texts("resources");
    if resources.is_empty() {
        findings.add(
            &format!("{place}/resources"),
            "grants nothing, or not texts",
        );
    }
    for (index, resource) in resources.iter().enumerate() {
        let at = format!("{place}/resources/{index}");
        if resource.contains('?') {
            findings.add(&at, "holds `?`, for which Lite fails the deployment");
        } else if matches!(*resource, "*" | "#") {
            findings.add(&at, "grants everything; name what is needed");
        }
    }
}
