use proptest::prelude::*;
use serde_json::json;
use wire::audit::{Ended, Intent, Moved};
use wire::credential::{Role, Standing};
use wire::device::State;
use wire::gateway::Outcome;

use super::*;
use crate::ca::{Key, PropertyCa, specimen};
use crate::clock::Clock;
use crate::ids;

/// A trail with its gateway, and the same gateway's key in a thief's hands.
struct Scene {
    gateway: Identity,
    entries: Vec<Entry>,
    heads: Vec<Head>,
    now: Integer,
}

fn property() -> PropertyId {
    "seaside".parse().unwrap()
}

fn intent(key: &Key, now: Integer) -> Fact {
    let (device, operation) = ("room-101-lock".parse().unwrap(), "unlock".parse().unwrap());
    let (execution, arguments) = (ids::new(now), State::default());
    let text = Wanted {
        property: &property(),
        execution,
        device: &device,
        operation: &operation,
        arguments: &arguments,
        expires_at: now,
    }
    .text();
    Fact::Intent(Box::new(Intent {
        execution,
        device,
        room: Some("101".to_owned()),
        operation,
        arguments,
        expires_at: now,
        asker: "device-proxy".parse().unwrap(),
        request: sha256(&text),
        actor: Witness {
            principal: "front-desk-1".parse().unwrap(),
            role: Standing::Role(Role::FrontDesk),
            key: key.public_key(),
            signature: key.sign(&text),
        },
        approver: None,
    }))
}

fn moved(place: u32) -> Fact {
    Fact::LockOperation(Moved {
        device: "room-101-lock".parse().unwrap(),
        room: None,
        boot: 1_u32.into(),
        place: place.into(),
        moved_at: 5_u32.into(),
        operation: Some("unlock".parse().unwrap()),
        source: Some("card".parse().unwrap()),
        execution: None,
    })
}

fn outcome(intent: &Fact) -> Fact {
    let Fact::Intent(intent) = intent else {
        panic!("it is an intent")
    };
    Fact::Outcome(Ended {
        execution: intent.execution,
        device: intent.device.clone(),
        room: intent.room.clone(),
        operation: intent.operation.clone(),
        outcome: Outcome::Succeeded,
        problem: None,
    })
}

fn gateway(ca: &PropertyCa) -> Identity {
    let holder = specimen::component(Component::IotGateway);
    specimen::identity(ca, &holder, specimen::today())
}

impl Scene {
    /// Two unlockings and what else happened: seven entries, a head at the fifth.
    fn new() -> Self {
        let now = Clock::system().wall();
        let gateway = gateway(&specimen::hotel("seaside"));
        let key = Key::generate();
        let (one, two) = (intent(&key, now), intent(&key, now));
        let facts = [
            one.clone(),
            moved(1),
            outcome(&one),
            moved(2),
            two.clone(),
            moved(3),
            outcome(&two),
        ];
        let entries = chain(now, facts);
        let heads = vec![head(&gateway, 5_u32.into(), entries[4].sha256, now)];
        Self {
            gateway,
            entries,
            heads,
            now,
        }
    }

    fn verify(&self, anchors: &[Head]) -> Result<Sound, Broken> {
        let verifier = Verifier::of(&self.gateway);
        verify(&property(), &verifier, &self.entries, &self.heads, anchors)
    }

    /// The end of the trail as it is, kept elsewhere.
    fn anchor(&self) -> Head {
        let last = self.entries.last().unwrap();
        let seq = last.read().unwrap().seq;
        head(&self.gateway, seq, last.sha256, self.now)
    }
}

fn chain(now: Integer, facts: impl IntoIterator<Item = Fact>) -> Vec<Entry> {
    let mut last = (Integer::default(), BEGINNING);
    let link = |fact| {
        let next = entry(last, now, fact);
        last = (last.0.next(), next.sha256);
        next
    };
    facts.into_iter().map(link).collect()
}

// iot-gateway-9.1
#[test]
fn a_trail_that_nobody_touched_is_sound() {
    let scene = Scene::new();
    let sound = scene.verify(&[scene.anchor()]).unwrap();
    let expected = Sound {
        entries: 7,
        heads: 1,
        anchors: 1,
        unsigned: 2,
        open: 0,
    };
    assert_eq!(sound, expected);
}

// iot-gateway-9.2
#[test]
fn an_edited_entry_is_found() {
    for place in 0..7 {
        let mut scene = Scene::new();
        scene.entries[place].body["at"] = json!(1);
        let broken = scene.verify(&[]).unwrap_err();
        assert!(matches!(broken, Broken::Link { seq } if seq.value() == place as u64 + 1));
    }
}

