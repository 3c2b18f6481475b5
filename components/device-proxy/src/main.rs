//! The program `device-proxy`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::main(wire::Component::DeviceProxy, device_proxy::run)
}
