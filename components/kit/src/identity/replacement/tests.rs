use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use wire::authority::{Challenged, Leaf, RenewByProof};
use wire::replacement::SignedCaReplacement;
use wire::{Code, Component, Nonce, Problem};

use super::*;
use crate::ca::files::write_secret;
use crate::ca::specimen::{component, device, hotel, identity, realm, today, write_identity};
use crate::ca::{ChainRoot, Key, PropertyCa, ServerNames};
use crate::config::Address;
use crate::credential::Refusals;
use crate::error::Chain;
use crate::http::serve_tls;
use crate::identity::{Holder, KEY_FILE, Particulars};
use crate::lifecycle::Tasks;
use crate::tls;

/// For whom the authority of these tests issues leaves.
#[derive(Clone, Copy)]
enum Given {
    Right,
    OtherHolder,
    OtherKey,
}

struct Office {
    ca: PropertyCa,
    given: Given,
    notice: Mutex<Option<SignedCaReplacement>>,
    /// How often it gave a leaf.
    times: Mutex<u32>,
}

/// The authority of a box, at work.
struct Served {
    tasks: Tasks,
    office: Arc<Office>,
    door: Door,
}

impl Served {
    async fn by(ca: PropertyCa, given: Given) -> Self {
        let own = identity(&ca, &component(Component::Authority), today());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let office = Arc::new(Office {
            ca,
            given,
            notice: Mutex::default(),
            times: Mutex::default(),
        });
        let nonce = Nonce([7; 32]);
        let router = Router::new()
            .route("/challenge", post(async move || Json(Challenged { nonce })))
            .route("/renew-leaf", post(give))
            .route("/ca-replacement", get(tell))
            .with_state(Arc::clone(&office));
        let (_, configs) = watch::channel(tls::web_config(&own));
        let tasks = Tasks::new();
        tasks.spawn("https", |stop| {
            serve_tls(listener, router, configs, Refusals::default(), stop)
        });
        let host = "127.0.0.1".to_owned();
        let door = Door::at(Address { host, port });
        Self {
            tasks,
            office,
            door,
        }
    }

    fn times(&self) -> u32 {
        *self.office.times.lock().unwrap()
    }

    async fn end(self) {
        self.tasks.drain().await.unwrap();
    }
}

async fn tell(
    State(office): State<Arc<Office>>,
) -> Result<Json<SignedCaReplacement>, (StatusCode, Vec<u8>)> {
    let notice = office.notice.lock().unwrap().clone();
    let none = || wire::encode(&Problem::new(Code::NotFound, "no other authority"));
    notice
        .map(Json)
        .ok_or_else(|| (StatusCode::NOT_FOUND, none()))
}

async fn give(State(office): State<Arc<Office>>, Json(asked): Json<RenewByProof>) -> Json<Leaf> {
    let holder = match office.given {
        Given::Right | Given::OtherKey => lock(),
        Given::OtherHolder => device("lock-2"),
    };
    let csr = match office.given {
        Given::OtherKey => Key::generate().signing_request().unwrap(),
        Given::Right | Given::OtherHolder => asked.csr,
    };
    let names = ServerNames::default();
    let issued = office.ca.issue_from_csr(&holder, &names, &csr, today());
    let certificate = issued.unwrap();
    *office.times.lock().unwrap() += 1;
    let der = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    Json(Leaf {
        certificate,
        ca: office.ca.certificate().to_owned(),
        not_after: Particulars::of(&der).unwrap().not_after,
    })
}

fn lock() -> Holder {
    device("lock-1")
}

/// A lock of the old box, and the root that it carries.
struct Device {
    dir: TempDir,
    root: ChainRoot,
    key: Vec<u8>,
}

impl Device {
    fn of(ca: &PropertyCa) -> Self {
        let dir = TempDir::new().unwrap();
        write_identity(dir.path(), ca, &lock(), today());
        let root = ChainRoot::create(Key::generate(), today()).unwrap();
        write_open(&dir.path().join(ROOT_FILE), root.certificate().as_bytes()).unwrap();
        let key = fs::read(dir.path().join(KEY_FILE)).unwrap();
        Self { dir, root, key }
    }

    fn notice(&self, ca: &PropertyCa, number: u32) -> SignedCaReplacement {
        let ca = CertificateDer::from_pem_slice(ca.certificate().as_bytes()).unwrap();
        let notice = self
            .root
            .announce(&realm("seaside"), &ca, number.into(), 0.into());
        notice.unwrap()
    }

    fn accept(&self, notice: &SignedCaReplacement) -> Result<Identity, ReplacementError> {
        accept(self.dir.path(), &wire::encode(notice))
    }

    async fn come_over(&self, served: &Served) -> Result<Option<Identity>, ReplacementError> {
        come_over(self.dir.path(), &served.door, &Clock::system()).await
    }

