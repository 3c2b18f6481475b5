use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::baseline;

fn asked() -> Allocate {
    serde_json::from_value(json!({
        "wishes": { "guests": 2, "nights": 3, "category": 2, "accessible": true },
        "rooms": [
            { "room": "small", "capacity": 1, "category": 2, "accessible": true },
            { "room": "stairs", "capacity": 4, "category": 5 },
            { "room": "right", "capacity": 2, "category": 2, "accessible": true },
        ],
    }))
    .unwrap()
}

// inference-5.2
#[test]
fn what_does_not_fit_comes_last_whatever_the_model_says() {
    let ranked = ranked(&asked(), &[0.99, 1.0, 0.01]);
    let order: Vec<_> = ranked
        .iter()
        .map(|room| (room.room.as_str(), room.fits))
        .collect();
    assert_eq!(
        order,
        [("right", true), ("small", false), ("stairs", false)]
    );
    assert!(ranked[0].score > ranked[1].score);
}

#[test]
fn what_makes_no_sense_is_named() {
    let check = |pointer: &str, value: serde_json::Value, field: &str| {
        let mut body = json!(asked());
        *body.pointer_mut(pointer).unwrap() = value;
        let problem = check(&serde_json::from_value(body).unwrap()).unwrap_err();
        assert_eq!(problem.field.as_deref(), Some(field));
    };
    check("/wishes/guests", json!(0), "wishes.guests");
    check("/wishes/guests", json!(9), "wishes.guests");
    check("/wishes/nights", json!(0), "wishes.nights");
    check("/wishes/category", json!(6), "wishes.category");
    check("/rooms", json!([]), "rooms");
    check("/rooms/1/category", json!(0), "rooms[1].category");
    check("/rooms/1/room", json!("small"), "rooms[1].room");
}

fn room() -> impl Strategy<Value = CandidateRoom> {
    (any::<[u8; 4]>(), any::<[bool; 5]>()).prop_map(|([capacity, category, floor, id], flags)| {
        CandidateRoom {
            room: format!("room-{id}").parse().unwrap(),
            capacity,
            category: category % 5 + 1,
            beds: None,
            floor,
            accessible: flags[0],
            quiet: flags[1],
            view: flags[2],
            near_lift: flags[3],
            ready: flags[4],
        }
    })
}

proptest! {
    #[test]
    fn every_feature_is_between_nothing_and_one_and_no_room_is_lost(
        rooms in prop::collection::vec(room(), 1..20), guests in 1_u8..=8, nights in 1_u16..,
    ) {
        let mut asked = Allocate { rooms, ..asked() };
        asked.wishes.guests = guests;
        asked.wishes.nights = nights;
        for room in &asked.rooms {
            let features = features(&asked.wishes, room);
            prop_assert!(features.iter().all(|share| (0.0..=1.0).contains(share)));
        }
        let ranked = ranked(&asked, &baseline::scores(&asked));
        prop_assert_eq!(ranked.len(), asked.rooms.len());
        prop_assert!(ranked.is_sorted_by(|left, right| left.score >= right.score));
    }
}
