//! Manifests: platform, life cycle, artifacts.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::form::known;
use super::{Findings, Recipe, variable};

/// What the nuclei call the processors that we know.
const ARCHITECTURES: &[&str] = &["amd64", "aarch64", "arm", "*"];
/// Every artifact comes from here; publishing puts the bucket in.
const SOURCE: &str = "s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/";
/// The program that restarts a component below the nucleus (docs/adr/0019).
const SUPERVISE: &str = "supervise";
/// Least time-out of a start: the supervisor speaks first.
const STARTUP_S: u64 = 90;
/// Longest time-out that is believed to be meant.
const TIMEOUT_MAX_S: u64 = 3600;

pub(super) fn check(recipe: &Recipe, findings: &mut Findings) {
    let manifests = recipe.text.get("Manifests").and_then(Value::as_array);
    let manifests = manifests.map_or(&[][..], Vec::as_slice);
    if manifests.is_empty() {
        findings.add("/Manifests", "is not a list of manifests");
    }
    let mut platforms: Vec<[&str; 2]> = Vec::new();
    for (index, manifest) in manifests.iter().enumerate() {
        let place = format!("/Manifests/{index}");
        let Some(keys) = manifest.as_object() else {
            findings.add(&place, "is not a map");
            continue;
        };
        known(
            keys,
            &["Platform", "Lifecycle", "Artifacts"],
            &place,
            findings,
        );
        let platform = platform(&manifest["Platform"], &place, findings);
        let covers = |one: &str, other: &str| one == "*" || one == other;
        if platforms
            .iter()
            .any(|earlier| covers(earlier[0], platform[0]) && covers(earlier[1], platform[1]))
        {
            findings.add(
                &place,
                "never comes into use; the first manifest that fits wins",
            );
        }
        platforms.push(platform);
        let mut check = Check {
            recipe,
            place: place.clone(),
            findings,
        };
        let texts = check.lifecycle(&manifest["Lifecycle"]);
        check.artifacts(&manifest["Artifacts"], &texts);
    }
}

fn platform<'a>(platform: &'a Value, place: &str, findings: &mut Findings) -> [&'a str; 2] {
    let place = format!("{place}/Platform");
    if let Some(keys) = platform.as_object() {
        known(keys, &["os", "architecture", "runtime"], &place, findings);
    }
    let word = |key: &str| platform[key].as_str();
    let regex = |word: &str| word.starts_with('/');
    for key in ["os", "architecture"] {
        if word(key).is_some_and(regex) {
            findings.add(
                &format!("{place}/{key}"),
                "is a pattern, which Lite does not know",
            );
        }
    }
    if !word("os").is_some_and(|os| os == "linux" || regex(os)) {
        findings.add(
            &format!("{place}/os"),
            "must be linux, the only system of Lite",
        );
    }
    let architecture = word("architecture").unwrap_or("*");
    if !ARCHITECTURES.contains(&architecture) && !regex(architecture) {
        let at = format!("{place}/architecture");
        findings.add(&at, format!("is none of {}", ARCHITECTURES.join(", ")));
    }
    if word("runtime") != Some("*") {
        findings.add(
            &format!("{place}/runtime"),
            "must be \"*\"; without it Lite finds no manifest",
        );
    }
    [word("os").unwrap_or("*"), architecture]
}

struct Check<'a> {
    recipe: &'a Recipe,
    /// Pointer of the manifest.
    place: String,
    findings: &'a mut Findings,
}

