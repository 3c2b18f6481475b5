//! Everything that touches the world: the database, tablets, the hub, the bus.

pub(crate) mod apply;
pub mod archive;
pub(crate) mod backup;
pub(crate) mod callers;
pub(crate) mod database;
pub(crate) mod feed;
pub(crate) mod hub;
pub(crate) mod intake;
pub(crate) mod link;
pub(crate) mod notes;
pub(crate) mod push;
pub(crate) mod read;
pub(crate) mod rxdb;
pub(crate) mod schema;
