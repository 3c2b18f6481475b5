//! Every TLS listener of a hotel, and everybody who must not come in: one table, tried row by row by
//! a stack that shares no code with ours.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use hotel_tests::hotel::{LIMIT, repository};
use hotel_tests::network::Network;
use hotel_tests::{Hotel, Plan, eventually};
use kit::config::Address;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::Component;

/// Who knocks; in the cloud only a hotel's replica has any business.
const WHO: Component = Component::ReplicaSync;

/// Whose rights end.
const LOCK: &str = "room-101-lock";

const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &[
        "broker",
        "authority",
        "signaling",
        "console",
        "device-proxy",
        "inference",
        "postgres",
        "replica-sync",
        "hub-postgres",
        "hub",
        "cloud-signaling",
    ],
};

/// What a door asks of whoever knocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// A certificate of a client of mosquitto, which knows names but no SPIFFE ids.
    Name,
    /// A certificate of the property, or of a hotel that is served.
    Principal,
    /// A certificate of the property if any.
    PrincipalIfAny,
    /// None: who it is, is proven by what is said.
    Nothing,
}

/// A TLS listener.
#[derive(Debug)]
struct Door {
    name: &'static str,
    at: Address,
    asks: Asks,
    /// Who vouches for it: a file.
    anchor: std::path::PathBuf,
    metrics: Option<Address>,
}

/// One row: how somebody knocks, which of our reasons refuses it where a certificate is asked for,
/// and whether mosquitto refuses it.
const ROWS: &[(&str, Option<&str>, bool)] = &[
    ("right", None, false),
    ("wrong-ca", Some("bad-signature"), true),
    ("foreign", Some("unknown-issuer"), true),
    ("self-signed", Some("unknown-issuer"), true),
    ("expired", Some("expired"), true),
    ("not-valid-yet", Some("not-valid-yet"), true),
    ("server-only", Some("wrong-purpose"), true),
    ("weak-key", Some("bad-signature"), true),
    ("missing-intermediate", Some("unknown-issuer"), true),
    // The property's CA signs none of these. Paths of any length end at an anchor for us, not for
    // the broker, to which names are the only measure.
    ("intermediate", None, true),
    ("other-property", Some("other-property"), false),
    ("nameless", Some("nameless"), false),
    ("other-name", Some("nameless"), false),
];

/// What `knock.py` says of one door.
#[derive(Debug, Deserialize)]
struct Told {
    outcomes: BTreeMap<String, String>,
    refusals: BTreeMap<String, u32>,
}

impl Door {
    fn plan(&self) -> Value {
        let metrics = self.metrics.as_ref();
        json!({
            "name": self.name,
            "host": self.at.host,
            "port": self.at.port,
            "ca": self.anchor,
            "greeting": if self.asks == Asks::Name { "mqtt" } else { "http" },
            "metrics": metrics.map(|at| format!("http://{at}/metrics")),
        })
    }

    /// Whether somebody in this case is to be let in.
    fn lets_in(&self, case: &str) -> bool {
        let row = ROWS.iter().find(|(name, ..)| *name == case);
        match (case, self.asks) {
            ("tls-1.1", _) => false,
            ("none", asks) => matches!(asks, Asks::PrincipalIfAny | Asks::Nothing),
            (_, Asks::Name) => row.is_some_and(|(_, _, refused)| !refused),
            (_, Asks::Nothing) => true,
            (_, Asks::Principal | Asks::PrincipalIfAny) => {
                row.is_some_and(|(_, reason, _)| reason.is_none())
            }
        }
    }

    /// How often each reason has to be counted after one knock of each case.
    fn reasons(&self) -> BTreeMap<String, u32> {
        let mut reasons = BTreeMap::from([("old-protocol".to_owned(), 1)]);
        if matches!(self.asks, Asks::Principal | Asks::PrincipalIfAny) {
            for (_, reason, _) in ROWS {
                if let Some(reason) = reason {
                    *reasons.entry((*reason).to_owned()).or_default() += 1;
                }
            }
        }
        if self.asks == Asks::Principal {
            reasons.insert("no-certificate".to_owned(), 1);
        }
        reasons
    }
}

