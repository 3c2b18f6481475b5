//! What touches the world.

pub mod bundle;
pub(crate) mod bus;
pub(crate) mod http;
pub(crate) mod onnx;
pub(crate) mod probe;
pub(crate) mod runner;
pub(crate) mod source;
pub(crate) mod store;
