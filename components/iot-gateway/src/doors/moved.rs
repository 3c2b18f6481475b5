//! What locks tell about their bolts, as the trail takes it.

use wire::audit::{Fact, Moved};
use wire::device::Kind;
use wire::door::LOCK_OPERATION;
use wire::registry::RegisteredDevice;

use crate::record::{Content, Message};

/// The fact of a message, if it is a lock's about its bolt. Only what is listed here is taken over, so
/// that no PIN and no card that a lock may tell gets into the trail.
pub fn of(device: &RegisteredDevice, message: &Message) -> Option<Fact> {
    let Content::Event { kind, data, .. } = &message.content else {
        return None;
    };
    if device.kind != Kind::Lock || kind.as_str() != LOCK_OPERATION {
        return None;
    }
    let text = |member: &str| data.0.get(member)?.as_str();
    Some(Fact::LockOperation(Moved {
        device: device.device.clone(),
        room: device.room.clone(),
        boot: message.place.boot,
        place: message.place.seq,
        moved_at: message.at,
        operation: text("operation").and_then(|word| word.parse().ok()),
        source: text("source").and_then(|word| word.parse().ok()),
        execution: text("execution").and_then(|id| id.parse().ok()),
    }))
}

#[cfg(test)]
mod tests;