    /// Whether it is with this CA altogether, with the key that it always had.
    #[track_caller]
    fn check_with(&self, ca: &PropertyCa, number: u32) {
        let anchor = CertificateDer::from_pem_slice(ca.certificate().as_bytes()).unwrap();
        let plain = Identity::load(self.dir.path()).unwrap();
        let loaded = load_device(self.dir.path()).unwrap();
        for found in [plain, loaded] {
            assert_eq!(found.anchor, std::slice::from_ref(&anchor));
            assert_eq!(found.spiffe.id.as_str(), "lock-1");
        }
        assert_eq!(fs::read(self.dir.path().join(KEY_FILE)).unwrap(), self.key);
        let taken = read(self.dir.path()).unwrap();
        assert_eq!((taken.number, taken.ca), (number.into(), None));
    }
}

// authority-9.2
#[tokio::test]
async fn a_device_that_heard_the_notice_has_its_leaf_exchanged_and_keeps_its_key() {
    let old = hotel("seaside");
    let (lock, new) = (
        Device::of(&old),
        Served::by(hotel("seaside"), Given::Right).await,
    );
    assert!(new.door.notice().await.unwrap().is_none());
    let notice = lock.notice(&new.office.ca, 8);
    *new.office.notice.lock().unwrap() = Some(notice);
    // Nobody can verify the new box yet; the signature counts.
    let heard = new.door.notice().await.unwrap().unwrap();
    accept(lock.dir.path(), &heard).unwrap();
    lock.come_over(&new).await.unwrap().unwrap();
    lock.check_with(&new.office.ca, 8);
    assert!(lock.come_over(&new).await.unwrap().is_none());
    assert_eq!(new.times(), 1);
    new.end().await;
}

// authority-9.2
#[tokio::test]
async fn a_device_that_comes_over_believes_the_new_authority_alone() {
    let (thief, new) = (
        Served::by(hotel("seaside"), Given::Right).await,
        hotel("seaside"),
    );
    let lock = Device::of(&thief.office.ca);
    let present = lock.accept(&lock.notice(&new, 8)).unwrap();
    let anchor = CertificateDer::from_pem_slice(new.certificate().as_bytes()).unwrap();
    assert_eq!(present.anchor, [anchor]);
    let refused = lock.come_over(&thief).await.unwrap_err();
    assert!(
        Chain(&refused).to_string().contains("cannot ask"),
        "{refused}"
    );
    assert_eq!(thief.times(), 0);
    // Started again, it still does.
    let again = load_device(lock.dir.path()).unwrap();
    assert_eq!(again.anchor, present.anchor);
    let new = Served::by(new, Given::Right).await;
    lock.come_over(&new).await.unwrap().unwrap();
    lock.check_with(&new.office.ca, 8);
    thief.end().await;
    new.end().await;
}

// authority-9.3
#[tokio::test]
async fn a_power_cut_between_any_two_files_leaves_a_device_that_goes_on() {
    let old = hotel("seaside");
    let new = Served::by(hotel("seaside"), Given::Right).await;
    for cut in [CERT_FILE, CA_FILE, REPLACEMENT_FILE] {
        let lock = Device::of(&old);
        lock.accept(&lock.notice(&new.office.ca, 8)).unwrap();
        let read = |name: &str| fs::read(lock.dir.path().join(name)).unwrap();
        let files = [CERT_FILE, CA_FILE, REPLACEMENT_FILE];
        let before = files.map(read);
        lock.come_over(&new).await.unwrap().unwrap();
        // What had not been written when the power failed.
        let place = files.iter().position(|name| *name == cut).unwrap();
        for (name, content) in files.iter().zip(&before).skip(place) {
            write_secret(&lock.dir.path().join(name), content).unwrap();
        }
        let present = load_device(lock.dir.path()).unwrap();
        let anchor = new.office.ca.certificate();
        let anchor = CertificateDer::from_pem_slice(anchor.as_bytes()).unwrap();
        assert_eq!(present.anchor, [anchor], "cut before {cut}");
        lock.come_over(&new).await.unwrap().unwrap();
        lock.check_with(&new.office.ca, 8);
    }
    // Only the device without its leaf asked for another one.
    assert_eq!(new.times(), 4);
    new.end().await;
}

