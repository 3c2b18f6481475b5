use super::*;

fn nobody() -> Neighbours {
    Neighbours::new("seaside".parse().unwrap(), "device-proxy".parse().unwrap())
}

fn name(text: &str) -> Principal {
    text.parse().unwrap()
}

// signaling-6.2
#[test]
fn a_peer_of_our_hotel_is_found_once_and_lost_once() {
    let mut neighbours = nobody();
    let found = neighbours.announced("a._x", "seaside", "till-1");
    assert_eq!(found, Some(Change::Found(name("till-1"))));
    assert_eq!(neighbours.announced("a._x", "seaside", "till-1"), None);
    assert_eq!(neighbours.len(), 1);
    assert_eq!(
        neighbours.withdrawn("a._x"),
        Some(Change::Lost(name("till-1")))
    );
    assert_eq!(neighbours.withdrawn("a._x"), None);
    assert_eq!(neighbours.len(), 0);
}

// signaling-6.2
#[test]
fn peers_of_other_hotels_ourselves_and_nonsense_are_not_found() {
    let mut neighbours = nobody();
    for (property, peer) in [
        ("hilltop", "till-1"),
        ("seaside", "device-proxy"),
        ("seaside", "No Name"),
        ("", ""),
    ] {
        assert_eq!(neighbours.announced("a._x", property, peer), None);
    }
    assert_eq!(neighbours.len(), 0);
}

#[test]
fn no_more_are_remembered_than_a_hotel_can_have() {
    let mut neighbours = nobody();
    for number in 0..=MOST {
        neighbours.announced(&format!("{number}"), "seaside", &format!("till-{number}"));
    }
    assert_eq!(neighbours.len(), MOST);
}
