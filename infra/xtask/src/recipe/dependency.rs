//! What a component starts after.

use std::collections::BTreeMap;

use serde_json::Value;

use super::form::{known, parts};
use super::{Findings, Recipe};

const PLACE: &str = "/ComponentDependencies";
/// Components of AWS start with this.
const OF_AWS: &str = "aws.greengrass.";

pub(super) fn check(recipe: &Recipe, versions: &BTreeMap<&str, &Value>, findings: &mut Findings) {
    let Some(dependencies) = recipe.text.get("ComponentDependencies") else {
        return;
    };
    let Some(dependencies) = dependencies.as_object() else {
        findings.add(PLACE, "is not a map of components");
        return;
    };
    for (name, dependency) in dependencies {
        let place = format!("{PLACE}/{name}");
        let Some(keys) = dependency.as_object() else {
            findings.add(&place, "needs VersionRequirement and DependencyType");
            continue;
        };
        known(
            keys,
            &["VersionRequirement", "DependencyType"],
            &place,
            findings,
        );
        kind(name, dependency, &place, findings);
        let requirement = dependency["VersionRequirement"].as_str();
        let Some(bounds) = requirement.and_then(bounds) else {
            let at = format!("{place}/VersionRequirement");
            findings.add(&at, "is not a range such as \">=1.0.0 <2.0.0\"");
            continue;
        };
        match versions.get(name.as_str()) {
            Some(version) => {
                let version = version.as_str().and_then(parts);
                if version.is_some_and(|version| !bounds.iter().all(|bound| bound.holds(version))) {
                    findings.add(
                        &place,
                        "the recipe of that name has a version out of this range",
                    );
                }
            }
            None if name.starts_with(OF_AWS) => {}
            None => findings.add(&place, "there is no recipe of that name"),
        }
    }
}

fn kind(name: &str, dependency: &Value, place: &str, findings: &mut Findings) {
    let at = format!("{place}/DependencyType");
    match dependency["DependencyType"].as_str() {
        Some("SOFT") => {}
        Some("HARD") if name.starts_with(OF_AWS) => {
            findings.add(
                &at,
                "is HARD, with which Lite does not start it at boot; write SOFT",
            );
        }
        Some("HARD") => {
            findings.add(
                &at,
                "is HARD, so one stop stops both; wait for it and write SOFT",
            );
        }
        Some(_) | None => findings.add(&at, "is neither HARD nor SOFT, in capitals"),
    }
}

enum Bound {
    From([u64; 3]),
    Below([u64; 3]),
}

impl Bound {
    fn holds(&self, version: [u64; 3]) -> bool {
        match self {
            Self::From(least) => version >= *least,
            Self::Below(most) => version < *most,
        }
    }
}

/// Reads `>=1.0.0 <2.0.0`; other forms are left to people.
fn bounds(requirement: &str) -> Option<Vec<Bound>> {
    let bound = |text: &str| match text.strip_prefix(">=") {
        Some(least) => parts(least).map(Bound::From),
        None => parts(text.strip_prefix('<')?).map(Bound::Below),
    };
    let bounds: Option<Vec<_>> = requirement.split(' ').map(bound).collect();
    bounds.filter(|bounds| bounds.len() == 2)
}
