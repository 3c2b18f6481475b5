//! The program `inference`; as `inference probe …` the child that tries a model out.

use std::process::ExitCode;

fn main() -> ExitCode {
    inference::probe().unwrap_or_else(|| kit::main(wire::Component::Inference, inference::run))
}
