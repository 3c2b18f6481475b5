use time::Duration as Days;
use wire::credential::{REVOCATIONS_MAX, REVOCATIONS_TYPE};
use wire::{Principal, Version};

use super::*;
use crate::ca::specimen::{component, hotel, identity, today};
use crate::credential::sign_token;
use crate::ids;

const DAY: Duration = Duration::from_hours(24);

/// A component that hears lists, with a clock and a disk of its own.
struct Ear {
    authority: Identity,
    clock: Clock,
    disk: tempfile::TempDir,
    follower: Follower,
}

impl Ear {
    fn new() -> Self {
        let ca = hotel("seaside");
        let authority = identity(&ca, &component(Component::Authority), today());
        let disk = tempfile::tempdir().unwrap();
        let clock = Clock::manual(Clock::system().wall());
        let own = identity(&ca, &component(Component::Signaling), today());
        let follower = follower(&disk, &own, &clock);
        Self {
            authority,
            clock,
            disk,
            follower,
        }
    }

    /// Hears a list of the authority; whether it counts now.
    async fn hears(&mut self, list: &Revocations) -> bool {
        let body = signed(&self.authority, list);
        self.hears_body(&body, list).await
    }

    async fn hears_body(&mut self, body: &[u8], list: &Revocations) -> bool {
        self.follower.hear(body).await;
        *self.follower.refusals.changed().borrow() == *list
    }

    fn list(&self, number: u32, principals: &[&str]) -> Revocations {
        Revocations {
            number: number.into(),
            iat: Integer::new(self.clock.wall().value() / 1_000).unwrap(),
            principals: principals.iter().map(|id| id.parse().unwrap()).collect(),
            ..Revocations::default()
        }
    }
}

fn follower(disk: &tempfile::TempDir, own: &Identity, clock: &Clock) -> Follower {
    Follower {
        file: disk.path().join(FILE),
        identity: watch::channel(Arc::new(own.clone())).1,
        refusals: Refusals::default(),
        clock: clock.clone(),
        since: clock.wall(),
        stale: false,
    }
}

fn signed(signer: &Identity, list: &Revocations) -> Vec<u8> {
    let list = sign_token(signer, REVOCATIONS_TYPE, list);
    wire::encode(&SignedRevocations { v: Version, list })
}

// authority-5.5
#[tokio::test]
async fn what_is_not_the_authoritys_newest_list_changes_nothing() {
    let mut ear = Ear::new();
    let good = ear.list(7, &["lost-tablet"]);
    assert!(ear.hears(&good).await);
    assert!(!ear.hears(&ear.list(6, &[])).await, "older");

    let newer = ear.list(8, &[]);
    let elsewhere = hotel("hilltop");
    let other = identity(&elsewhere, &component(Component::Authority), today());
    let twin = identity(&hotel("seaside"), &component(Component::Authority), today());
    let lapsed = today() - Days::days(95);
    let ca = hotel("seaside");
    let console = identity(&ca, &component(Component::Console), today());
    for signer in [
        &other,
        &twin,
        &console,
        &identity(&ca, &component(Component::Authority), lapsed),
    ] {
        let body = signed(signer, &newer);
        assert!(ear.hears_body(&body, &good).await, "{:?}", signer.spiffe);
    }

    let body = signed(&ear.authority, &newer);
    for place in [20, body.len() / 2, body.len() - 20] {
        let mut forged = body.clone();
        forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
        assert!(ear.hears_body(&forged, &good).await, "letter {place}");
    }
    for body in [&b""[..], b"soup", b"{}", b"{\"v\":1,\"list\":\"\"}"] {
        assert!(ear.hears_body(body, &good).await);
    }
    assert!(ear.hears(&newer).await, "the next one counts");
}

// authority-5.5
#[tokio::test]
async fn a_flood_of_wrong_lists_does_not_hide_the_right_one() {
    let mut ear = Ear::new();
    let console = identity(&hotel("seaside"), &component(Component::Console), today());
    let wrong = signed(&console, &ear.list(9_999, &[]));
    let old = signed(&ear.authority, &ear.list(1, &[]));
    for _ in 0..500 {
        ear.follower.hear(&wrong).await;
        ear.follower.hear(&old).await;
    }
    assert!(ear.hears(&ear.list(2, &["lost-tablet"])).await);
}

// authority-5.6, iot-gateway-8.13
#[tokio::test]
async fn the_last_list_is_there_after_a_restart() {
    let mut ear = Ear::new();
    let list = ear.list(7, &["lost-tablet"]);
    assert!(ear.hears(&list).await);

    let mut again = follower(&ear.disk, &ear.authority, &ear.clock);
    again.take_up().await;
    assert_eq!(*again.refusals.changed().borrow(), list);
    // An older one that is told again does not undo it.
    again.hear(&signed(&ear.authority, &ear.list(6, &[]))).await;
    assert_eq!(*again.refusals.changed().borrow(), list);
}

#[tokio::test]
async fn a_file_that_is_no_list_is_left_alone() {
    let mut ear = Ear::new();
    for text in ["soup".to_owned(), " ".repeat(300 * 1_024)] {
        std::fs::write(ear.disk.path().join(FILE), text).unwrap();
        ear.follower.take_up().await;
        let none = Revocations::default();
        assert_eq!(*ear.follower.refusals.changed().borrow(), none);
    }
}

// authority-5.6
#[tokio::test]
async fn a_list_that_nobody_signs_anew_stays_in_use_with_an_alarm() {
    let mut ear = Ear::new();
    ear.follower.look();
    assert!(!ear.follower.stale, "the first list is waited for");
    let list = ear.list(7, &["lost-tablet"]);
    assert!(ear.hears(&list).await);
    ear.clock.advance(DAY);
    ear.follower.look();
    assert!(!ear.follower.stale, "an authority may be away for a day");
    ear.clock.advance(2 * DAY + Duration::from_mins(1));
    ear.follower.look();
    assert!(ear.follower.stale);
    assert_eq!(*ear.follower.refusals.changed().borrow(), list);

    // The same list, signed anew, ends the alarm.
    assert!(ear.hears(&ear.list(7, &["lost-tablet"])).await);
    ear.follower.look();
    assert!(!ear.follower.stale);
}

// authority-5.7
#[tokio::test]
async fn a_list_as_long_as_any_is_read_and_a_longer_one_is_not() {
    let mut ear = Ear::new();
    let longest = |number: u32, count: u32| {
        let name = |n: u32| -> Principal { format!("{n:0>40}").parse().unwrap() };
        Revocations {
            principals: (0..count).map(name).collect(),
            sittings: (0..count)
                .map(|_| ids::new(Clock::system().wall()))
                .collect(),
            ..ear.list(number, &[])
        }
    };
    let list = longest(7, 900);
    let too_long = longest(8, 1_001);
    let body = signed(&ear.authority, &list);
    assert!(body.len() < REVOCATIONS_MAX, "{}", body.len());
    assert!(ear.hears_body(&body, &list).await);
    assert!(
        ear.hears_body(&signed(&ear.authority, &too_long), &list)
            .await
    );
}
