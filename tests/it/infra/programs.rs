//! The hub and signaling, started by the script and the settings of the template, in a database whose
//! roles the template's own statements made.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use hotel_tests::hotel::{LIMIT, artifacts, repository};
use hotel_tests::runbook::Runbook;
use hotel_tests::{Hotel, Plan, eventually};
use kit::identity::Identity;
use kit::tls::internet_client_config_as;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _};

const GROUND: Plan<'static> = Plan {
    rooms: 1,
    only: &["hub-postgres"],
};
/// As `programs.py` says it too.
const PASSWORD: &str = "geheim";

/// What the templates say.
#[derive(Deserialize)]
struct Told {
    fetch: String,
    ready: String,
    aws: String,
    hub: String,
    signaling: String,
    roles: Vec<String>,
}

impl Told {
    fn read() -> Self {
        let output = Command::new(Hotel::python())
            .args(["-B", "programs.py", "story"])
            .current_dir(repository().join("tests/python/infra"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Whether the container would be healthy.
    fn is_ready(&self, admin: u16) -> bool {
        let output = Command::new("/bin/bash")
            .args(["-c", &self.ready, &admin.to_string()])
            .output()
            .unwrap();
        output.status.success()
    }
}

/// A program of the cloud; ended when dropped.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let ended = self.0.kill().and_then(|()| self.0.wait());
        assert!(ended.is_ok(), "{ended:?}");
    }
}

/// A task of the cloud in a directory of its own.
struct Task<'a> {
    hotel: &'a Hotel,
    told: &'a Told,
    name: &'a str,
    admin: u16,
    port: u16,
}

impl<'a> Task<'a> {
    fn new(hotel: &'a Hotel, told: &'a Told, name: &'a str) -> Self {
        let [admin, port] = free_ports();
        Self {
            hotel,
            told,
            name,
            admin,
            port,
        }
    }

    fn files(&self) -> PathBuf {
        self.hotel.dir().join("tasks").join(self.name)
    }

