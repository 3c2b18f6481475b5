//! The chores of this repository, as `cargo x CHORE`: one command for CI and for people.

mod check;
mod delivery;
mod dependencies;
mod recipe;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo x CHORE

Chores:
  check          format, recipes, lints, documentation and dependencies, up to the first failure
  recipe check   whether both nuclei understand the recipes, and what deployments may configure
  key            make the key that signs releases
  package        build a release, list its files, sign the list
  publish        bring a release to the cloud
  deploy         let a group of boxes run a release
  status         show how the boxes of a group are
  rollback       let a group of boxes run what they ran before

Each but check and recipe takes --help.";

#[expect(clippy::print_stderr, reason = "a chore reports to the terminal")]
fn main() -> ExitCode {
    let chore: Vec<String> = env::args().skip(1).collect();
    if let Some(ended) = delivery::run(&chore) {
        return ended;
    }
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
