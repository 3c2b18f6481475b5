//! Everything that touches the world: journal, registry file, bus, metrics and logs.

pub(crate) mod inbound;
pub(crate) mod journal;
pub(crate) mod notes;
pub(crate) mod outbound;
pub(crate) mod registry_file;
