//! Serves the pages of a hotel: guests order, staff and kitchen see to it.
//!
//! Guests reach it over plain HTTP, because their phones do not know the property's CA; they get
//! the ordering page and nothing else, and only on the hotel's own network a token. Staff reach
//! everything over HTTPS. The pages themselves work with the box over channels; this component
//! tells them where everybody is, relays the guests' asking for tokens, and shows how the
//! components of the property are. What it promises, one by one: `docs/spec/console.md`.
//!
//! ```text
//! http  ──▶ guard ──┬─▶ guest's page, files      ┌──▶ authority (mint-guest)
//!                   ├─▶ where everybody is       │
//! https ──▶ guard ──┼─▶ guest's token ─ rates ───┘
//!                   ├─▶ staff's pages
//!                   └─▶ status of components ◀── bus
//! ```
//!
//! Deliberately not here: orders, printing and climate, which pages ask of `device-proxy`; tablets'
//! tokens and bearers, which they ask of `authority`; compression of files, since the longest way
//! is the hotel's own network.

pub mod config;

mod addresses;
mod board;
mod edge;
mod host;
mod network;
mod rates;
mod service;

pub use config::Config;
pub use service::{StartError, run};
