//! Everything that touches the world: journal, registry file, bus, credentials, time zone, metrics and
//! logs.

pub(crate) mod inbound;
pub(crate) mod journal;
pub(crate) mod mirror;
pub(crate) mod notes;
pub(crate) mod outbound;
pub(crate) mod people;
pub(crate) mod registry_file;
pub(crate) mod zone;
