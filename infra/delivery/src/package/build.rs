//! Building, so that the bytes depend on the commit and the compiler alone.
//!
//! Paths of this machine are renamed in what rustc and the C compiler write, the profile strips
//! symbols, flags of the environment are replaced, and dates are the commit's. What is left is tested
//! by building twice (`docs/runbooks/deploying.md`).

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};

use release::Recipe;

use super::tree::{Tree, cargo};
use super::{PackageError, note};

/// Parts flags in `CARGO_ENCODED_RUSTFLAGS`.
const FLAG_END: &str = "\x1f";

/// Builds the programs that recipes name; returns where they are.
pub(super) fn build(tree: &Tree, recipes: &[Recipe]) -> Result<PathBuf, PackageError> {
    let artifacts = recipes.iter().flat_map(|recipe| &recipe.artifacts);
    let packages: BTreeSet<_> = artifacts
        .filter_map(|artifact| tree.programs.get(artifact))
        .collect();
    note(format_args!("building {} programs", packages.len()));
    let mut cargo = cargo();
    cargo
        .current_dir(&tree.root)
        .args(["build", "--release", "--locked", "--bins"])
        .arg("--target-dir")
        .arg(&tree.target);
    for package in packages {
        cargo.args(["--package", package]);
    }
    let renamed = renamed(tree);
    let map = |flag: &str, end: &str| {
        let flags = renamed.iter();
        let flags: Vec<_> = flags
            .map(|(from, to)| format!("{flag}={}={to}", from.display()))
            .collect();
        flags.join(end)
    };
    let status = cargo
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            map("--remap-path-prefix", FLAG_END),
        )
        .env("CFLAGS", map("-ffile-prefix-map", " "))
        .env("SOURCE_DATE_EPOCH", tree.epoch.to_string())
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("RUSTFLAGS")
        .status()
        .map_err(|source| PackageError::Start {
            program: "cargo",
            source,
        })?;
    if !status.success() {
        return Err(PackageError::Exit {
            program: "cargo",
            status,
        });
    }
    Ok(tree.target.join("release"))
}

/// Directories of this machine, and what they are called in programs; the last that fits counts.
fn renamed(tree: &Tree) -> Vec<(PathBuf, &'static str)> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let or_home = |name: &str, below: &str| {
        let named = env::var_os(name).map(PathBuf::from);
        named.unwrap_or_else(|| home.join(below))
    };
    let mut renamed = vec![
        (or_home("CARGO_HOME", ".cargo"), "/cargo"),
        (or_home("RUSTUP_HOME", ".rustup"), "/rustup"),
        (tree.root.clone(), "/hospitality-edge"),
        (tree.target.clone(), "/target"),
    ];
    renamed.retain(|(from, _)| from != Path::new(""));
    renamed
}
