//! Measures the suite.

use std::process::ExitCode;

fn main() -> ExitCode {
    hotel_tests::bench::main()
}
