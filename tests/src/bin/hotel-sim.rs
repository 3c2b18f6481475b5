//! Runs the devices of a simulated hotel, or reads their ledger.

use std::process::ExitCode;

fn main() -> ExitCode {
    hotel_tests::sim::program::main()
}
