//! The devices of a simulated hotel.

use wire::DeviceId;
use wire::device::Kind;
use wire::registry::RegisteredDevice;

use super::capabilities;

/// Most rooms of a simulated hotel.
pub(crate) const ROOMS_MAX: u32 = 500;
/// Rooms of one floor: 101 to 120, then 201.
const ROOMS_PER_FLOOR: u32 = 20;
/// What stands in every room: the end of the id, and the kind.
const FURNITURE: &[(&str, Kind)] = &[
    ("thermostat", Kind::Thermostat),
    ("lock", Kind::Lock),
    ("occupancy", Kind::Occupancy),
    ("window", Kind::Contact),
];

/// The devices of the first `rooms` rooms: `room-101-thermostat` and so on.
pub(crate) fn hotel(rooms: u32) -> Vec<RegisteredDevice> {
    (0..rooms).map(number).flat_map(furnish).collect()
}

/// The numbers of the first `rooms` rooms.
pub(crate) fn room_numbers(rooms: u32) -> impl Iterator<Item = i32> {
    (0..rooms).filter_map(|index| i32::try_from(number(index)).ok())
}

fn number(index: u32) -> u32 {
    (index / ROOMS_PER_FLOOR + 1) * 100 + index % ROOMS_PER_FLOOR + 1
}

fn furnish(room: u32) -> impl Iterator<Item = RegisteredDevice> {
    FURNITURE.iter().map(move |(name, kind)| RegisteredDevice {
        device: id(room, name),
        kind: *kind,
        room: Some(room.to_string()),
        capabilities: capabilities::usual(*kind),
    })
}

fn id(room: u32, name: &str) -> DeviceId {
    format!("room-{room}-{name}")
        .parse()
        .expect("rooms and furniture are words")
}
