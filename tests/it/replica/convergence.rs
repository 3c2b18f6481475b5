//! Two boxes of a property and the hub, through everything that can happen between them: cut
//! lines, kills, clocks that are wrong, batches that come twice or late. In the end all three
//! databases hold the same.

use std::fs;
use std::process::{Child, Stdio};

use hotel_tests::cable::Cable;
use hotel_tests::faults::{Chance, seeds};
use hotel_tests::hotel::artifacts;

use super::*;

/// Steps of one seed.
const STEPS: u32 = 24;
/// Rows that all sites write.
const ROOMS: u32 = 4;

/// The second box: the program of the first with a database, a line and a name of its own.
struct SecondBox {
    configuration: std::path::PathBuf,
    process: Child,
}

impl SecondBox {
    async fn start(hotel: &Hotel, hub: &Cable) -> Self {
        let database = hotel.database("postgres");
        sqlx::raw_sql("CREATE DATABASE second")
            .execute(&database)
            .await
            .unwrap();
        let first = &hotel.places.configurations["replica-sync"];
        let mut second: Value = serde_json::from_slice(&fs::read(first).unwrap()).unwrap();
        second["box"] = json!("second-box");
        second["database"]["name"] = json!("second");
        second["hub"]["url"] = json!(format!("https://{}", hub.address()));
        second["data_dir"] = json!(hotel.dir().join("data/second-box"));
        for listener in ["listener", "admin"] {
            second[listener]["port"] = json!("0");
        }
        // One client of a name is on the bus, and that is the first box.
        second["broker"]["port"] = json!("1");
        let configuration = hotel.dir().join("second-box.json");
        fs::write(&configuration, second.to_string()).unwrap();
        let process = run(&configuration);
        Self {
            configuration,
            process,
        }
    }

    fn kill_and_start(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = run(&self.configuration);
    }
}