// authority-9.2, authority-9.3
#[tokio::test]
async fn what_is_not_believed_changes_no_file() {
    let (old, new) = (hotel("seaside"), hotel("seaside"));
    let lock = Device::of(&old);
    lock.accept(&lock.notice(&old, 7)).unwrap();
    lock.check_with(&old, 7);
    let (other, right) = (Device::of(&old), lock.notice(&new, 8));
    let cut = SignedCaReplacement {
        notice: right.notice[..right.notice.len() / 2].to_owned(),
        ..right
    };
    for (notice, reason) in [
        (lock.notice(&new, 7), "field number"),
        (lock.notice(&hotel("seaside"), 3), "field number"),
        (other.notice(&new, 8), "another chain root"),
        (cut, "field notice"),
    ] {
        let refused = lock.accept(&notice).unwrap_err();
        let error = Chain(&refused).to_string();
        assert!(error.contains(reason), "{error}");
        lock.check_with(&old, 7);
    }
    fs::remove_file(lock.dir.path().join(ROOT_FILE)).unwrap();
    let refused = lock.accept(&lock.notice(&new, 8)).unwrap_err();
    assert!(
        matches!(refused, ReplacementError::Read { .. }),
        "{refused}"
    );
    // A record of what was taken that is damaged is no record of nothing.
    write_open(&lock.dir.path().join(REPLACEMENT_FILE), b"{\"v\":1,\"num").unwrap();
    let refused = lock.accept(&lock.notice(&new, 8)).unwrap_err();
    assert!(
        matches!(refused, ReplacementError::Damaged { .. }),
        "{refused}"
    );
}

// authority-9.2
#[tokio::test]
async fn a_leaf_of_somebody_else_or_for_another_key_is_not_taken() {
    let old = hotel("seaside");
    for (given, reason) in [
        (Given::OtherHolder, "not the next of this one"),
        (Given::OtherKey, "does not hold the key"),
    ] {
        let new = Served::by(hotel("seaside"), given).await;
        let lock = Device::of(&old);
        lock.accept(&lock.notice(&new.office.ca, 8)).unwrap();
        let leaf = fs::read(lock.dir.path().join(CERT_FILE)).unwrap();
        let refused = lock.come_over(&new).await.unwrap_err();
        assert!(
            Chain(&refused).to_string().contains(reason),
            "{}",
            Chain(&refused)
        );
        assert_eq!(fs::read(lock.dir.path().join(CERT_FILE)).unwrap(), leaf);
        new.end().await;
    }
}

// authority-9.2
#[tokio::test]
async fn a_later_notice_counts_also_while_a_device_comes_over() {
    let old = hotel("seaside");
    let (first, second) = (
        hotel("seaside"),
        Served::by(hotel("seaside"), Given::Right).await,
    );
    let lock = Device::of(&old);
    lock.accept(&lock.notice(&first, 8)).unwrap();
    lock.accept(&lock.notice(&second.office.ca, 9)).unwrap();
    assert!(lock.accept(&lock.notice(&first, 8)).is_err());
    lock.come_over(&second).await.unwrap().unwrap();
    lock.check_with(&second.office.ca, 9);
    // Back to the first one, from where it has no leaf any more, and on again.
    lock.accept(&lock.notice(&first, 10)).unwrap();
    lock.accept(&lock.notice(&second.office.ca, 11)).unwrap();
    lock.come_over(&second).await.unwrap().unwrap();
    lock.check_with(&second.office.ca, 11);
    second.end().await;
}

// authority-9.2
#[tokio::test]
async fn the_keeper_of_a_leaf_takes_what_is_heard_on_the_bus() {
    let old = hotel("seaside");
    let (lock, new) = (
        Device::of(&old),
        Served::by(hotel("seaside"), Given::Right).await,
    );
    let leaf = watch::Sender::new(Arc::new(load_device(lock.dir.path()).unwrap()));
    let (online, notices) = (watch::Sender::new(true), watch::Sender::default());
    let keeper = DeviceLeaf {
        dir: lock.dir.path().to_owned(),
        door: new.door.clone(),
        identity: leaf.clone(),
        online: online.subscribe(),
        heard: notices.subscribe(),
        clock: Clock::system(),
    };
    let (tasks, mut present) = (Tasks::new(), leaf.subscribe());
    let first = leaf.borrow().chain.clone();
    tasks.spawn("leaf", |stop| keeper.keep(stop));
    let forged = Device::of(&old).notice(&new.office.ca, 9);
    notices.send_replace(wire::encode(&forged).into());
    notices.send_replace(wire::encode(&lock.notice(&new.office.ca, 8)).into());
    let anchor = CertificateDer::from_pem_slice(new.office.ca.certificate().as_bytes()).unwrap();
    let came =
        |present: &Arc<Identity>| present.anchor == [anchor.clone()] && present.chain != first;
    let arrived = tokio::time::timeout(Duration::from_secs(30), present.wait_for(came)).await;
    drop(arrived.unwrap().unwrap());
    assert_eq!(new.times(), 1);
    lock.check_with(&new.office.ca, 8);
    tasks.drain().await.unwrap();
    new.end().await;
}
