//! The devices of the hotel: thermostats, locks, sensors.
//!
//! Knows which devices are there and what they can do, takes in what they say exactly once, keeps
//! what they are and what they should become, lets them do things once, and answers questions
//! about all that on the bus.
//!
//! What it promises (`docs/spec/iot-gateway.md`): what a device is told to be received is on the
//! disk together with its record for `uplink`; a wish is repeated until it comes true, a command
//! is never repeated; all that through a kill at any moment. The rules are pure ([`gateway`] and
//! what it is made of); [`run`] gives them the world.
//!
//! Bolts are turned for people only, who have signed it: by the house's rows, once, with the intent in
//! the trail before anything is sent ([`doors`]).
//!
//! Deliberately not here: rules about rooms, radio protocols, what guests may, and what the cloud does
//! with records.

pub mod command;
pub mod config;
pub mod desired;
pub mod device;
pub mod doors;
mod edge;
pub mod effect;
pub mod executions;
pub mod gateway;
pub mod mirror;
pub mod moment;
pub mod person;
pub mod presence;
pub mod record;
pub mod registry;
pub mod requests;
pub mod roster;
mod service;
pub mod settings;
pub mod stream;
pub mod work;

pub use config::Config;
pub use edge::people::{Believer, sealed};
pub use service::StartError;

/// Starts the component on its host.
pub async fn run(config: Config, host: kit::Host) -> Result<(), StartError> {
    service::start(config, host).await
}
