//! The chores of this repository, as `cargo x CHORE`: one command for CI and for people.

mod check;
mod dependencies;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo x CHORE

Chores:
  check   format, lints, documentation and dependencies, up to the first failure";

#[expect(clippy::print_stderr, reason = "a chore reports to the terminal")]
fn main() -> ExitCode {
    let chore: Vec<String> = env::args().skip(1).collect();
    if chore != ["check"] {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    match check::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
