//! What a release was built from: a `CycloneDX` 1.5 bill of materials, made from the lock files.
//!
//! Promise: every crate that is linked into a program of the release or that generates code for one,
//! every npm package in the pages, and the ONNX Runtime are in it, with version, licence, digest and
//! origin; it depends on the lock files and the commit alone. Left out: what comes from Debian
//! (mosquitto, PostgreSQL), which the machine's own package lists tell.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use release::{Recipe, Version};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wire::octets::from_base64url;

use super::PackageError;
use super::tree::{self, Tree};

/// The lock files, from the top of the tree.
const CARGO_LOCK: &str = "Cargo.lock";
const NPM_LOCK: &str = "components/console/package-lock.json";
const PIP_LOCK: &str = "provisioning/requirements-models.txt";
/// The component whose pages npm's packages are in, and the one that ships ONNX Runtime.
const PAGES: &str = "console";
const RUNTIME: (&str, &str) = ("inference", "onnxruntime");

/// The bill, as text.
pub(super) fn bill(
    tree: &Tree,
    recipes: &[Recipe],
    version: Version,
) -> Result<String, PackageError> {
    let metadata = tree::packages(&tree.root, &tree::host()?)?;
    let sums = checksums(&read(&tree.root, CARGO_LOCK)?);
    let graph = Graph::of(&metadata);
    let programs = recipes.iter().flat_map(|recipe| &recipe.artifacts);
    let roots: Vec<_> = programs
        .filter_map(|artifact| graph.member(tree.programs.get(artifact)?))
        .collect();
    let reached = graph.reach(&roots);
    let mut components: Vec<_> = reached
        .iter()
        .filter_map(|id| graph.packages.get(id))
        .map(|package| krate(package, &sums))
        .collect();
    let ships = |name: &str| recipes.iter().any(|recipe| recipe.name.as_str() == name);
    if ships(PAGES) {
        components.extend(npm(&read(&tree.root, NPM_LOCK)?));
    }
    if ships(RUNTIME.0) {
        components.extend(wheel(&read(&tree.root, PIP_LOCK)?, RUNTIME.1));
    }
    // A package of npm may lie in several places.
    components.sort_by_key(|part| part["purl"].to_string());
    components.dedup();
    let mut dependencies: Vec<_> = reached.iter().filter_map(|id| graph.edges(id)).collect();
    dependencies.sort_by_key(|edge| edge["ref"].to_string());
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": date(tree.epoch),
            "tools": {"components": [{"type": "application", "name": "cargo x package"}]},
            "component": {
                "type": "application",
                "bom-ref": "hospitality-edge",
                "name": "hospitality-edge",
                "version": version,
                "properties": [
                    {"name": "commit", "value": tree.commit},
                    {"name": "compiler", "value": tree.compiler},
                ],
            },
        },
        "components": components,
        "dependencies": dependencies,
    });
    let mut text = serde_json::to_string_pretty(&bill).map_err(|error| said("the bill", &error))?;
    text.push('\n');
    Ok(text)
}

