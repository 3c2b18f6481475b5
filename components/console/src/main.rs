//! The program `console`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::main(wire::Component::Console, console::run)
}
