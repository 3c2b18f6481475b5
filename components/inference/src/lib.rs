//! Answers from ONNX models on the box: tensors by the Open Inference Protocol v2, and what other
//! components ask in the hotel's words.
//!
//! A model comes as a signed bundle and is active only after its signature, its digests and a trial
//! in a child process; while it works it is watched, and the version before it comes back when it
//! goes bad. When no version is healthy, rules answer and say so. What a guest wrote never leaves the
//! box and stands in no log. What it promises, one by one: `docs/spec/inference.md`.
//!
//! ```text
//! directory, S3 ─▶ fetched ─▶ verified ─▶ probed ─▶ active ──bad──▶ quarantined
//!                                (child process)      │ ▲
//! HTTP 8500 ──▶ desk ─▶ checked ─▶ queue ─▶ runner ◀──┘ └── previous, else rules
//! bus ────────▶
//! ```
//!
//! Deliberately left out so far: shadow and canary traffic, batching of waiting requests (it gains a
//! quarter on processors like these), texts as tensors, the binary form of tensors.

pub mod config;

mod baseline;
mod edge;
mod guest;
mod manifest;
mod rooms;
mod service;
mod tensor;
mod text;
mod vitals;

pub use config::Config;
pub use edge::bundle;
pub use edge::probe::probe;
pub use service::{StartError, run};