    /// Runs the script of the container `files`, with an AWS that is a directory.
    fn fetch(&self, settings: &Value) {
        let cloud = self.hotel.dir().join("aws").join(self.name);
        let owner = fs::metadata(self.hotel.dir()).unwrap();
        fs::create_dir_all(cloud.join("bin")).unwrap();
        fs::write(cloud.join("bin/aws"), &self.told.aws).unwrap();
        fs::set_permissions(cloud.join("bin/aws"), fs::Permissions::from_mode(0o755)).unwrap();
        copy(
            &self.hotel.dir().join("cloud/server"),
            &cloud.join("p/server"),
        );
        let component = if self.name == "hub" {
            "replica-sync"
        } else {
            self.name
        };
        copy(
            &self.hotel.identity_dir(component),
            &cloud.join("p/identity"),
        );
        copy(
            &self.hotel.dir().join("cloud/properties"),
            &cloud.join("b/registry/properties"),
        );
        let variables = BTreeMap::from([
            ("PATH", format!("{}/bin:/usr/bin:/bin", cloud.display())),
            ("CLOUD_PARAMETERS", cloud.display().to_string()),
            ("CLOUD_BUCKETS", cloud.join("b").display().to_string()),
            ("FILES", self.files().display().to_string()),
            ("OWNER", format!("{}:{}", owner.uid(), owner.gid())),
            ("PARAMETERS", "/p".to_owned()),
            ("REGISTRY", "registry".to_owned()),
            ("SETTINGS", settings.to_string()),
            ("PASSWORD", PASSWORD.to_owned()),
        ]);
        let output = Command::new("/bin/bash")
            .args(["-c", &self.told.fetch, "once"])
            .env_clear()
            .envs(variables)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// The template's settings, at places and ports of this machine.
    fn settings(&self, text: &str) -> Value {
        let files = format!("{}/", self.files().display());
        let mut settings: Value = serde_json::from_str(&text.replace("/files/", &files)).unwrap();
        let places = &self.hotel.places;
        settings["tenant"] = json!(places.tenant);
        settings["property"] = json!(places.property);
        settings["box"] = json!(places.box_id);
        settings["admin"]["port"] = json!(self.admin.to_string());
        for key in ["listener", "tls_listener"] {
            if settings.get(key).is_some() {
                settings[key] = json!({"host": "127.0.0.1", "port": self.port.to_string()});
            }
        }
        settings
    }

    async fn start(&self, program: &str) -> Program {
        let child = Command::new(artifacts().join(program))
            .env_clear()
            .env("HOTEL_CONFIG", self.files().join("settings.json"))
            .spawn()
            .unwrap();
        let program = Program(child);
        eventually(&format!("{} is ready", self.name), LIMIT, || async {
            self.told.is_ready(self.admin).then_some(())
        })
        .await;
        program
    }
}

/// Ports that nobody listens on now.
fn free_ports() -> [u16; 2] {
    // Both at once, so that they differ.
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let copied: io::Result<Vec<_>> = fs::read_dir(from)
        .unwrap()
        .map(|entry| entry.and_then(|entry| fs::copy(entry.path(), to.join(entry.file_name()))))
        .collect();
    copied.unwrap();
}

/// The questions of the runbook.
fn questions() -> [String; 4] {
    let mut book = Runbook::read("cloud.md");
    ["orders", "offline", "silent", "conflicts"].map(|question| book.take(question))
}

async fn connect(hotel: &Hotel) -> PgConnection {
    let options = PgConnectOptions::new()
        .socket(&hotel.places.databases["hub-postgres"])
        .port(5432)
        .database("cloud")
        .username("hotel_owner");
    PgConnection::connect_with(&options).await.unwrap()
}

/// A database as Aurora gives it: whoever makes roles is no superuser, and passwords count.
async fn aurora(hotel: &Hotel, told: &Told) {
    let owner = hotel.database("hub-postgres");
    sqlx::raw_sql("CREATE ROLE master CREATEROLE CREATEDB")
        .execute(&owner)
        .await
        .unwrap();
    sqlx::raw_sql("CREATE DATABASE cloud OWNER master")
        .execute(&owner)
        .await
        .unwrap();
    let mut master = connect(hotel).await;
    sqlx::raw_sql("SET SESSION AUTHORIZATION master")
        .execute(&mut master)
        .await
        .unwrap();
    // Stacks are updated: everything may run again.
    for statement in told.roles.iter().chain(&told.roles) {
        let statement = AssertSqlSafe(statement.clone());
        sqlx::raw_sql(statement).execute(&mut master).await.unwrap();
    }
    let rules = hotel.places.databases["hub-postgres"].with_file_name("cluster/pg_hba.conf");
    let known = fs::read_to_string(&rules).unwrap();
    fs::write(
        &rules,
        format!("local cloud cloud_owner,cloud_sync scram-sha-256\n{known}"),
    )
    .unwrap();
    sqlx::raw_sql("SELECT pg_reload_conf()")
        .execute(&owner)
        .await
        .unwrap();
}

// infra-5.1, provisioning-8.1
#[tokio::test]
async fn the_hub_serves_boxes_by_the_settings_of_the_template_in_a_database_like_auroras() {
    let (hotel, told) = (Hotel::up(GROUND), Told::read());
    aurora(&hotel, &told).await;
    let task = Task::new(&hotel, &told, "hub");
    let mut settings = task.settings(&told.hub);
    let database = &mut settings["database"];
    database["host"] = json!(hotel.places.databases["hub-postgres"]);
    database["name"] = json!("cloud");
    database["user"] = json!("cloud_sync");
    database["owner"] = json!("cloud_owner");
    task.fetch(&settings);
    let _hub = task.start("replica-sync").await;

    let identity = Identity::load(&hotel.identity_dir("replica-sync")).unwrap();
    let ca = hotel.dir().join("cloud/server/ca.pem");
    let tls = internet_client_config_as(&identity, Some(&ca)).unwrap();
    let http = reqwest::Client::builder()
        .use_preconfigured_tls((*tls).clone())
        .build()
        .unwrap();
    let header = json!({"v": 1, "batch": "01890a5d-ac96-774b-bcce-b302099a8001",
        "epoch": "e", "xid": "1", "seq": "0"});
    let room = json!({"relation": "rooms", "id": "r1",
        "image": {"life": 1, "base": "10.1", "columns": {"number": "1"}}});
    let answer = http
        .post(format!(
            "https://127.0.0.1:{}/sync/v1/a-box/batches",
            task.port
        ))
        .body(format!("{header}\n{room}"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["written"], 1, "{answer}");

    let mut master = connect(&hotel).await;
    sqlx::raw_sql("SET SESSION AUTHORIZATION master")
        .execute(&mut master)
        .await
        .unwrap();
    for question in questions() {
        let asked = sqlx::raw_sql(AssertSqlSafe(question.clone()));
        let rows = asked.fetch_all(&mut master).await;
        assert!(rows.is_ok(), "{question}: {rows:?}");
    }
    // Whoever asks for the company sees the rows of every hotel.
    let rooms: i64 = sqlx::query_scalar("SELECT count(*) FROM hotel.rooms")
        .fetch_one(&mut master)
        .await
        .unwrap();
    assert_eq!(rooms, 1);
}

// infra-5.1
#[tokio::test]
async fn signaling_starts_by_the_settings_of_the_template() {
    let (hotel, told) = (Hotel::up(GROUND), Told::read());
    let task = Task::new(&hotel, &told, "signaling");
    task.fetch(&task.settings(&told.signaling));
    assert!(!told.is_ready(task.admin));
    let _signaling = task.start("signaling").await;
}
