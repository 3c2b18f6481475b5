//! One binary, one module per story of the hotel.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod admission;
mod authority;
mod backups;
mod browser;
mod burdens;
mod bus;
mod console;
mod delivery;
mod devices;
mod doors;
mod faults;
mod first_light;
mod greengrass;
mod handover;
mod havoc;
mod hostile;
mod inference;
mod infra;
mod links;
mod locks;
mod mischief;
mod ordering;
mod printing;
mod provisioning;
mod recipes;
mod renewal;
mod replica;
mod revocation;
mod runbooks;
mod signaling;
mod strangers;
mod tidy;
mod uplink;
mod vprinter;
