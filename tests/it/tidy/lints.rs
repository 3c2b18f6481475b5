//! One table of lints and one of versions for the whole workspace; exceptions say why, and end when
//! their reason does.

use super::rust::{self, Kind};
use super::tree::File;
use super::{Finding, check, line_by_line, manifest, uphold};

fn own_lints(file: &File) -> Vec<Finding> {
    if !manifest::is_member(file) || manifest::inherits_lints(file) {
        return Vec::new();
    }
    let advice =
        "the lints of the workspace do not hold here; add `[lints]` with `workspace = true`";
    vec![Finding::new(file, 1, advice)]
}

fn own_versions(file: &File) -> Vec<Finding> {
    if !manifest::is_member(file) {
        return Vec::new();
    }
    let finding = |name| {
        format!(
            "{name} has its own version; write `{name}.workspace = true`, the root has the version"
        )
    };
    manifest::dependencies(file)
        .iter()
        .filter(|dependency| !dependency.inherited)
        .map(|dependency| Finding::new(file, dependency.line, finding(&dependency.name)))
        .collect()
}

fn silenced_lints(file: &File) -> Vec<Finding> {
    line_by_line(file, rust::lines(&[Kind::Code], file), |code| {
        let advice = "a silenced lint; heed it, or write `#[expect(…, reason = \"…\")]`";
        code.contains("[allow(").then(|| advice.to_owned())
    })
}

#[test]
fn every_crate_inherits_the_lints() {
    uphold(own_lints);
}

#[test]
fn every_version_stands_in_the_workspace_table() {
    uphold(own_versions);
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    uphold(silenced_lints);
}

#[test]
fn a_crate_with_its_own_lints_is_refused() {
    let member = "components/x/Cargo.toml";
    check(own_lints, member, "[lints]\nworkspace = true", &[]);
    check(
        own_lints,
        member,
        "[lints.rust]\nunsafe_code = \"allow\"",
        &[1],
    );
    check(
        own_lints,
        "Cargo.toml",
        "[workspace]\n[workspace.lints.rust]",
        &[],
    );
}

#[test]
fn a_dependency_with_its_own_version_is_refused() {
    let manifest = "[dependencies]\na = \"1\"\nb.workspace = true\n\
        c = { workspace = true, features = [\"x\"] }\nd = { version = \"1\" }\n\
        [build-dependencies]\ne = { path = \"../e\" }\n[dependencies.f]\nversion = \"1\"";
    check(
        own_versions,
        "components/x/Cargo.toml",
        manifest,
        &[2, 5, 7, 9],
    );
}

#[test]
fn a_silenced_lint_is_refused() {
    let source =
        "#![allow(dead_code)]\n// #[allow(x)]\n#[expect(x, reason = \"y\")]\npolicy.allow(z);";
    check(silenced_lints, "components/x/src/lib.rs", source, &[1]);
}
