//! The tree that a release is made from, as cargo, rustc and git know it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use release::{Recipe, Version};
use serde::Deserialize;

use super::PackageError;

/// The workspace.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: PathBuf,
    /// Where cargo builds.
    pub(super) target: PathBuf,
    pub(super) version: Version,
    /// Its packages by the names of their programs.
    pub(super) programs: BTreeMap<String, String>,
    pub(super) commit: String,
    /// When the commit was made, in Unix seconds: the one date in a release.
    pub(super) epoch: i64,
    pub(super) compiler: String,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Tree {
    /// Asks the tools.
    pub(super) fn read() -> Result<Self, PackageError> {
        let metadata = said(
            cargo()
                .args(["metadata", "--no-deps", "--locked"])
                .args(FORMAT),
        )?;
        let unclear = |what: String| PackageError::Said {
            program: "cargo metadata",
            what,
        };
        let metadata: Metadata =
            serde_json::from_str(&metadata).map_err(|error| unclear(error.to_string()))?;
        let own = metadata
            .packages
            .iter()
            .find(|package| package.name == "delivery");
        let version = own.map_or("", |package| &package.version);
        let version = version
            .parse()
            .map_err(|_| unclear(format!("the version {version:?} of the workspace")))?;
        let root = metadata.workspace_root;
        let (commit, epoch) = commit(&root)?;
        let programs = metadata.packages.iter().flat_map(|package| {
            let programs = package
                .targets
                .iter()
                .filter(|target| target.kind == ["bin"]);
            programs.map(|target| (target.name.clone(), package.name.clone()))
        });
        Ok(Self {
            target: metadata.target_directory,
            version,
            programs: programs.collect(),
            commit,
            epoch,
            compiler: said(Command::new(rustc()).arg("--version"))?
                .trim()
                .to_owned(),
            root,
        })
    }
}

/// The form of metadata that is understood here.
const FORMAT: [&str; 2] = ["--format-version", "1"];

/// Every package of the workspace and of the registry, as `cargo metadata` says.
pub(super) fn packages(root: &Path, target: &str) -> Result<serde_json::Value, PackageError> {
    let mut cargo = cargo();
    cargo
        .current_dir(root)
        .args(["metadata", "--locked"])
        .args(FORMAT);
    let said = said(cargo.args(["--filter-platform", target]))?;
    serde_json::from_str(&said).map_err(|error| PackageError::Said {
        program: "cargo metadata",
        what: error.to_string(),
    })
}

/// The machine that rustc builds for.
pub(super) fn host() -> Result<String, PackageError> {
    let said = said(Command::new(rustc()).arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| PackageError::Said {
        program: "rustc",
        what: "no host".to_owned(),
    })
}

fn commit(root: &Path) -> Result<(String, i64), PackageError> {
    let git = |arguments: &[&str]| said(Command::new("git").current_dir(root).args(arguments));
    let told = git(&["log", "-1", "--format=%H %ct"])?;
    let unclear = || PackageError::Said {
        program: "git",
        what: format!("{told:?} instead of a commit and its time"),
    };
    let (commit, epoch) = told.trim().split_once(' ').ok_or_else(unclear)?;
    let epoch = epoch.parse().map_err(|_| unclear())?;
    let changes = git(&["status", "--porcelain", "--untracked-files=no"])?;
    let mark = if changes.is_empty() { "" } else { "-changed" };
    Ok((format!("{commit}{mark}"), epoch))
}

/// Reads every `DIR/NAME/recipe.yaml`, by name.
pub(super) fn recipes(dir: &Path) -> Result<Vec<Recipe>, PackageError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        |source| PackageError::Read { path, source }
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable(dir))? {
        let path = entry.map_err(unreadable(dir))?.path().join("recipe.yaml");
        paths.extend(path.is_file().then_some(path));
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
        Recipe::parse(&text, architecture()).map_err(|source| PackageError::Recipe { path, source })
    };
    paths.into_iter().map(read).collect()
}

/// The machine's architecture, in the words of recipes.
fn architecture() -> &'static str {
    match env::consts::ARCH {
        "x86_64" => "amd64",
        other => other,
    }
}

pub(super) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn rustc() -> std::ffi::OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// What a program prints.
fn said(command: &mut Command) -> Result<String, PackageError> {
    let program = match command.get_program().to_string_lossy() {
        name if name.ends_with("git") => "git",
        name if name.ends_with("rustc") => "rustc",
        _ => "cargo",
    };
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| PackageError::Start { program, source })?;
    if !output.status.success() {
        let status = output.status;
        return Err(PackageError::Exit { program, status });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
