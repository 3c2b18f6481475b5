use std::sync::Mutex;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;
use time::{Duration as Days, OffsetDateTime};
use tokio::net::TcpListener;
use wire::authority::{Challenged, Leaf, RenewByProof};
use wire::credential::{label, proof};
use wire::{Component, Nonce};

use super::*;
use crate::ca::specimen::{component, device, hotel, identity, today, write_identity};
use crate::ca::{PropertyCa, ServerNames};
use crate::config::Address;
use crate::credential::Refusals;
use crate::credential::verified;
use crate::digest::sha256;
use crate::http::serve_tls;
use crate::identity::{Holder, Particulars};
use crate::lifecycle::Tasks;
use crate::tls;

const NONCE: Nonce = Nonce([7; 32]);

/// Whom the authority of these tests gives a leaf, for whose key, and for when.
#[derive(Clone, Copy)]
enum Given {
    Right,
    OtherHolder,
    OtherKey,
    LongAgo,
}

struct Office {
    ca: PropertyCa,
    given: Given,
    /// How often it gave one.
    times: Mutex<u32>,
}

/// Serves as `server` and gives leaves.
struct Served {
    tasks: Tasks,
    office: Arc<Office>,
    door: Door,
}

impl Served {
    async fn by(ca: PropertyCa, server: Component, given: Given) -> Self {
        let own = identity(&ca, &component(server), today());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let office = Arc::new(Office {
            ca,
            given,
            times: Mutex::new(0),
        });
        let router = Router::new()
            .route(
                "/challenge",
                post(async || Json(Challenged { nonce: NONCE })),
            )
            .route("/renew-leaf", post(give))
            .with_state(Arc::clone(&office));
        let (_, configs) = watch::channel(tls::web_config(&own));
        let tasks = Tasks::new();
        tasks.spawn("https", |stop| {
            serve_tls(listener, router, configs, Refusals::default(), stop)
        });
        let host = "127.0.0.1".to_owned();
        Self {
            tasks,
            office,
            door: Door::at(Address { host, port }),
        }
    }

    fn times(&self) -> u32 {
        *self.office.times.lock().unwrap()
    }
}

async fn give(State(office): State<Arc<Office>>, Json(asked): Json<RenewByProof>) -> Json<Leaf> {
    let leaf = asked.certificate.as_slice();
    let (_, parsed) = x509_parser::parse_x509_certificate(leaf).unwrap();
    let key = parsed.public_key().subject_public_key.data.as_ref();
    let (leaf, request) = (sha256(leaf), sha256(asked.csr.as_bytes()));
    let signed = proof(label::RENEW_LEAF, &[&asked.nonce.0, &leaf.0, &request.0]);
    let key = wire::PublicKey(key.try_into().unwrap());
    assert!(verified(&key, &signed, &asked.proof));
    assert_eq!(asked.nonce, NONCE);
    let (holder, now) = match office.given {
        Given::Right | Given::OtherKey => (lock(), today()),
        Given::OtherHolder => (device("lock-2"), today()),
        Given::LongAgo => (lock(), today() - Days::days(200)),
    };
    let csr = match office.given {
        Given::OtherKey => Key::generate().signing_request().unwrap(),
        Given::Right | Given::OtherHolder | Given::LongAgo => asked.csr,
    };
    let names = ServerNames::default();
    let certificate = office
        .ca
        .issue_from_csr(&holder, &names, &csr, now)
        .unwrap();
    *office.times.lock().unwrap() += 1;
    let der = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let not_after = Particulars::of(&der).unwrap().not_after;
    Json(Leaf {
        certificate,
        ca: office.ca.certificate().to_owned(),
        not_after,
    })
}

fn lock() -> Holder {
    device("lock-1")
}

/// The lock's identity in a directory of its own, issued then.
fn kept(ca: &PropertyCa, issued: OffsetDateTime) -> TempDir {
    let dir = TempDir::new().unwrap();
    write_identity(dir.path(), ca, &lock(), issued);
    dir
}