fn doors(hotel: &Hotel) -> Vec<Door> {
    let anchor = hotel.identity_dir("broker").join("ca.pem");
    let of = |name: &'static str, key: &str, asks| Door {
        name,
        at: hotel.listener(name, key),
        asks,
        anchor: anchor.clone(),
        metrics: hotel.places.admin.get(name).cloned(),
    };
    let places = std::fs::read(hotel.dir().join("hotel.json")).unwrap();
    let places: Value = serde_json::from_slice(&places).unwrap();
    let cloud = |name, key: &str, asks| Door {
        name,
        at: serde_json::from_value(places[key].clone()).unwrap(),
        asks,
        anchor: hotel.dir().join("cloud/server/ca.pem"),
        metrics: None,
    };
    let mut doors = vec![
        Door {
            at: hotel.places.broker.clone(),
            ..of("broker", "listener", Asks::Name)
        },
        of("authority", "tls_listener", Asks::PrincipalIfAny),
        of("console", "tls_listener", Asks::PrincipalIfAny),
        of("device-proxy", "tls_listener", Asks::PrincipalIfAny),
        of("replica-sync", "listener", Asks::Nothing),
        of("signaling", "tls_listener", Asks::Nothing),
        cloud("hub", "cloud_hub", Asks::Principal),
        cloud("cloud-signaling", "cloud_signaling", Asks::Nothing),
    ];
    let inference = of("inference", "listener", Asks::PrincipalIfAny);
    // On loopback it serves in the clear, programs of the box only.
    if !inference.at.host.starts_with("127.") {
        doors.push(inference);
    }
    doors
}

/// A hotel on a LAN of its own, or on loopback where this machine gives none.
#[expect(clippy::print_stderr, reason = "what is left out is said")]
async fn up() -> Hotel {
    let hotel = match Network::offline("doors") {
        Ok(network) => Hotel::up_in(network, PARTS),
        Err(error) => {
            eprintln!("without a LAN inference is left out: {error}");
            Hotel::up(PARTS)
        }
    };
    hotel.all_ready(LIMIT * 2).await;
    hotel
}

fn knock(hotel: &Hotel, doors: &[Door]) -> BTreeMap<String, Told> {
    let scratch = tempfile::tempdir().unwrap();
    let plan = json!({
        "dir": scratch.path(),
        "ca": hotel.places.property_dir.join("ca.pem"),
        "key": hotel.places.property_dir.join("ca.key"),
        "spiffe": hotel.identity(WHO.as_str()).spiffe.to_string(),
        "doors": doors.iter().map(Door::plan).collect::<Vec<_>>(),
    });
    let mut knocking = hotel
        .command(Hotel::python())
        .arg(repository().join("tests/python/knock.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = knocking.stdin.take().unwrap();
    told.write_all(plan.to_string().as_bytes()).unwrap();
    drop(told);
    let output = knocking.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

// bus-3.1, bus-3.8, bus-3.10
#[tokio::test]
async fn every_tls_listener_refuses_everybody_but_the_right_ones_and_says_why() {
    let hotel = up().await;
    let doors = doors(&hotel);
    let told = knock(&hotel, &doors);
    let mut wrong = Vec::new();
    let mut cells = 0;
    for door in &doors {
        let Told { outcomes, refusals } = &told[door.name];
        assert_eq!(outcomes.len(), ROWS.len() + 2, "every case was tried");
        for (case, outcome) in outcomes {
            cells += 1;
            if (outcome == "in") != door.lets_in(case) {
                wrong.push(format!("{} {case}: {outcome}", door.name));
            }
        }
        if door.metrics.is_some() && door.asks != Asks::Name {
            for (reason, count) in door.reasons() {
                let counted = refusals.get(&reason).copied().unwrap_or_default();
                if counted != count {
                    wrong.push(format!(
                        "{} counts {reason} {counted}, not {count}",
                        door.name
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "of {cells} cells: {wrong:#?}\n{told:#?}");
    refuse_the_revoked(&hotel, &doors).await;
}

/// A lock whose rights end finds every door of the hotel closed that let it in before.
async fn refuse_the_revoked(hotel: &Hotel, doors: &[Door]) {
    let dir = hotel.identity_dir(LOCK);
    let is_in = |door: &Door| {
        let mut knocking = hotel.command("curl");
        knocking.args(["--silent", "--insecure", "--output", "/dev/null"]);
        knocking.arg("--cert").arg(dir.join("cert.pem"));
        knocking.arg("--key").arg(dir.join("key.pem"));
        let knocked = knocking.arg(format!("https://{}/", door.at)).status();
        knocked.unwrap().success()
    };
    let own = |door: &&Door| door.asks == Asks::PrincipalIfAny && door.metrics.is_some();
    let own: Vec<_> = doors.iter().filter(own).collect();
    assert!(own.len() >= 3, "{own:?}");
    for door in &own {
        assert!(is_in(door), "{door:?}");
    }
    hotel.edgectl(&["authority", "revoke", LOCK]);
    for door in &own {
        let metrics = door.metrics.as_ref().unwrap();
        let counts = || {
            let asked = hotel
                .command("curl")
                .args(["--silent", &format!("http://{metrics}/metrics")])
                .output();
            let metrics = String::from_utf8(asked.unwrap().stdout).unwrap();
            let line = "tls_handshakes_refused_total{reason=\"revoked\"}";
            metrics.lines().any(|told| told.starts_with(line))
        };
        // One who is in while the list arrives is sent away without a refused handshake.
        eventually("the door is closed, and says why", LIMIT, || async {
            (!is_in(door) && counts()).then_some(())
        })
        .await;
    }
}
