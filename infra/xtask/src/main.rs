//! The chores of this repository, as `cargo x CHORE`: one command for CI and for people.

mod check;
mod dependencies;
mod recipe;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo x CHORE

Chores:
  check          format, recipes, lints, documentation and dependencies, up to the first failure
  recipe check   whether both nuclei understand the recipes, and what deployments may configure";

#[expect(clippy::print_stderr, reason = "a chore reports to the terminal")]
fn main() -> ExitCode {
    let chore: Vec<String> = env::args().skip(1).collect();
    let words: Vec<_> = chore.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["check"] => check::run(),
        ["recipe", "check"] => check::recipes(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
