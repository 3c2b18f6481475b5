//! Runs a receipt printer without paper.

use std::process::ExitCode;

fn main() -> ExitCode {
    hotel_tests::vprinter::program::main()
}
