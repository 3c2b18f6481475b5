//! The property's own authority: the only program that holds the key of its CA.
//!
//! Renews everybody's leaf certificate, lets tablets enrol by one-time codes, gives people tokens
//! that are bound to their keys, guests such tokens for as long as they sit at a table, tells
//! everybody whom to refuse although their credential is valid, and keeps the broker's rules. It is
//! asked on the bus and over HTTPS; one set of rules decides for both. What it promises, one by one:
//! `docs/spec/authority.md`.
//!
//! ```text
//! bus ────┐                                          ┌──▶ journal
//!         ├─▶ office: rules(books, act) ─▶ changes ──┤ (first)
//! HTTPS ──┘              └── granted ─▶ scribe ──────┴──▶ answer, revocation list, broker
//! ```
//!
//! Deliberately left out so far: a TPM for the CA's key, replacing the CA itself, and certificates of
//! servers in the cloud.

pub mod config;

mod act;
mod addresses;
mod books;
mod edge;
mod nonces;
mod rates;
mod rights;
mod rules;
mod service;

pub use config::Config;
pub use service::StartError;

/// Starts the component on its host.
pub async fn run(config: Config, host: kit::Host) -> Result<(), StartError> {
    service::start(config, host).await
}
