//! Everything of `authority` that touches the world: files, the CA's key, the disk, HTTPS.

pub(crate) mod ca;
pub(crate) mod https;
pub(crate) mod interfaces;
pub(crate) mod journal;
pub(crate) mod provisioned;
pub(crate) mod qr;
pub(crate) mod record;
pub(crate) mod scribe;
pub(crate) mod succession;
