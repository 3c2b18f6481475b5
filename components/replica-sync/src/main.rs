//! The program `replica-sync`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::main(wire::Component::ReplicaSync, replica_sync::run)
}
