//! The program `signaling`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::main(wire::Component::Signaling, signaling::run)
}
