//! The words of the hotel bus: ids, topics, bodies, records and errors, in one place and one form.
//!
//! Whatever crosses a process boundary inside a property is a type of this crate; no other crate
//! spells a topic or a field name. Nothing here does IO or knows the time.
//!
//! Promises (`docs/spec/bus.md`): what parses was valid, what is printed parses again, every body
//! names its version, and every bound of [`bound`] is checked before a body is believed.

pub mod audit;
pub mod authority;
pub mod body;
pub mod bound;
pub mod channel;
pub mod chat;
pub mod climate;
pub mod component;
pub mod credential;
pub mod device;
pub mod digest;
pub mod door;
pub mod gateway;
pub mod id;
pub mod inference;
pub mod octets;
pub mod order;
pub mod print;
pub mod problem;
pub mod record;
pub mod registry;
pub mod replacement;
pub mod replica;
pub mod request;
pub mod signaling;
pub mod status;
pub mod text;
pub mod topic;
pub mod uplink;

pub use body::{Integer, Version, decode, decode_large, encode};
pub use component::Component;
pub use digest::{Sha256, ShortSha256};
pub use id::{
    BatchId, BoxId, Capability, ConnectionId, DeviceId, ExecutionId, JobId, MessageId, Operation,
    OrderId, Principal, PropertyId, RequestId, SittingId, TenantId, TokenId, Word,
};
pub use octets::{Nonce, Octets, PublicKey, Signature};
pub use problem::{Code, Problem};
pub use text::Text;
pub use topic::{Filter, Topic};

#[cfg(test)]
mod tests;
