//! The program `uplink`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::main(wire::Component::Uplink, uplink::run)
}
