//! The harness: whole hotels, their faults, outsiders who try to get in, and simulated devices.
//!
//! Each test owns its hotel: directory, broker, S3, ports. Waits are for states, by
//! [`eventually()`]; nothing here asserts a speed.

pub mod accounts;
pub mod aws;
pub mod bench;
pub mod cable;
pub mod client;
pub mod clocks;
pub mod deployed;
pub mod devices;
pub mod disk;
pub mod doors;
pub mod eventually;
pub mod faults;
pub mod feeder;
pub mod fleet;
pub mod hotel;
pub mod leaves;
pub mod machine;
pub mod network;
pub mod nucleus;
pub mod objects;
pub mod outsider;
pub mod page;
pub mod points;
pub(crate) mod programs;
pub mod releases;
pub mod replica;
pub mod runbook;
pub mod sim;
pub mod truth;
pub mod vprinter;

pub use aws::Aws;
pub use eventually::eventually;
pub use hotel::{Hotel, Plan};
