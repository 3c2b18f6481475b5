//! An authority that dies at named points: what it answered stands, and no list has a lower number.

use hotel_tests::faults::{Chance, rounds, seeds};
use hotel_tests::points::{Blow, Points, shuffled};
use kit::bus::{RequestError, Subscription};
use kit::fault::Point;
use kit::ids;
use wire::{Integer, RequestId, SittingId};

use super::*;

const POINTS: &[Point] = &[
    Point::AuthorityChangesWritten,
    Point::AuthorityChangesKept,
    Point::AuthorityLeafSigned,
    Point::AuthorityListNumbered,
];

/// How long somebody waits who may be asking the dead.
const SOON: Duration = Duration::from_secs(2);

/// A hotel, and those who ask its authority.
struct Scene {
    hotel: Hotel,
    points: Points,
    operator: Client,
    console: Client,
    lists: Subscription,
    /// The highest list that was seen.
    number: Integer,
    /// Sittings whose end was confirmed.
    closed: Vec<SittingId>,
}

impl Scene {
    async fn new() -> Self {
        let (hotel, points) = Hotel::up_armed(PARTS, &["authority"]);
        ready(&hotel).await;
        let (operator, console) = (hotel.client("edgectl").await, hotel.client("console").await);
        let lists = revocations(&console.bus).await;
        Self {
            hotel,
            points,
            operator,
            console,
            lists,
            number: Integer::default(),
            closed: Vec::new(),
        }
    }

    async fn ask<A: serde::de::DeserializeOwned>(
        &self,
        asker: &Client,
        id: RequestId,
        operation: &str,
        body: Value,
    ) -> Result<A, RequestError> {
        let operation = operation.parse().unwrap();
        let bus = &asker.bus;
        bus.request_as(id, Component::Authority, &operation, body, SOON)
            .await
    }

    /// Asks until there is an answer, under the same name.
    async fn insist<A: serde::de::DeserializeOwned>(
        &self,
        asker: &Client,
        operation: &str,
        body: Value,
    ) -> A {
        let id = ids::new(Clock::system().wall());
        eventually("the authority answers", 2 * LIMIT, || async {
            let answer = self.ask(asker, id, operation, body.clone());
            answer.await.ok()
        })
        .await
    }

    /// A party sits down, one of it scans the code, a leaf is renewed, the party leaves.
    async fn evening(&mut self, table: &str) {
        let (operator, console) = (&self.operator, &self.console);
        let open: Sitting = self
            .insist(operator, OPEN_SITTING, json!({ "table": table }))
            .await;
        let (page, name) = (Key::generate(), table.parse().unwrap());
        let key = page.public_key();
        let wish = MintGuest {
            table: name,
            key,
            proof: page.sign(&proof(label::GUEST, &[table.as_bytes(), &key.0])),
        };
        let wish = serde_json::to_value(wish).unwrap();
        let _minted: Minted = self.insist(console, MINT_GUEST, wish).await;
        let id = ids::new(Clock::system().wall());
        let csr = json!({ "csr": Key::generate().signing_request().unwrap() });
        // Whoever gets no leaf asks anew; nothing of the first is left.
        drop(self.ask::<Leaf>(console, id, RENEW_LEAF, csr).await);
        let sitting = open.sitting;
        let closed: Sitting = self
            .insist(operator, CLOSE_SITTING, json!({ "sitting": sitting }))
            .await;
        assert_eq!((closed.sitting, closed.open), (sitting, false));
        self.closed.push(sitting);
    }

    /// Reads lists until one refuses everything that ended; none has a lower number than the one before.
    async fn lists_go_on(&mut self) {
        let wanted = self.closed.last().copied();
        loop {
            let delivery = next(&mut self.lists).await;
            let signed: SignedRevocations = wire::decode(&delivery.body).unwrap();
            delivery.acknowledge();
            let list = verifier(&self.hotel)
                .revocations(&signed.list, Clock::system().wall())
                .unwrap();
            let (before, now) = (self.number, list.number);
            assert!(now >= before, "list {now} after {before}");
            self.number = now;
            if wanted.is_none_or(|sitting| list.sittings.contains(&sitting)) {
                return;
            }
        }
    }
}

// authority-4.1, authority-5.1, authority-6.2
#[tokio::test]
async fn an_authority_that_dies_at_any_point_keeps_its_word_and_the_order_of_its_lists() {
    for seed in seeds(1, 10) {
        let mut chance = Chance::of(seed);
        let mut scene = Scene::new().await;
        let mut table = 0;
        for _ in 0..rounds(1, 4) {
            for point in shuffled(&mut chance, POINTS) {
                let before = scene.hotel.part("authority").and_then(|part| part.pid);
                scene.points.arm(point, Blow::Kill, 1);
                let points = scene.points.clone();
                points
                    .struck(point, async || {
                        table += 1;
                        scene.evening(&format!("t-{table}")).await;
                    })
                    .await;
                let hotel = &scene.hotel;
                hotel.recovers("authority", Blow::Kill, before).await;
                scene.lists_go_on().await;
            }
        }
        let listed = scene.hotel.edgectl(&["sitting", "list"]);
        assert!(!listed.contains("t-"), "{listed}");
        report(seed, &scene);
        scene.operator.end().await;
        scene.console.end().await;
    }
}

#[expect(clippy::print_stderr, reason = "a seed is for whoever plays it again")]
fn report(seed: u32, scene: &Scene) {
    let (evenings, number) = (scene.closed.len(), scene.number);
    eprintln!("HOTEL_SEED={seed}: {evenings} evenings, list {number}");
}
