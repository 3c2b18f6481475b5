//! What a hotel's pages need of its box: orders, printers, and the climate of rooms.
//!
//! Pages reach it over data channels, programs over the bus and HTTPS; all of them find the same
//! desk, with one table of who may ask what. What was answered is on the disk. What it promises, one
//! by one: `docs/spec/device-proxy.md`.
//!
//! Deliberately left out so far: card terminals and the link to the hotel's own
//! software; changing an order after it was placed; a calendar of the house's time zone (one fixed
//! distance from UTC instead).
//!
//! ```text
//! pages ──channels──▶ ┌──────┐──▶ order book ──┐ one commit
//! programs ──HTTPS──▶ │ desk │──▶ print jobs ──┴──▶ printers
//! programs ───bus───▶ └──────┘──▶ climate ──bus──▶ iot-gateway
//! ```

pub mod config;
pub mod print;

mod climate;
mod desk;
mod doors;
mod edge;
mod escpos;
mod guest_messages;
mod order;
mod preview;
mod receipt;
mod service;

pub use config::Config;
pub use service::{StartError, run};
