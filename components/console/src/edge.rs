//! What touches the world: the two web listeners and the bus.

pub(crate) mod http;
pub(crate) mod statuses;