/// Packages and what they need, from `cargo metadata`.
struct Graph<'a> {
    packages: BTreeMap<&'a str, &'a Value>,
    needs: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Value) -> Self {
        let id = |value: &'a Value| value["id"].as_str().unwrap_or_default();
        let nodes = list(&metadata["resolve"]["nodes"]);
        Self {
            packages: list(&metadata["packages"]).map(|p| (id(p), p)).collect(),
            needs: nodes.map(|node| (id(node), needs(node))).collect(),
        }
    }

    /// The package of this tree with a name.
    fn member(&self, name: &str) -> Option<&'a str> {
        let own = |package: &&Value| package["source"].is_null() && package["name"] == name;
        let (id, _) = self.packages.iter().find(|(_, package)| own(package))?;
        Some(id)
    }

    /// Everything that is needed, the roots too.
    fn reach(&self, roots: &[&'a str]) -> BTreeSet<&'a str> {
        let (mut waiting, mut reached) = (roots.to_vec(), BTreeSet::new());
        while let Some(id) = waiting.pop() {
            if reached.insert(id) {
                waiting.extend(self.needs.get(id).into_iter().flatten());
            }
        }
        reached
    }

    fn edges(&self, id: &str) -> Option<Value> {
        let purl = |id: &str| self.packages.get(id).map(|package| purl(package));
        let needs: BTreeSet<_> = self
            .needs
            .get(id)?
            .iter()
            .filter_map(|id| purl(id))
            .collect();
        Some(json!({"ref": purl(id)?, "dependsOn": needs}))
    }
}

/// What a package needs to be built and to run, but not to be tested.
fn needs(node: &Value) -> Vec<&str> {
    let counts =
        |dependency: &&Value| list(&dependency["dep_kinds"]).any(|kind| kind["kind"] != "dev");
    let dependencies = list(&node["deps"]).filter(counts);
    dependencies
        .filter_map(|dependency| dependency["pkg"].as_str())
        .collect()
}

fn purl(package: &Value) -> String {
    let [name, version] = ["name", "version"].map(|key| package[key].as_str().unwrap_or_default());
    format!("pkg:cargo/{name}@{version}")
}

fn krate(package: &Value, sums: &BTreeMap<(String, String), String>) -> Value {
    let [name, version] = ["name", "version"].map(|key| package[key].as_str().unwrap_or_default());
    let purl = purl(package);
    let sum = sums.get(&(name.to_owned(), version.to_owned()));
    let hash = sum.map(|sum| ("SHA-256", sum.clone()));
    part(&purl, (name, version), package["license"].as_str(), hash)
}

/// One line of the bill.
fn part(
    purl: &str,
    (name, version): (&str, &str),
    licence: Option<&str>,
    hash: Option<(&str, String)>,
) -> Value {
    let mut part = json!({
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
    });
    if let Some(licence) = licence {
        part["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
    }
    if let Some((algorithm, content)) = hash {
        part["hashes"] = json!([{"alg": algorithm, "content": content}]);
    }
    part
}

/// Checksums by name and version, from `Cargo.lock`.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |block: &str, key: &str| {
        let mut lines = block.lines();
        let line = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    lock.split("[[package]]")
        .filter_map(|block| {
            let package = (value(block, "name")?, value(block, "version")?);
            Some((package, value(block, "checksum")?))
        })
        .collect()
}

/// The packages that pages are bundled from; those of the build alone are left out.
fn npm(lock: &str) -> Vec<Value> {
    let lock: Value = serde_json::from_str(lock).unwrap_or_default();
    let packages = lock["packages"].as_object().into_iter().flatten();
    let shipped = packages.filter(|(place, package)| !place.is_empty() && package["dev"] != true);
    shipped
        .filter_map(|(place, package)| {
            let name = place.rsplit("node_modules/").next()?;
            let version = package["version"].as_str()?;
            let purl = format!("pkg:npm/{}@{version}", name.replacen('@', "%40", 1));
            let integrity = package["integrity"].as_str();
            let hash = integrity.and_then(|text| hex(text.strip_prefix("sha512-")?));
            let hash = hash.map(|hash| ("SHA-512", hash));
            Some(part(
                &purl,
                (name, version),
                package["license"].as_str(),
                hash,
            ))
        })
        .collect()
}

/// A package of `PyPI` that a pinned list names.
fn wheel(lock: &str, name: &str) -> Option<Value> {
    let pinned = |line: &str| {
        line.strip_prefix(name)?
            .strip_prefix("==")
            .map(str::to_owned)
    };
    let line = lock.lines().find_map(pinned)?;
    let version = line.split_whitespace().next()?;
    let purl = format!("pkg:pypi/{name}@{version}");
    Some(part(&purl, (name, version), None, None))
}

/// The digits of octets in standard base64.
fn hex(base64: &str) -> Option<String> {
    let text = base64
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    let octets = from_base64url(&text)?;
    let mut digits = String::new();
    for octet in octets {
        write!(digits, "{octet:02x}").ok()?;
    }
    Some(digits)
}

fn date(epoch: i64) -> String {
    let date = OffsetDateTime::from_unix_timestamp(epoch).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    date.format(&Rfc3339).unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn read(root: &Path, name: &str) -> Result<String, PackageError> {
    let path = root.join(name);
    fs::read_to_string(&path).map_err(|source| PackageError::Read { path, source })
}

fn said(program: &'static str, error: &serde_json::Error) -> PackageError {
    let what = error.to_string();
    PackageError::Said { program, what }
}

#[cfg(test)]
mod tests;
