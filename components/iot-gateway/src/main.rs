//! The program `iot-gateway`.

use std::process::ExitCode;

use wire::Component;

fn main() -> ExitCode {
    kit::main(Component::IotGateway, iot_gateway::run)
}
