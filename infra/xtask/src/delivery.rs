//! Releases: chores of a program of their own, because its clients of AWS would make every
//! `cargo x check` wait.

use std::process::ExitCode;

use crate::check::cargo;

/// The chores that `infra/delivery` does.
const CHORES: &[&str] = &["deploy", "key", "package", "publish", "rollback", "status"];

/// Builds the program and lets it do a chore of its own; none if the chore is another's.
///
/// Cargo takes the features of the whole workspace, so that nothing is compiled twice.
#[expect(clippy::print_stderr, reason = "a chore reports to the terminal")]
pub(crate) fn run(chore: &[String]) -> Option<ExitCode> {
    let first = chore.first()?;
    if !CHORES.contains(&first.as_str()) {
        return None;
    }
    let mut cargo = cargo("run --quiet --bin delivery --");
    match cargo.args(chore).status() {
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            Some(code.map_or(ExitCode::FAILURE, ExitCode::from))
        }
        Err(error) => {
            eprintln!("error: cargo did not start: {error}");
            Some(ExitCode::FAILURE)
        }
    }
}
