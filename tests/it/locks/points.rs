//! A gateway that dies at named points of a wish's way: no door opens twice, no command is said again,
//! the trail is sound.

use hotel_tests::client::Client;
use hotel_tests::faults::rounds;
use hotel_tests::points::{Blow, Points, shuffled};
use kit::fault::Point;
use wire::gateway::{COMMAND, Desired, SET_DESIRED};

use super::*;

const GATEWAY: &str = "iot-gateway";
const THERMOSTAT: &str = "room-101-thermostat";
/// How long somebody waits who may be asking the dead.
const SOON: Duration = Duration::from_secs(3);
/// Entries after which the end of the trail is signed.
const ENTRIES: u32 = 64;

/// A gateway that can be struck, and everything that was wanted of it.
struct Wishes {
    scene: Scene,
    points: Points,
    operator: Client,
    /// Petitions for the bolt.
    carried: Vec<Petition>,
    /// What the thermostat shall hold.
    target: f64,
}

impl Wishes {
    async fn new() -> Self {
        let plan = Plan {
            rooms: 1,
            only: PARTS,
        };
        let (hotel, points) = Hotel::up_armed(plan, &[GATEWAY]);
        let scene = Scene::of(hotel, 1).await;
        let operator = scene.hotel.client("edgectl").await;
        Self {
            scene,
            points,
            operator,
            carried: Vec::new(),
            target: 16.0,
        }
    }

    /// Leads the gateway past a point.
    async fn wish(&mut self, point: Point) {
        match point {
            Point::GatewayDesiredKept => {
                self.target = if self.target < 25.0 {
                    self.target + 0.5
                } else {
                    16.0
                };
                drop(self.set().await);
            }
            Point::GatewayCommandKept => {
                let body = json!({ "device": THERMOSTAT, "operation": "identify" });
                drop(self.ask::<Executed>(COMMAND, body).await);
            }
            Point::GatewayHeadSigned | Point::GatewayHeadKept => {
                let late = Clock::system().wall();
                for _ in 0..=ENTRIES {
                    let late = petition(&self.scene.desk, LOCK, "unlock", late);
                    if !self.points.is_armed(point) {
                        return;
                    }
                    drop(timeout(SOON, self.scene.try_carry(&late)).await);
                }
            }
            _ => {
                let wanted = petition(&self.scene.desk, LOCK, "unlock", soon());
                self.carried.push(wanted.clone());
                drop(timeout(SOON, self.scene.try_carry(&wanted)).await);
            }
        }
    }

    async fn set(&self) -> Result<Desired, RequestError> {
        let body = json!({ "device": THERMOSTAT, "state": { "target_celsius": self.target } });
        self.ask(SET_DESIRED, body).await
    }

    async fn ask<A: serde::de::DeserializeOwned>(
        &self,
        operation: &str,
        body: Value,
    ) -> Result<A, RequestError> {
        let operation = operation.parse().unwrap();
        let bus = &self.operator.bus;
        bus.request(Component::IotGateway, &operation, body, SOON)
            .await
    }

    /// What was wanted is as it should be, whoever was told what.
    async fn judge(&self) {
        // Whoever asks again is told how the first one ended, or that nobody knows.
        for petition in self.carried.iter().rev().take(3) {
            if let Ok(executed) = self.scene.try_carry(petition).await {
                let known = [Outcome::Succeeded, Outcome::TimedOut];
                assert!(known.contains(&executed.outcome), "{executed:?}");
            }
        }
        let moved = self.scene.moved().await;
        assert!(moved.values().all(|times| *times == 1), "{moved:?}");
        let wanted: BTreeSet<_> = self.carried.iter().map(|wanted| wanted.execution).collect();
        assert!(moved.keys().all(|execution| wanted.contains(execution)));
        eventually("the thermostat does what was wanted", LIMIT, || async {
            self.set().await.ok()?;
            let state = ["gateway", "state", THERMOSTAT, "--json"];
            let state = self.scene.hotel.try_edgectl(&state).stdout;
            let state: DeviceState = serde_json::from_slice(&state).ok()?;
            let is_done = state.delta.0.is_empty();
            (is_done && state.reported.0.get("target_celsius")? == &json!(self.target))
                .then_some(())
        })
        .await;
        let sound = self.scene.hotel.edgectl(&["audit", "verify"]);
        assert!(sound.contains(" 0 without an outcome"), "{sound}");
    }
}

const WAY: &[(Point, u32)] = &[
    (Point::GatewayDesiredKept, 1),
    // When it is sent, and when it ended.
    (Point::GatewayCommandKept, 2),
    (Point::GatewayEntryKept, 2),
    (Point::GatewayHeadSigned, 1),
    (Point::GatewayHeadKept, 1),
];

// iot-gateway-8.8, iot-gateway-9.5, iot-gateway-7.1
#[tokio::test]
async fn a_gateway_that_dies_at_any_point_opens_nothing_twice_and_leaves_a_sound_trail() {
    for seed in seeds(1, 10) {
        let mut chance = Chance::of(seed);
        let mut wishes = Wishes::new().await;
        for _ in 0..rounds(1, 2) {
            for (point, passes) in shuffled(&mut chance, WAY) {
                let at = 1 + chance.below(passes);
                report(seed, point, at);
                let before = wishes.scene.hotel.part(GATEWAY).and_then(|part| part.pid);
                let points = wishes.points.clone();
                points.arm(point, Blow::Kill, at);
                points
                    .struck(point, async || wishes.wish(point).await)
                    .await;
                let hotel = &wishes.scene.hotel;
                hotel.recovers(GATEWAY, Blow::Kill, before).await;
                wishes.scene.locks_are_online(1).await;
                wishes.judge().await;
            }
        }
        wishes.scene.hotel.states_are_true().await;
        wishes.operator.end().await;
    }
}

#[expect(clippy::print_stderr, reason = "a seed is for whoever plays it again")]
fn report(seed: u32, point: Point, at: u32) {
    eprintln!("HOTEL_SEED={seed}: {} at pass {at}", point.name());
}