async fn renewed(served: &Served, dir: &TempDir) -> Result<Identity, RenewalError> {
    let current = Identity::load(dir.path()).unwrap();
    renew(dir.path(), &current, &served.door, &Clock::system()).await
}

// bus-7.1, bus-7.3
#[tokio::test]
async fn a_leaf_that_is_due_has_lapsed_or_begins_later_is_renewed_for_the_same_key() {
    let served = Served::by(hotel("seaside"), Component::Authority, Given::Right).await;
    for days in [-30, 0, 61, 310, 400] {
        let dir = kept(&served.office.ca, today() - Days::days(days));
        let key = std::fs::read(dir.path().join(KEY_FILE)).unwrap();
        let next = renewed(&served, &dir).await.unwrap();
        assert!(next.due_in(Clock::system().wall()).is_some());
        assert_eq!(std::fs::read(dir.path().join(KEY_FILE)).unwrap(), key);
        assert_eq!(Identity::load(dir.path()).unwrap().chain, next.chain);
    }
    served.tasks.drain().await.unwrap();
}

#[track_caller]
fn check_kept(dir: &TempDir, outcome: Result<Identity, RenewalError>, reason: &str) {
    let error = Chain(&outcome.unwrap_err()).to_string();
    assert!(error.contains(reason), "{error}");
    let left = Identity::load(dir.path()).unwrap();
    assert_eq!(left.spiffe.id.as_str(), "lock-1");
    assert!(left.due_in(Clock::system().wall()).is_none());
}

// bus-7.3
#[tokio::test]
async fn what_is_not_the_next_leaf_is_never_written() {
    for (given, reason) in [
        (Given::OtherHolder, "not the next of this one"),
        (Given::LongAgo, "not the next of this one"),
        (Given::OtherKey, "does not hold the key"),
    ] {
        let ca = hotel("seaside");
        let dir = kept(&ca, today() - Days::days(70));
        let served = Served::by(ca, Component::Authority, given).await;
        check_kept(&dir, renewed(&served, &dir).await, reason);
        assert_eq!(served.times(), 1);
        served.tasks.drain().await.unwrap();
    }
}

// bus-7.3
#[tokio::test]
async fn nobody_but_the_propertys_authority_is_asked() {
    let ca = hotel("seaside");
    let dir = kept(&ca, today() - Days::days(70));
    let served = Served::by(ca, Component::Console, Given::Right).await;
    check_kept(
        &dir,
        renewed(&served, &dir).await,
        "component/console, expected",
    );
    let twin = Served::by(hotel("seaside"), Component::Authority, Given::Right).await;
    check_kept(&dir, renewed(&twin, &dir).await, "cannot ask");
    assert_eq!((served.times(), twin.times()), (0, 0));
    served.tasks.drain().await.unwrap();
    twin.tasks.drain().await.unwrap();
}

// bus-7.1
#[tokio::test]
async fn a_leaf_is_renewed_when_two_thirds_of_its_life_are_over_and_not_before() {
    let served = Served::by(hotel("seaside"), Component::Authority, Given::Right).await;
    let tasks = Tasks::new();
    let keep = |days: i64| {
        let dir = kept(&served.office.ca, today() - Days::days(days));
        let leaf = watch::Sender::new(Arc::new(Identity::load(dir.path()).unwrap()));
        let (place, door, kept) = (dir.path().to_owned(), served.door.clone(), leaf.clone());
        tasks.spawn("leaf", |stop| {
            keep_current(place, door, kept, Clock::system(), stop)
        });
        (dir, leaf)
    };
    // A leaf begins a day before it is issued and lives ninety days after: 91, two thirds are 60.7.
    let (_early, first) = keep(59);
    let (_due, other) = keep(60);
    let mut present = other.subscribe();
    tokio::time::timeout(Duration::from_secs(30), present.changed())
        .await
        .unwrap()
        .unwrap();
    assert!(present.borrow().due_in(Clock::system().wall()).is_some());
    assert_eq!(served.times(), 1);
    assert!(!first.subscribe().has_changed().unwrap());
    tasks.drain().await.unwrap();
    served.tasks.drain().await.unwrap();
}
