//! The database is backed up, reaches the cloud sealed, and comes back row for row.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hotel_tests::disk::SmallDisk;
use hotel_tests::hotel::LIMIT;
use hotel_tests::{Hotel, Plan, eventually};
use kit::bus::RequestError;
use kit::clock::Clock;
use kit::digest::sha256;
use replica_sync::archive::{Sealing, Secret, open};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};
use wire::uplink::{FILE, File, Filed};
use wire::{Code, Component, Integer, Problem};

use super::replica::ready;

/// A hotel with its database and its way to the cloud.
const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &[
        "broker",
        "authority",
        "postgres",
        "replica-sync",
        "uplink",
        "s3",
    ],
};

/// How long somebody who may not ask waits for an answer that does not come.
const DENIED: Duration = Duration::from_secs(5);

/// More than one part of an upload, also when it is compressed.
const MANY: u32 = 9_000;

async fn up() -> Hotel {
    let hotel = Hotel::up(PARTS);
    // No night begins while a test runs.
    hotel.reconfigure("replica-sync", "/backup/at", in_minutes(12 * 60));
    hotel.kill_and_wait("replica-sync").await;
    ready(&hotel, PARTS.only).await;
    hotel
}

/// The time of day in so many minutes.
fn in_minutes(minutes: u64) -> String {
    let minutes = Clock::system().wall().value() / 60_000 + minutes;
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

async fn write(hotel: &Hotel, sql: String) {
    let database = hotel.database("postgres");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&database)
        .await
        .unwrap();
}

fn rooms(hotel: &Hotel, from: u32, to: u32) -> String {
    let (tenant, property) = (&hotel.places.tenant, &hotel.places.property);
    format!(
        "INSERT INTO hotel.rooms (tenant, property, id, number)
         SELECT '{tenant}', '{property}', 'b-' || n, n::text FROM generate_series({from}, {to}) n"
    )
}

