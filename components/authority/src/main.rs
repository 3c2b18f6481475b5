//! The program `authority`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::main(wire::Component::Authority, authority::run)
}