impl Check<'_> {
    fn add(&mut self, place: &str, advice: impl AsRef<str>) {
        let place = format!("{}/{place}", self.place);
        self.findings.add(&place, advice);
    }

    /// Checks the steps, and returns every text in which variables are replaced.
    fn lifecycle(&mut self, lifecycle: &Value) -> Vec<String> {
        let mut texts = Vec::new();
        let Some(steps) = lifecycle.as_object() else {
            self.add("Lifecycle", "is missing or not a map");
            return texts;
        };
        let ignored = [
            ("shutdown", "is ignored by Lite; stop on SIGTERM"),
            ("recover", "is ignored by Lite; recover at the start"),
            (
                "bootstrap",
                "is supported by Lite only in part; use install",
            ),
        ];
        for (step, advice) in ignored {
            if steps.contains_key(step) {
                self.add(&format!("Lifecycle/{step}"), advice);
            }
        }
        let listed = [
            "Setenv",
            "install",
            "startup",
            "run",
            "shutdown",
            "recover",
            "bootstrap",
        ];
        known(
            steps,
            &listed,
            &format!("{}/Lifecycle", self.place),
            self.findings,
        );
        match (steps.contains_key("startup"), steps.contains_key("run")) {
            (true, true) => self.add("Lifecycle", "has both startup and run; keep one"),
            (false, true) => self.add(
                "Lifecycle/run",
                "counts as running whatever it does; use startup, which tells readiness",
            ),
            (false, false) => self.add("Lifecycle", "has no startup"),
            (true, false) => {}
        }
        self.environment("Lifecycle/Setenv", steps.get("Setenv"), &mut texts);
        for step in ["install", "startup"] {
            if let Some(form) = steps.get(step) {
                self.step(step, form, &mut texts);
            }
        }
        texts
    }

    fn step(&mut self, name: &str, step: &Value, texts: &mut Vec<String>) {
        let place = format!("Lifecycle/{name}");
        let Some(keys) = step.as_object() else {
            self.add(&place, "must be a map with Script and Timeout");
            return;
        };
        let listed = ["Script", "RequiresPrivilege", "Timeout", "Setenv", "Skipif"];
        known(
            keys,
            &listed,
            &format!("{}/{place}", self.place),
            self.findings,
        );
        if keys.contains_key("Skipif") {
            self.add(
                &format!("{place}/Skipif"),
                "is ignored by Lite; test in the script",
            );
        }
        match keys.get("RequiresPrivilege") {
            None | Some(Value::Bool(_)) => {}
            Some(_) => self.add(
                &format!("{place}/RequiresPrivilege"),
                "must be true or false",
            ),
        }
        self.timeout(name, keys);
        self.environment(&format!("{place}/Setenv"), keys.get("Setenv"), texts);
        match keys.get("Script").and_then(Value::as_str) {
            Some(script) if !script.trim().is_empty() => {
                self.variables(&format!("{place}/Script"), script);
                if name == "startup" {
                    self.supervised(script);
                }
                texts.push(script.to_owned());
            }
            Some(_) | None => self.add(&format!("{place}/Script"), "is missing or not a text"),
        }
    }

    fn timeout(&mut self, step: &str, keys: &Map<String, Value>) {
        let place = format!("Lifecycle/{step}/Timeout");
        let seconds = keys.get("Timeout").and_then(Value::as_str);
        match seconds.and_then(|seconds| seconds.parse::<u64>().ok()) {
            Some(seconds) if step == "startup" && seconds < STARTUP_S => self.add(
                &place,
                format!("is below {STARTUP_S} s, in which supervise says what is wrong"),
            ),
            Some(1..=TIMEOUT_MAX_S) => {}
            Some(_) | None => self.add(
                &place,
                format!(
                    "must be a quoted number of seconds up to {TIMEOUT_MAX_S}, and no variable"
                ),
            ),
        }
    }

    fn supervised(&mut self, script: &str) {
        let place = "Lifecycle/startup/Script";
        let executed = script.lines().any(|line| {
            line.trim_start().starts_with("exec ") && line.contains("{artifacts:path}/supervise\"")
        });
        if !executed {
            self.add(
                place,
                "must exec \"{artifacts:path}/supervise\"; three crashes in an hour break a component",
            );
        }
    }

    fn environment(&mut self, place: &str, variables: Option<&Value>, texts: &mut Vec<String>) {
        let Some(variables) = variables else { return };
        let Some(variables) = variables.as_object() else {
            self.add(place, "is not a map of texts");
            return;
        };
        for (name, value) in variables {
            let at = format!("{place}/{name}");
            match value.as_str() {
                Some(text) => {
                    self.variables(&at, text);
                    texts.push(text.to_owned());
                }
                None => self.add(&at, "is not a quoted text"),
            }
        }
    }

    fn variables(&mut self, place: &str, text: &str) {
        for offence in variable::offences(text, self.recipe.defaults()) {
            self.add(place, offence);
        }
    }

    fn artifacts(&mut self, artifacts: &Value, texts: &[String]) {
        let listed = artifacts.as_array().map_or(&[][..], Vec::as_slice);
        let mut files = BTreeSet::new();
        for (index, artifact) in listed.iter().enumerate() {
            let place = format!("Artifacts/{index}");
            let Some(keys) = artifact.as_object() else {
                self.add(&place, "is not a map");
                continue;
            };
            let place_of = format!("{}/{place}", self.place);
            known(
                keys,
                &["URI", "Unarchive", "Permission"],
                &place_of,
                self.findings,
            );
            let Some(file) = self.file(&place, artifact) else {
                continue;
            };
            if !files.insert(file) {
                self.add(&place, format!("lists {file} twice"));
            }
            self.permission(&place, artifact, file, texts);
        }
        for text in texts {
            for file in variable::files(text, "artifacts:path") {
                if !files.contains(file) {
                    self.add("Artifacts", format!("lacks {file}, which a script uses"));
                }
            }
            for directory in variable::files(text, "artifacts:decompressedPath") {
                if !files.contains(format!("{directory}.zip").as_str()) {
                    self.add(
                        "Artifacts",
                        format!("lacks {directory}.zip, which a script uses"),
                    );
                }
            }
        }
        if !files.contains(SUPERVISE) {
            self.add("Artifacts", format!("lacks {SUPERVISE}"));
        }
    }

    fn file<'a>(&mut self, place: &str, artifact: &'a Value) -> Option<&'a str> {
        let file = artifact["URI"].as_str()?.strip_prefix(SOURCE);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let file = file.filter(|file| !file.is_empty() && file.bytes().all(allowed));
        if file.is_none() {
            self.add(
                &format!("{place}/URI"),
                format!("must be {SOURCE} and a file name"),
            );
        }
        let unarchive = artifact["Unarchive"].as_str();
        let is_archive = file.is_some_and(|file| file.strip_suffix(".zip").is_some());
        if unarchive != Some(if is_archive { "ZIP" } else { "NONE" }) {
            let at = format!("{place}/Unarchive");
            self.add(&at, "must be ZIP for a .zip and NONE for everything else");
        }
        file
    }

    /// A component runs as its own Unix user, to whom files of the default user are closed.
    fn permission(&mut self, place: &str, artifact: &Value, file: &str, texts: &[String]) {
        let at = format!("{place}/Permission");
        let Some(keys) = artifact["Permission"].as_object() else {
            self.add(
                &at,
                "is missing; without it nobody but the nucleus's user may read the file",
            );
            return;
        };
        known(
            keys,
            &["Read", "Execute"],
            &format!("{}/{at}", self.place),
            self.findings,
        );
        if keys.get("Read").and_then(Value::as_str) != Some("ALL") {
            self.add(
                &format!("{at}/Read"),
                "must be ALL; the component has a user of its own",
            );
        }
        let run = texts
            .iter()
            .any(|text| variable::files(text, "artifacts:path").contains(&file));
        let expected = if run { "ALL" } else { "NONE" };
        if keys.get("Execute").and_then(Value::as_str) != Some(expected) {
            self.add(
                &format!("{at}/Execute"),
                format!("must be {expected}: ALL for what a script runs, NONE for other files"),
            );
        }
    }
}
