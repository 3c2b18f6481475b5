//! What touches the world: sockets, HTTP, multicast DNS, and the files of the cloud role.

pub(crate) mod admission;
pub(crate) mod http;
pub(crate) mod mdns;
pub(crate) mod socket;
pub(crate) mod switchboard;
