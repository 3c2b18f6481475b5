use wire::Version;
use wire::device::Kind;

use super::*;

fn device(id: &str, room: &str) -> RegisteredDevice {
    RegisteredDevice {
        device: id.parse().unwrap(),
        kind: Kind::Contact,
        room: Some(room.to_owned()),
        capabilities: [].into(),
    }
}

/// Checks a list and compares the refusal.
#[track_caller]
fn refused(devices: Vec<RegisteredDevice>, expected: &str) {
    let v = Version;
    let error = check(Registry { v, devices }).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn devices_are_found_by_id() {
    let devices = vec![device("b", "102"), device("a", "101")];
    let v = Version;
    let devices = check(Registry { v, devices }).unwrap();
    assert_eq!(
        devices.keys().map(DeviceId::as_str).collect::<Vec<_>>(),
        ["a", "b"]
    );
}

#[test]
fn an_id_stands_for_one_device() {
    refused(
        vec![device("a", "1"), device("a", "2")],
        "device a is listed twice",
    );
}

#[test]
fn the_name_of_a_room_is_short() {
    let expected = "the room of device a has a name of more than 40 characters";
    refused(vec![device("a", &"x".repeat(41))], expected);
}

#[test]
fn a_property_has_a_bounded_number_of_devices() {
    let devices = vec![device("a", "1"); DEVICES_MAX + 1];
    refused(devices, "20001 devices are more than 20000");
}
