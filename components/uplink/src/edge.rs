//! Everything of `uplink` that touches the world: the disk and the cloud.

pub(crate) mod handover;
pub(crate) mod probe;
pub(crate) mod s3;
pub(crate) mod spool;
