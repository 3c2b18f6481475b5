//! The hub and those who come to it: boxes of its hotels, of other hotels, and of none.

use std::fs;
use std::path::{Path, PathBuf};

use kit::identity::Identity;
use kit::tls::internet_client_config_as;
use reqwest::{Client, Response};

use super::*;

/// Somebody with a certificate, at the hub.
struct Caller {
    http: Client,
    base: String,
}

impl Caller {
    fn new(hotel: &Hotel, identity: &Path) -> Self {
        let identity = Identity::load(identity).unwrap();
        let ca = hotel.dir().join("cloud/server/ca.pem");
        let tls = internet_client_config_as(&identity, Some(&ca)).unwrap();
        let configuration = hotel.dir().join("config/hub.json");
        let configuration: Value =
            serde_json::from_slice(&fs::read(configuration).unwrap()).unwrap();
        let listener = &configuration["listener"];
        let (host, port) = (
            listener["host"].as_str().unwrap(),
            listener["port"].as_str().unwrap(),
        );
        Self {
            http: Client::builder()
                .use_preconfigured_tls((*tls).clone())
                .build()
                .unwrap(),
            base: format!("https://{host}:{port}/sync/v1/a-box"),
        }
    }

    async fn post(&self, lines: &[Value]) -> Result<Response, reqwest::Error> {
        let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
        let body = lines.join("\n");
        self.http
            .post(format!("{}/batches", self.base))
            .body(body)
            .send()
            .await
    }

