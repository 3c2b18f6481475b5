//! `cargo x check`: what can be said about the code without running it.
//!
//! Promise: every step is announced with its name and its duration; the first failure ends the
//! check. Left out: the tests, which `tests/run.sh` runs afterwards.

use std::env;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use crate::dependencies;
use crate::recipe;

type Step = fn() -> Result<(), Cause>;

const STEPS: &[(&str, Step)] = &[
    ("format", format),
    ("recipes", check_recipes),
    ("lints", lints),
    ("documentation", documentation),
    ("dependencies", dependencies),
];

/// Runs every step in order, up to the first failure.
#[expect(clippy::print_stdout, reason = "a chore reports to the terminal")]
#[expect(clippy::disallowed_methods, reason = "durations are for the terminal")]
pub(crate) fn run() -> Result<(), Failure> {
    for &(step, act) in STEPS {
        println!("check: {step}");
        let started = Instant::now();
        act().map_err(|cause| Failure { step, cause })?;
        println!("check: {step} passed in {:.1?}", started.elapsed());
    }
    Ok(())
}

/// Runs the step about recipes alone.
pub(crate) fn recipes() -> Result<(), Failure> {
    let step = "recipes";
    check_recipes().map_err(|cause| Failure { step, cause })
}

fn check_recipes() -> Result<(), Cause> {
    // Told by cargo when it runs a program: what is built does not know where.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| "infra/xtask".into());
    let directory = Path::new(&package).join("../../recipes");
    let recipes = recipe::read(&directory).map_err(Cause::Recipe)?;
    let offences = recipe::offences(&recipes);
    if offences.is_empty() {
        Ok(())
    } else {
        Err(Cause::Offences(offences))
    }
}

fn format() -> Result<(), Cause> {
    succeed(&mut cargo("fmt --all --check"))
}

fn lints() -> Result<(), Cause> {
    succeed(&mut cargo(
        "clippy --workspace --all-targets -- -D warnings",
    ))
}

fn documentation() -> Result<(), Cause> {
    let mut doc = cargo("doc --workspace --no-deps --document-private-items");
    succeed(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn dependencies() -> Result<(), Cause> {
    let tree = cargo("tree --workspace --edges normal,build --prefix none --locked")
        .stderr(Stdio::inherit())
        .output()
        .map_err(Cause::Start)?;
    exited(tree.status)?;
    let offences = dependencies::offences(&String::from_utf8_lossy(&tree.stdout));
    if offences.is_empty() {
        Ok(())
    } else {
        Err(Cause::Offences(offences))
    }
}

/// The cargo that runs this chore, with `arguments` parted by spaces.
///
/// What `cargo x` says of the package xtask stays here: build scripts that watch it (ring's does)
/// would run again after every change between `cargo x` and plain cargo.
pub(crate) fn cargo(arguments: &str) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments.split(' '));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

fn succeed(command: &mut Command) -> Result<(), Cause> {
    exited(command.status().map_err(Cause::Start)?)
}

fn exited(status: ExitStatus) -> Result<(), Cause> {
    if status.success() {
        Ok(())
    } else {
        Err(Cause::Exit(status))
    }
}

/// The step that ended the check.
#[derive(Debug)]
pub(crate) struct Failure {
    step: &'static str,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Start(io::Error),
    Exit(ExitStatus),
    Recipe(recipe::ReadError),
    Offences(Vec<String>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "check stopped at {}: ", self.step)?;
        match &self.cause {
            Cause::Start(error) => write!(f, "cargo did not start: {error}"),
            Cause::Exit(status) => write!(f, "cargo ended with {status}, its reasons are above"),
            Cause::Recipe(error) => write!(f, "{error}"),
            Cause::Offences(offences) => f.write_str(&offences.join("\n  ")),
        }
    }
}