// iot-gateway-9.2
#[test]
fn a_deleted_an_added_and_a_moved_entry_are_found() {
    let mut scene = Scene::new();
    scene.entries.remove(3);
    assert!(matches!(scene.verify(&[]), Err(Broken::Gap { .. })));
    let mut scene = Scene::new();
    let twice = scene.entries[3].clone();
    scene.entries.insert(3, twice);
    assert!(matches!(scene.verify(&[]), Err(Broken::Gap { .. })));
    let mut scene = Scene::new();
    scene.entries.swap(3, 5);
    assert!(matches!(scene.verify(&[]), Err(Broken::Gap { .. })));
}

// iot-gateway-9.3
#[test]
fn a_trail_that_was_cut_off_is_found_by_its_heads_or_by_an_anchor() {
    let mut scene = Scene::new();
    let anchor = scene.anchor();
    scene.entries.truncate(6);
    scene.verify(&[]).unwrap();
    assert!(matches!(
        scene.verify(&[anchor]),
        Err(Broken::CutOff { .. })
    ));
    scene.entries.truncate(4);
    assert!(matches!(scene.verify(&[]), Err(Broken::CutOff { .. })));
    // Heads and all.
    scene.heads.clear();
    scene.verify(&[]).unwrap();
}

// iot-gateway-9.3
#[test]
fn a_trail_that_was_written_anew_with_the_gateways_own_key_is_found_by_an_anchor() {
    let mut scene = Scene::new();
    let anchor = scene.anchor();
    scene.entries = chain(scene.now, (0..9).map(moved));
    let fifth = scene.entries[4].sha256;
    scene.heads = vec![head(&scene.gateway, 5_u32.into(), fifth, scene.now)];
    scene.verify(&[]).unwrap();
    let broken = scene.verify(&[anchor]).unwrap_err();
    assert!(matches!(broken, Broken::Rewritten { seq } if seq.value() == 7));
}

// iot-gateway-9.3
#[test]
fn a_head_of_anybody_else_is_found() {
    let mut scene = Scene::new();
    let ca = specimen::hotel("seaside");
    let foreign = gateway(&ca);
    scene.heads[0] = head(&foreign, 5_u32.into(), scene.entries[4].sha256, scene.now);
    assert!(matches!(scene.verify(&[]), Err(Broken::Signer { .. })));
    let uplink = specimen::identity(
        &ca,
        &specimen::component(Component::Uplink),
        specimen::today(),
    );
    scene.gateway = foreign;
    scene.heads[0] = head(&uplink, 5_u32.into(), scene.entries[4].sha256, scene.now);
    let broken = scene.verify(&[]).unwrap_err();
    assert!(matches!(broken, Broken::NotTheGateways { .. }));
}

// iot-gateway-9.4
#[test]
fn an_intent_that_its_people_did_not_sign_is_found() {
    let mut scene = Scene::new();
    let Fact::Intent(mut forged) = intent(&Key::generate(), scene.now) else {
        panic!("it is an intent")
    };
    forged.device = "room-102-lock".parse().unwrap();
    scene.heads.clear();
    scene.entries = chain(scene.now, [Fact::Intent(forged)]);
    assert!(matches!(scene.verify(&[]), Err(Broken::People { .. })));
}

#[test]
fn an_intent_without_an_outcome_is_counted() {
    let mut scene = Scene::new();
    scene.entries = chain(scene.now, [intent(&Key::generate(), scene.now), moved(1)]);
    scene.heads.clear();
    assert_eq!(scene.verify(&[]).unwrap().open, 1);
}

#[test]
fn members_of_a_later_release_stay_in_the_chain() {
    let mut scene = Scene::new();
    scene.heads.clear();
    let mut last = BEGINNING;
    for entry in &mut scene.entries {
        entry
            .body
            .insert("mood".to_owned(), json!({ "b": [1, null], "a": "é\n" }));
        entry.sha256 = link(&last, &entry.body);
        last = entry.sha256;
    }
    scene.verify(&[]).unwrap();
    scene.entries[2].body.remove("mood");
    assert!(matches!(scene.verify(&[]), Err(Broken::Link { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    // iot-gateway-9.2
    #[test]
    fn no_bit_of_a_trail_can_be_turned(place in 0..7_usize, at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let mut scene = Scene::new();
        let mut text = canonical(&scene.entries[place].body);
        let at = at.index(text.len());
        text[at] ^= 1 << bit;
        if let Ok(body) = serde_json::from_slice::<Map<String, Value>>(&text)
            && body != scene.entries[place].body
        {
            scene.entries[place].body = body;
            prop_assert!(scene.verify(&[]).is_err());
        }
    }
}