    /// What becomes of a batch.
    async fn answer(&self, lines: &[Value]) -> (u16, Value) {
        let response = self.post(lines).await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn changes(&self) -> Vec<Value> {
        let url = format!("{}/changes?epoch=none&xid=0&seq=0", self.base);
        let response = self.http.get(url).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let body = response.bytes().await.unwrap();
        let text = String::from_utf8(zstd::decode_all(&body[..]).unwrap()).unwrap();
        text.lines()
            .skip(1)
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn header(number: u8) -> Value {
    let batch = format!("01890a5d-ac96-774b-bcce-b302099a80{number:02}");
    json!({"v": 1, "batch": batch, "epoch": "e", "xid": number.to_string(), "seq": "0"})
}

fn change(relation: &str, id: &str, columns: &Value) -> Value {
    let image = json!({"life": 1, "base": "10.1", "columns": columns});
    json!({"relation": relation, "id": id, "image": image})
}

/// Another hotel of the same company, with a box; its record and the box's identity.
fn neighbour(hotel: &Hotel) -> (PathBuf, PathBuf) {
    let dir = hotel.dir().join("neighbour");
    let told = |arguments: &[&str]| {
        let output = Command::new(hotel_tests::hotel::artifacts().join("edgectl"))
            .args(arguments)
            .arg("--dir")
            .arg(&dir)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    let tenant = hotel.places.tenant.to_string();
    told(&[
        "property",
        "create",
        "--tenant",
        &tenant,
        "--property",
        "neighbour",
        "--box",
        "b-1",
    ]);
    told(&["component", "issue", "replica-sync"]);
    let record = dir.join("property/chain/registration.json");
    (record, dir.join("identity/replica-sync"))
}

// replica-sync-5.2, replica-sync-5.3, replica-sync-5.4, replica-sync-5.7
#[tokio::test]
async fn a_hotel_sees_itself_only_and_one_that_has_gone_is_served_no_more() {
    let hotel = Hotel::up(WITH_HUB);
    ready(&hotel, WITH_HUB.only).await;
    let (record, identity) = neighbour(&hotel);
    let ours = Caller::new(&hotel, &hotel.identity_dir("replica-sync"));
    let room = change("rooms", "r1", &json!({"number": "1", "note": "ours"}));
    let batch = [header(1), room.clone()];
    let (status, first) = ours.answer(&batch).await;
    assert_eq!((status, &first["written"]), (200, &json!(1)), "{first}");
    assert_eq!(
        ours.answer(&batch).await,
        (200, first),
        "a repetition has another answer"
    );
    let (status, problem) = ours.answer(&[header(1)]).await;
    assert_eq!((status, &problem["field"]), (409, &json!("batch")));
    let secret = change(
        "guest_messages",
        "m1",
        &json!({"guest": "g", "text": "t", "at": 0}),
    );
    let (_, told) = ours.answer(&[header(2), secret]).await;
    assert_eq!(told["rejected"][0]["id"], "m1", "{told}");

    // A hotel that is not registered does not get as far as a question.
    let theirs = Caller::new(&hotel, &identity);
    theirs.post(&[header(1)]).await.unwrap_err();
    let registered = hotel.dir().join("cloud/properties/neighbour.json");
    fs::copy(record, &registered).unwrap();
    eventually("the neighbour is served", LIMIT, || async {
        theirs.post(&[header(1)]).await.ok().map(drop)
    })
    .await;
    assert_eq!(theirs.changes().await, Vec::<Value>::new());
    let named = change(
        "rooms",
        "r2",
        &json!({
            "number": "2", "property": hotel.places.property, "tenant": hotel.places.tenant,
        }),
    );
    let stolen = change("rooms", "r1", &json!({"number": "1", "note": "theirs"}));
    let (status, told) = theirs.answer(&[header(2), stolen, named]).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["rejected"][0]["id"], "r1", "{told}");
    let hub = hotel.database("hub-postgres");
    let note = row(&hub, "rooms", "r1").await.unwrap()["note"].clone();
    assert_eq!(note, "ours");
    let property = row(&hub, "rooms", "r2").await.unwrap()["property"].clone();
    assert_eq!(property, "neighbour");
    assert_eq!(theirs.changes().await.len(), 0, "a box gets its own back");

    fs::remove_file(registered).unwrap();
    eventually("the neighbour is served no more", LIMIT, || async {
        match theirs.post(&[header(3)]).await {
            Ok(response) => (response.status() == 403).then_some(()),
            Err(_) => Some(()),
        }
    })
    .await;
}

const FAMILIES: &str = "CREATE TABLE hotel.parents (
        tenant text NOT NULL, property text NOT NULL, id text NOT NULL, PRIMARY KEY (tenant, id));
    CREATE TABLE hotel.children (
        tenant text NOT NULL, property text NOT NULL, id text NOT NULL, parent text,
        PRIMARY KEY (tenant, id), FOREIGN KEY (tenant, parent) REFERENCES hotel.parents (tenant, id))";

// replica-sync-5.6
#[tokio::test]
async fn an_orphan_waits_for_its_parent_and_a_bad_row_stops_nobody() {
    let hotel = Hotel::up(WITH_HUB);
    ready(&hotel, WITH_HUB.only).await;
    let database = hotel.database("hub-postgres");
    sqlx::raw_sql(FAMILIES).execute(&database).await.unwrap();
    let path = hotel.dir().join("config/hub.json");
    let mut configuration: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let tables = configuration["tables"].as_array_mut().unwrap();
    tables.extend([json!({"name": "parents"}), json!({"name": "children"})]);
    fs::write(&path, configuration.to_string()).unwrap();
    hotel.kill_and_wait("hub").await;

    let ours = Caller::new(&hotel, &hotel.identity_dir("replica-sync"));
    let child = change("children", "c1", &json!({"parent": "p1"}));
    let bad = change("rooms", "bad", &json!({"number": "1", "status": "on fire"}));
    let good = change("rooms", "good", &json!({"number": "2"}));
    let unknown = change("towers", "t", &json!({}));
    let (status, told) = ours.answer(&[header(1), child, bad, good, unknown]).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(
        (&told["written"], &told["pending"]),
        (&json!(1), &json!(1)),
        "{told}"
    );
    let rejected = told["rejected"].as_array().unwrap();
    let rejected: BTreeSet<_> = rejected
        .iter()
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    assert_eq!(rejected, ["bad", "t"].into());
    assert_eq!(row(&database, "children", "c1").await, None);
    let parent = change("parents", "p1", &json!({}));
    let (_, told) = ours.answer(&[header(2), parent]).await;
    assert_eq!(told["written"], 2, "{told}");
    assert!(row(&database, "children", "c1").await.is_some());
}
