//! One binary, one module per story of the hotel.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod admission;
mod authority;
mod backups;
mod browser;
mod bus;
mod console;
mod delivery;
mod faults;
mod first_light;
mod greengrass;
mod handover;
mod hostile;
mod inference;
mod infra;
mod locks;
mod ordering;
mod printing;
mod provisioning;
mod recipes;
mod replica;
mod signaling;
mod strangers;
mod tidy;
mod uplink;
mod vprinter;