/// Messages that hardly compress.
fn noise(hotel: &Hotel) -> String {
    let (tenant, property) = (&hotel.places.tenant, &hotel.places.property);
    format!(
        "INSERT INTO hotel.messages (tenant, property, id, text, at)
         SELECT '{tenant}', '{property}', 'n-' || n,
            (SELECT string_agg(gen_random_uuid()::text, '') FROM generate_series(1, 55)
             WHERE n IS NOT NULL), n
         FROM generate_series(1, {MANY}) n"
    )
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn back_up(hotel: &Hotel) -> Value {
    json(&hotel.edgectl(&["backup", "now", "--json"]))
}

fn listed(hotel: &Hotel) -> Vec<Value> {
    let listed = hotel.try_edgectl(&["backup", "list", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap_or_default();
    listed.as_array().cloned().unwrap_or_default()
}

fn files(hotel: &Hotel) -> Value {
    json(&hotel.edgectl(&["uplink", "stat", "--json"]))["files"].clone()
}

/// Waits until a backup is in the cloud and has left the box.
async fn in_the_cloud(hotel: &Hotel, name: &str) -> Value {
    let found = eventually(&format!("{name} is in the cloud"), LIMIT, || async {
        listed(hotel)
            .into_iter()
            .find(|stored| stored["name"] == name)
    })
    .await;
    eventually("the box has handed it over", LIMIT, || async {
        (handed(hotel).is_empty() && files(hotel)["waiting"] == 0).then_some(())
    })
    .await;
    found
}

/// What lies in the directory of the hand-over.
fn handed(hotel: &Hotel) -> Vec<String> {
    let names = fs::read_dir(hotel.dir().join("handover"))
        .into_iter()
        .flatten();
    names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn drill(hotel: &Hotel, arguments: &[&str]) -> Output {
    hotel.try_edgectl(&[&["backup", "drill"][..], arguments].concat())
}

#[track_caller]
fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

// replica-sync-8.2, replica-sync-8.3, replica-sync-8.7, uplink-7.1, uplink-7.6
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_writers_write_comes_back_row_for_row() {
    let hotel = up().await;
    write(&hotel, rooms(&hotel, 1, 500)).await;
    let (ends, written) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let writer = {
        let (ends, written) = (Arc::clone(&ends), Arc::clone(&written));
        let database = hotel.database("postgres");
        tokio::spawn(async move {
            while !ends.load(Ordering::Relaxed) {
                let sql = "UPDATE hotel.rooms SET note = gen_random_uuid()::text
                    WHERE id = 'b-' || (random() * 499 + 1)::int";
                sqlx::query(sql).execute(&database).await.unwrap();
                written.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    eventually("the writer writes", LIMIT, || async {
        (written.load(Ordering::Relaxed) > 20).then_some(())
    })
    .await;
    let before = written.load(Ordering::Relaxed);
    let made = tokio::task::block_in_place(|| back_up(&hotel));
    let meanwhile = written.load(Ordering::Relaxed) - before;
    ends.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    assert!(
        meanwhile > 0,
        "nobody could write while the backup was made"
    );

    let name = made["name"].as_str().unwrap();
    let stored = in_the_cloud(&hotel, name).await;
    assert_eq!(stored["bytes"], made["bytes"]);
    let proved = drill(&hotel, &["--json"]);
    assert!(proved.status.success(), "{}", said(&proved));
    let report = json(&String::from_utf8(proved.stdout).unwrap());
    assert_eq!(report["differences"], serde_json::json!([]), "{report}");
    assert_eq!(
        (&report["name"], &report["rows"]),
        (&made["name"], &made["rows"])
    );
    let tables = report["contents"]["tables"].as_array().unwrap();
    let of = |name| tables.iter().find(|table| table["table"] == name).unwrap();
    assert_eq!(of("hotel.rooms")["rows"], 500);
    assert!(
        of("sync.row_state")["rows"].as_u64().unwrap() >= 500,
        "{report}"
    );
    assert_eq!(files(&hotel)["uploaded"], 1);

    let into = hotel.dir().join("restored");
    fs::create_dir(&into).unwrap();
    hotel.edgectl(&["backup", "restore", "--into", into.to_str().unwrap()]);
    for inside in ["run", "cluster"] {
        let found = fs::metadata(into.join(inside)).unwrap();
        assert_eq!(found.mode() & 0o777, 0o700, "{inside}");
    }
}

// replica-sync-8.4, replica-sync-8.7
#[tokio::test]
async fn another_key_a_changed_object_and_other_rows_are_told() {
    let hotel = up().await;
    write(&hotel, rooms(&hotel, 1, 20)).await;
    let made = back_up(&hotel);
    let stored = in_the_cloud(&hotel, made["name"].as_str().unwrap()).await;
    let file = hotel.dir().join("fetched.age");
    let path = file.to_str().unwrap();
    hotel.edgectl(&["backup", "fetch", "--to", path]);

    let other = hotel.dir().join("other.key");
    let other = other.to_str().unwrap();
    let run = |arguments: &[&str]| {
        let edgectl = hotel_tests::hotel::artifacts().join("edgectl");
        Command::new(edgectl).args(arguments).output().unwrap()
    };
    let key = run(&["backup", "key", "new", other]);
    assert!(said(&key).starts_with("age1"), "{}", said(&key));
    let refused = drill(&hotel, &["--identity", other]);
    assert!(!refused.status.success());
    assert!(
        said(&refused).contains("not sealed for this key"),
        "{}",
        said(&refused)
    );

    let lying = lie(&hotel, &file);
    let told = drill(&hotel, &["--from", lying.to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(1), "{}", said(&told));
    assert!(
        said(&told).contains("hotel.rooms has 20 rows instead of 21"),
        "{}",
        said(&told)
    );

    let mut content = fs::read(&file).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(&file, &content).unwrap();
    let damaged = drill(&hotel, &["--from", path]);
    assert!(!damaged.status.success(), "{}", said(&damaged));
    let words = ["is not whole", "cannot read the backup"];
    assert!(
        words.iter().any(|words| said(&damaged).contains(words)),
        "{}",
        said(&damaged)
    );
    hotel
        .replace_backup(stored["key"].as_str().unwrap(), content)
        .await;
    let changed = drill(&hotel, &[]);
    assert!(!changed.status.success());
    assert!(said(&changed).contains("was changed"), "{}", said(&changed));
}

/// A backup that says that there was one room more than it holds.
fn lie(hotel: &Hotel, file: &Path) -> PathBuf {
    let key = fs::read_to_string(&hotel.places.backup_key).unwrap();
    let key = Secret::read(&key).unwrap();
    let mut opened = open(fs::File::open(file).unwrap(), &key).unwrap();
    let mut contents = opened.contents.clone();
    let rooms = contents
        .tables
        .iter_mut()
        .find(|table| table.table == "hotel.rooms");
    rooms.unwrap().rows += 1;
    let mut dump = Vec::new();
    std::io::Read::read_to_end(&mut opened.dump(), &mut dump).unwrap();
    let path = hotel.dir().join("lying.age");
    let lying = fs::File::create(&path).unwrap();
    let mut sealing = Sealing::begin(lying, &key.recipient(), &contents).unwrap();
    sealing.add(&dump).unwrap();
    sealing.finish().unwrap();
    path
}

// uplink-7.4, uplink-7.5, replica-sync-8.3
#[tokio::test]
async fn a_large_backup_gets_through_a_cut_and_two_deaths_once() {
    let hotel = up().await;
    write(&hotel, noise(&hotel)).await;
    let frozen = hotel.freeze("s3").await;
    let made = back_up(&hotel);
    assert!(made["bytes"].as_u64().unwrap() > 8 * 1024 * 1024, "{made}");
    eventually("uplink has it", LIMIT, || async {
        (files(&hotel)["waiting"] == 1).then_some(())
    })
    .await;
    hotel.kill_and_wait("uplink").await;
    hotel.kill_and_wait("replica-sync").await;
    assert_eq!(files(&hotel)["waiting"], 1);
    drop(frozen);
    in_the_cloud(&hotel, made["name"].as_str().unwrap()).await;
    assert_eq!(listed(&hotel).len(), 1);
    assert_eq!(files(&hotel)["uploaded"], 1);
    let proved = drill(&hotel, &[]);
    assert!(proved.status.success(), "{}", said(&proved));
    assert!(said(&proved).contains("equal: "), "{}", said(&proved));
}

// replica-sync-8.1
#[tokio::test]
async fn a_night_that_was_missed_is_made_up_for() {
    let hotel = up().await;
    assert!(listed(&hotel).is_empty());
    let memory = hotel.dir().join("data/replica-sync/backup.json");
    fs::write(memory, r#"{"last":0}"#).unwrap();
    hotel.kill_and_wait("replica-sync").await;
    eventually("the night's backup is in the cloud", 2 * LIMIT, || async {
        (listed(&hotel).len() == 1).then_some(())
    })
    .await;
}

/// Locks a table that the sums do not read, because it has no rows of its own, and that a dump waits
/// for.
async fn lock_for_dumps<'d>(hotel: &Hotel, database: &'d PgPool) -> Transaction<'d, Postgres> {
    let table = "CREATE TABLE hotel.parts (id int) PARTITION BY RANGE (id)";
    write(hotel, table.to_owned()).await;
    let mut locked = database.begin().await.unwrap();
    let lock = "LOCK TABLE hotel.parts IN ACCESS EXCLUSIVE MODE";
    sqlx::query(lock).execute(&mut *locked).await.unwrap();
    locked
}

/// Asks for a backup, until its dump waits for a lock.
async fn ask_and_wait(hotel: &Hotel, database: &PgPool) -> Child {
    let edgectl = hotel_tests::hotel::artifacts().join("edgectl");
    let asking = Command::new(edgectl)
        .args(["backup", "now", "--wait", "3", "--dir"])
        .arg(hotel.dir())
        .spawn()
        .unwrap();
    let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity
        WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock')";
    eventually("the dump waits", LIMIT, || async {
        let waits: bool = sqlx::query_scalar(waits).fetch_one(database).await.ok()?;
        waits.then_some(())
    })
    .await;
    asking
}

// replica-sync-8.1
#[tokio::test]
async fn a_night_begins_while_an_answer_waits_for_the_bus() {
    let hotel = up().await;
    // Late enough that the question comes before.
    hotel.reconfigure("replica-sync", "/backup/at", in_minutes(2));
    hotel.reconfigure("replica-sync", "/backup/time_zone", "Etc/UTC");
    hotel.kill_and_wait("replica-sync").await;
    let database = hotel.database("postgres");
    let locked = lock_for_dumps(&hotel, &database).await;
    let mut asking = ask_and_wait(&hotel, &database).await;
    let frozen = hotel.freeze("broker").await;
    locked.rollback().await.unwrap();
    let made = async |count: usize, within| {
        let what = format!("there are {count} backups");
        eventually(&what, within, || async {
            let mut handed = handed(&hotel);
            handed.retain(|name| !name.starts_with('.'));
            (handed.len() == count).then_some(())
        })
        .await;
    };
    made(1, LIMIT).await;
    made(2, 3 * LIMIT).await;
    drop(frozen);
    asking.wait().unwrap();
}

// replica-sync-8.6
#[tokio::test]
async fn a_backup_that_cannot_be_made_says_why_and_leaves_nothing() {
    let hotel = up().await;
    let database = hotel.database("postgres");
    let locked = lock_for_dumps(&hotel, &database).await;
    let refused = hotel.try_edgectl(&["backup", "now"]);
    assert!(!refused.status.success());
    let words = ["pg_dump ended with", "timeout"];
    assert!(
        words.iter().all(|words| said(&refused).contains(words)),
        "{}",
        said(&refused)
    );
    assert!(handed(&hotel).is_empty(), "{:?}", handed(&hotel));

    // Killed amid a backup.
    let mut asking = ask_and_wait(&hotel, &database).await;
    let begun = handed(&hotel);
    assert!(begun.len() == 1 && begun[0].starts_with('.'), "{begun:?}");
    hotel.kill_and_wait("replica-sync").await;
    locked.rollback().await.unwrap();
    eventually("what was begun is removed", LIMIT, || async {
        (!handed(&hotel).contains(&begun[0])).then_some(())
    })
    .await;
    // The next run answers whoever asked, when it is quick enough.
    asking.wait().unwrap();
    let made = eventually("the next backup is made", LIMIT, || async {
        let made = hotel.try_edgectl(&["backup", "now", "--json"]);
        serde_json::from_slice::<Value>(&made.stdout).ok()
    })
    .await;
    in_the_cloud(&hotel, made["name"].as_str().unwrap()).await;
    for stored in listed(&hotel) {
        let proved = drill(&hotel, &[stored["name"].as_str().unwrap()]);
        assert!(proved.status.success(), "{}", said(&proved));
    }
}

// replica-sync-8.6
#[tokio::test]
async fn a_disk_without_room_is_told_and_left_alone() {
    let hotel = up().await;
    let place = hotel.dir().join("small");
    let Ok(disk) = SmallDisk::over(&place, 32 * 1024 * 1024) else {
        return;
    };
    hotel.reconfigure("replica-sync", "/backup/directory", place.to_str().unwrap());
    hotel.kill_and_wait("replica-sync").await;
    let refused = hotel.try_edgectl(&["backup", "now"]);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("bytes free"), "{}", said(&refused));
    assert!(disk.is_empty());
    assert!(hotel.part("replica-sync").unwrap().ready);
}

// uplink-7.1, uplink-7.2
#[tokio::test]
async fn uplink_takes_files_of_the_directory_only_and_from_those_who_may() {
    let hotel = Hotel::up(Plan {
        only: &["broker", "authority", "uplink", "s3"],
        ..PARTS
    });
    ready(&hotel, &["broker", "authority", "uplink", "s3"]).await;
    let directory = hotel.dir().join("handover");
    fs::create_dir_all(&directory).unwrap();
    let content = b"a backup";
    let good = directory.join("good.dump.zst.age");
    fs::write(&good, content).unwrap();
    symlink(&good, directory.join("link.age")).unwrap();
    fs::write(hotel.dir().join("outside.age"), content).unwrap();
    let file = |path: PathBuf| File {
        path: path.to_str().unwrap().to_owned(),
        sha256: sha256(content),
        bytes: Integer::new(8).unwrap(),
        name: "good.dump.zst.age".to_owned(),
    };
    let client = hotel.client("replica-sync").await;
    let ask = async |file: File| -> Result<Filed, Problem> {
        let operation = FILE.parse().unwrap();
        let wait = Duration::from_secs(20);
        match client
            .bus
            .request(Component::Uplink, &operation, file, wait)
            .await
        {
            Ok(filed) => Ok(filed),
            Err(RequestError::Problem(problem)) => Err(problem),
            Err(error) => panic!("{error}"),
        }
    };
    let wrong = File {
        sha256: sha256(b"other"),
        ..file(good.clone())
    };
    for (file, field) in [
        (file(hotel.dir().join("outside.age")), "body.path"),
        (file(directory.join("../outside.age")), "body.path"),
        (file(directory.join("link.age")), "body.path"),
        (wrong, "body.sha256"),
    ] {
        let problem = ask(file).await.unwrap_err();
        assert_eq!(
            (problem.code, problem.field.as_deref()),
            (Code::Invalid, Some(field))
        );
    }
    fs::remove_file(directory.join("link.age")).unwrap();
    let gateway = hotel.client("iot-gateway").await;
    let operation = FILE.parse().unwrap();
    let denied = gateway
        .bus
        .request::<_, Filed>(Component::Uplink, &operation, file(good.clone()), DENIED)
        .await
        .unwrap_err();
    assert!(!matches!(denied, RequestError::Problem(_)), "{denied}");

    let filed = ask(file(good.clone())).await.unwrap();
    let place = "v1/backup/property=local-hotel/box=local-box/dt=";
    assert!(filed.key.starts_with(place), "{}", filed.key);
    in_the_cloud(&hotel, "good.dump.zst.age").await;
    assert!(!good.exists());
}
