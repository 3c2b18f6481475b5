//! The program `supervise`: keeps a component running below the nucleus.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::supervise::main(std::env::args_os().skip(1))
}