impl Drop for SecondBox {
    fn drop(&mut self) {
        // It may have ended with the test that failed.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn run(configuration: &std::path::Path) -> Child {
    Command::new(artifacts().join("replica-sync"))
        .env_clear()
        .env("HOTEL_CONFIG", configuration)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The three sites and the lines between them.
struct World {
    hotel: Hotel,
    sites: [PgPool; 3],
    lines: [Cable; 2],
    second: SecondBox,
}

impl World {
    async fn new() -> Self {
        let hotel = Hotel::up(WITH_HUB);
        ready(&hotel, WITH_HUB.only).await;
        let hub: Value = serde_json::from_slice(
            &fs::read(&hotel.places.configurations["replica-sync"]).unwrap(),
        )
        .unwrap();
        let hub = hub["hub"]["url"]
            .as_str()
            .unwrap()
            .trim_start_matches("https://");
        let (host, port) = hub.split_once(':').unwrap();
        let hub = kit::config::Address {
            host: host.to_owned(),
            port: port.parse().unwrap(),
        };
        let lines = [Cable::to(&hub).await, Cable::to(&hub).await];
        let url = format!("https://{}", lines[0].address());
        hotel.reconfigure("replica-sync", "/hub/url", url);
        hotel.reconfigure("replica-sync", "/hub/gather_ms", "50");
        hotel.kill_and_wait("replica-sync").await;
        let second = SecondBox::start(&hotel, &lines[1]).await;
        let first = hotel.database("postgres");
        let options = (*first.connect_options()).clone().database("second");
        let sites = [
            first,
            PgPool::connect_lazy_with(options),
            hotel.database("hub-postgres"),
        ];
        let world = Self {
            hotel,
            sites,
            lines,
            second,
        };
        eventually("the second box has its tables", LIMIT, || async {
            let there =
                sqlx::query_scalar::<_, bool>("SELECT to_regclass('hotel.rooms') IS NOT NULL");
            let there = there.fetch_one(&world.sites[1]).await.ok()?;
            there.then_some(())
        })
        .await;
        world
    }

    /// Something happens.
    async fn step(&mut self, seed: u32, chance: &mut Chance) {
        let site = &self.sites[usize::try_from(chance.below(3)).unwrap()];
        let id = format!("{seed}-{}", chance.below(ROOMS));
        let number = chance.below(1_000);
        match chance.below(16) {
            0..=2 => self.write(site, INSERT, &id, number).await,
            3..=5 => self.write(site, "UPDATE hotel.rooms SET note = $4 WHERE tenant = $1 AND property = $2 AND id = $3", &id, number).await,
            6..=8 => self.write(site, "UPDATE hotel.rooms SET type = $4 WHERE tenant = $1 AND property = $2 AND id = $3", &id, number).await,
            9 => self.write(site, "DELETE FROM hotel.rooms WHERE tenant = $1 AND property = $2 AND id = $3 AND $4 <> ''", &id, number).await,
            10 => self.lie(chance, &id).await,
            11 => self.lines[usize::try_from(chance.below(2)).unwrap()].cut(),
            12 => self.lines[usize::try_from(chance.below(2)).unwrap()].mend(),
            13 => self.hotel.kill("hub").await,
            14 => self.hotel.kill("replica-sync").await,
            _ => self.second.kill_and_start(),
        }
    }

    async fn write(&self, site: &PgPool, sql: &'static str, id: &str, number: u32) {
        sqlx::query(sql)
            .bind(self.hotel.places.tenant.as_str())
            .bind(self.hotel.places.property.as_str())
            .bind(id)
            .bind(number.to_string())
            .execute(site)
            .await
            .unwrap();
    }

    /// The second box writes with a clock that is wrong, by up to three minutes.
    async fn lie(&self, chance: &mut Chance, id: &str) {
        let ms = i64::from(chance.below(360_000)) - 180_000;
        let mut transaction = self.sites[1].begin().await.unwrap();
        let written = sqlx::query("UPDATE hotel.rooms SET note = $2 WHERE id = $1")
            .bind(id)
            .bind(format!("{ms} ms"))
            .execute(&mut *transaction)
            .await
            .unwrap();
        if written.rows_affected() > 0 {
            sqlx::query(
                "UPDATE sync.row_state SET top = top + ($2::bigint << 15), versions = (
                    SELECT jsonb_object_agg(k,
                        (split_part(v, '.', 1)::bigint + ($2::bigint << 15)) || '.' || split_part(v, '.', 2))
                    FROM jsonb_each_text(versions) AS e (k, v))
                 WHERE id = $1 AND versions <> '{}'",
            )
            .bind(id)
            .bind(ms)
            .execute(&mut *transaction)
            .await
            .unwrap();
        }
        transaction.commit().await.unwrap();
    }

    async fn settle(&self, seed: u32) {
        for line in &self.lines {
            line.mend();
        }
        let [first, second, hub] = &self.sites;
        let what = format!("seed {seed}: three databases are the same");
        eventually(&what, LIMIT, || async {
            let hub = states(hub).await;
            (states(first).await == hub && states(second).await == hub).then_some(())
        })
        .await;
    }
}

const INSERT: &str =
    "INSERT INTO hotel.rooms (tenant, property, id, number) VALUES ($1, $2, $3, $4)
    ON CONFLICT (tenant, id) DO UPDATE SET occupied = NOT hotel.rooms.occupied";

// replica-sync-3.1, replica-sync-5.1, replica-sync-5.2, replica-sync-5.5, replica-sync-6.1
#[tokio::test]
async fn two_boxes_and_the_hub_are_the_same_after_whatever_happened() {
    let mut world = World::new().await;
    for seed in seeds(10, 50) {
        let mut chance = Chance::of(seed);
        for _ in 0..STEPS {
            world.step(seed, &mut chance).await;
        }
        world.settle(seed).await;
    }
    let [_, _, hub] = &world.sites;
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM hotel.rooms")
        .fetch_one(hub)
        .await
        .unwrap();
    assert!(rows > 0, "nothing was ever written");
}
