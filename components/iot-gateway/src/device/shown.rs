//! A device as askers see it.

use wire::Integer;
use wire::device::State;
use wire::gateway::{DeviceState, DeviceSummary};

use super::Device;
use crate::stream::Stream;

impl Device {
    /// One line of a list.
    pub fn summary(&self) -> DeviceSummary {
        DeviceSummary {
            device: self.id(),
            kind: self.registered.kind,
            room: self.registered.room.clone(),
            online: self.is_online(),
        }
    }

    /// Everything known.
    pub fn state(&self) -> DeviceState {
        let (birth, report) = (self.presence.birth(), self.shadow.report());
        let desired = self.shadow.desired();
        let missing = self.stream.as_ref().map_or(0, Stream::missing);
        DeviceState {
            device: self.id(),
            kind: self.registered.kind,
            room: self.registered.room.clone(),
            capabilities: self.capabilities(),
            firmware: birth.map_or_else(String::new, |birth| birth.firmware.clone()),
            online: self.is_online(),
            boot: self.boot(),
            through_seq: self.stream.as_ref().and_then(Stream::through),
            missing: shown(missing),
            lost: shown(self.lost),
            reported: report.map_or_else(State::default, |report| report.state.clone()),
            reported_version: report.map_or_else(Integer::default, |report| report.version),
            reported_at: report.map(|report| report.at),
            desired: desired.state.clone(),
            desired_version: desired.version,
            delta: self.shadow.delta(),
        }
    }
}

/// A count as it is shown; one beyond the bus's integers shows as the largest.
fn shown(count: u64) -> Integer {
    let most = Integer::new(wire::bound::INTEGER_MAX);
    Integer::new(count).or(most).unwrap_or_default()
}
