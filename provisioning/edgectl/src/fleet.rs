//! Fleet provisioning: from a claim, or a certificate that is still good, to a certificate of the
//! box's own, over MQTT with the cloud.
//!
//! ```text
//! box  ── $aws/certificates/create-from-csr/json ──▶  cloud    the key never leaves the box
//!      ◀─ …/accepted {certificatePem, ownership token} ──
//!      ── $aws/provisioning-templates/T/provision/json ──▶     token, serial, box, segment
//!      ◀─ …/accepted {thingName} ──
//! ```
//!
//! [`Conversation`] is what is said, without IO; [`carry`] says it. Source: AWS IoT Core developer
//! guide, "Device provisioning MQTT API".

mod carry;
mod conversation;
mod error;
mod words;

pub(crate) use carry::{Door, Papers, enrol, prove, shake};
pub(crate) use conversation::{Conversation, Membership};
pub(crate) use error::FleetError;
