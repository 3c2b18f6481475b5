//! Tablets, guests and leaves, on real parts.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hotel_tests::client::{Client, next};
use hotel_tests::hotel::LIMIT;
use hotel_tests::{Hotel, Plan, eventually};
use kit::ca::files::write_open;
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::clock::Clock;
use kit::credential::{Caller, Refusals, Verifier, digits, revocations};
use kit::digest::sha256;
use kit::identity::{Holder, Identity, Particulars};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};
use wire::authority::{
    CLOSE_SITTING, CloseSitting, Leaf, MINT_GUEST, MintGuest, Minted, OPEN_SITTING, RENEW_LEAF,
    RenewLeaf, SignedRevocations, Sitting,
};
use wire::credential::{Credential, label, proof};
use wire::{Component, Nonce, Problem};

mod points;

/// How long the authority may take to answer on the bus.
const WAIT: Duration = Duration::from_secs(20);

const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "authority"],
};

async fn ready(hotel: &Hotel) {
    hotel.ready(&["authority"], LIMIT).await;
}

/// Asks over HTTPS as a browser that trusts the property's CA; status and body.
async fn ask(hotel: &Hotel, request: &str, bearer: &str, body: &Value) -> (u16, Value) {
    let address = hotel.listener("authority", "tls_listener");
    let (method, path) = request.split_once(' ').unwrap();
    let text = body.to_string();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: greengrass.local\r\nConnection: close\r\n\
         Authorization: Bearer {bearer}\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    );
    let config = browser(&hotel.identity_dir("authority").join("ca.pem"));
    let exchange = tokio::task::spawn_blocking(move || {
        let name = "greengrass.local".try_into().unwrap();
        let connection = ClientConnection::new(config, name).unwrap();
        let stream = TcpStream::connect((address.host.as_str(), address.port)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    });
    let answer = exchange.await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

fn browser(anchor: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(anchor).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// A tablet that took an invitation up and waits to be compared.
pub(crate) struct Waiting {
    key: Key,
    body: Value,
    /// What it shows.
    pub(crate) digits: String,
}

/// Invites a tablet, which takes the invitation up.
pub(crate) async fn taken_up(hotel: &Hotel, name: &str, role: &str) -> Waiting {
    let arguments = ["authority", "invite", name, "--role", role, "--json"];
    let invitation: Value = serde_json::from_str(&hotel.edgectl(&arguments)).unwrap();
    let code: Nonce = serde_json::from_value(invitation["code"].clone()).unwrap();
    let key = Key::generate();
    let public = key.public_key();
    let signature = key.sign(&proof(label::ENROL, &[&code.0, &public.0]));
    let body = json!({ "v": 1, "code": code, "key": public, "proof": signature });
    let (status, pending) = ask(hotel, "POST /enrol", "", &body).await;
    assert_eq!((status, &pending["principal"]), (202, &json!(name)));
    let nonce: Nonce = serde_json::from_value(pending["nonce"].clone()).unwrap();
    let digits = digits(&nonce, &public).to_string();
    Waiting { key, body, digits }
}

impl Waiting {
    /// Key and token, once it was confirmed.
    pub(crate) async fn token(self, hotel: &Hotel) -> (Key, String) {
        let (status, minted) = ask(hotel, "POST /enrol", "", &self.body).await;
        assert_eq!(status, 200, "{minted}");
        (self.key, minted["token"].as_str().unwrap().to_owned())
    }
}

/// Enrols a tablet: its key and its token.
pub(crate) async fn enrolled(hotel: &Hotel, name: &str, role: &str) -> (Key, String) {
    let waiting = taken_up(hotel, name, role).await;
    hotel.edgectl(&["authority", "confirm", name, &waiting.digits]);
    waiting.token(hotel).await
}

async fn bearer(hotel: &Hotel, (key, token): &(Key, String)) -> (u16, Value) {
    let (_, challenge) = ask(hotel, "POST /challenge", "", &Value::Null).await;
    let nonce: Nonce = serde_json::from_value(challenge["nonce"].clone()).unwrap();
    let digest = sha256(token.as_bytes());
    let signature = key.sign(&proof(label::BEARER, &[&nonce.0, &digest.0]));
    let body = json!({ "v": 1, "token": token, "nonce": nonce, "proof": signature });
    ask(hotel, "POST /bearer", "", &body).await
}

/// Asks for a guest's token as `console` does for its pages.
async fn seat(console: &Client, table: &str, page: &Key) -> Result<Minted, Problem> {
    let key = page.public_key();
    let wish = MintGuest {
        table: table.parse().unwrap(),
        key,
        proof: page.sign(&proof(label::GUEST, &[table.as_bytes(), &key.0])),
    };
    let operation = MINT_GUEST.parse().unwrap();
    let answer = console
        .bus
        .request(Component::Authority, &operation, wish, WAIT);
    answer.await.map_err(|error| match error {
        kit::bus::RequestError::Problem(problem) => problem,
        other => panic!("{other}"),
    })
}

fn verifier(hotel: &Hotel) -> Verifier {
    Verifier::of(&Identity::load(&hotel.identity_dir("console")).unwrap())
}

fn believed(hotel: &Hotel, token: &str) -> Caller {
    let credential = Credential::Token(token.to_owned());
    verifier(hotel)
        .credential(&credential, Clock::system().wall())
        .unwrap()
}

// authority-2.1, authority-3.3, authority-4.1, authority-4.2, authority-4.4, authority-5.4
#[tokio::test]
async fn an_evening_at_a_table_from_the_tablet_to_the_last_guest() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    let desk = enrolled(&hotel, "desk-1", "front-desk").await;
    let (status, given) = bearer(&hotel, &desk).await;
    assert_eq!(status, 200, "{given}");
    let staff = given["bearer"].as_str().unwrap();

    let table = json!({ "table": "t-4" });
    let (status, sitting) = ask(&hotel, "POST /sittings", staff, &table).await;
    assert_eq!((status, &sitting["open"]), (200, &json!(true)));
    assert!(hotel.edgectl(&["sitting", "list"]).contains("t-4"));

    let console = hotel.client("console").await;
    let mut lists = revocations(&console.bus).await;
    let refusals = Refusals::default();
    let mut take_next = async || {
        let delivery = next(&mut lists).await;
        let signed: SignedRevocations = wire::decode(&delivery.body).unwrap();
        delivery.acknowledge();
        let list = verifier(&hotel).revocations(&signed.list, Clock::system().wall());
        refusals.take(list.unwrap())
    };
    assert!(take_next().await);

    let page = Key::generate();
    let minted = seat(&console, "t-4", &page).await.unwrap();
    let guest = believed(&hotel, &minted.token);
    assert!(guest.proves(b"message", &page.sign(b"message")));
    assert!(!refusals.refuses(&guest));

    let close = format!(
        "POST /sittings/{}/close",
        sitting["sitting"].as_str().unwrap()
    );
    let (status, closed) = ask(&hotel, &close, staff, &Value::Null).await;
    assert_eq!((status, &closed["open"]), (200, &json!(false)));
    while !refusals.refuses(&guest) {
        take_next().await;
    }
    let refused = seat(&console, "t-4", &page).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("table"));
    console.end().await;
}

// authority-1.3, authority-5.1
#[tokio::test]
async fn a_revoked_tablet_stays_revoked_through_a_kill() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    let kitchen = enrolled(&hotel, "kitchen-1", "kitchen").await;
    assert_eq!(bearer(&hotel, &kitchen).await.0, 200);
    hotel.edgectl(&["authority", "revoke", "kitchen-1"]);
    hotel.kill_and_wait("authority").await;
    let (status, problem) = bearer(&hotel, &kitchen).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    let listed = hotel.edgectl(&["authority", "principals"]);
    let line = listed.lines().find(|line| line.starts_with("kitchen-1"));
    assert!(line.unwrap().contains("revoked"), "{listed}");
    let again = hotel.try_edgectl(&["authority", "invite", "kitchen-1", "--role", "kitchen"]);
    assert!(!again.status.success(), "a name is used once");
}

// authority-2.6
#[tokio::test]
async fn an_invitation_is_shown_as_a_code_for_the_tablets_camera() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    let picture = hotel.dir().join("pass.svg");
    let file = picture.to_str().unwrap();
    let invite = ["authority", "invite", "--role", "kitchen", "--name", "Pass"];
    let shown = hotel.edgectl(&[&invite[..], &["--svg", file, "kitchen-2"]].concat());
    let rows = shown.lines().filter(|line| line.starts_with('█'));
    assert!(rows.count() > 20, "{shown}");
    assert!(shown.contains("/enrol#code="), "{shown}");
    assert!(
        std::fs::read_to_string(picture)
            .unwrap()
            .starts_with("<svg")
    );
}

// authority-4.1, authority-6.2
#[tokio::test]
async fn a_question_that_is_repeated_after_a_kill_is_not_carried_out_twice() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    let operator = hotel.client("edgectl").await;
    let id = kit::ids::new(Clock::system().wall());
    let open = async || -> Sitting {
        let (wish, operation) = (json!({ "table": "t-4" }), OPEN_SITTING.parse().unwrap());
        let answer = operator
            .bus
            .request_as(id, Component::Authority, &operation, wish, WAIT);
        answer.await.unwrap()
    };
    let first = open().await;
    hotel.kill_and_wait("authority").await;
    assert_eq!(open().await, first);
    let (sitting, operation) = (first.sitting, CLOSE_SITTING.parse().unwrap());
    let wish = CloseSitting { sitting };
    let closed = operator
        .bus
        .request(Component::Authority, &operation, wish, WAIT);
    let closed: Sitting = closed.await.unwrap();
    assert!(!closed.open);
    operator.end().await;
}

// authority-1.1
#[tokio::test]
async fn a_component_gets_its_next_leaf_over_the_bus() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    let console = hotel.client("console").await;
    let csr = Key::generate().signing_request().unwrap();
    let operation = RENEW_LEAF.parse().unwrap();
    let answer = console
        .bus
        .request(Component::Authority, &operation, RenewLeaf { csr }, WAIT);
    let leaf: Leaf = answer.await.unwrap();
    let der = CertificateDer::from_pem_slice(leaf.certificate.as_bytes()).unwrap();
    let next = Particulars::of(&der).unwrap();
    let present = Identity::load(&hotel.identity_dir("console")).unwrap();
    assert_eq!(next.spiffe, present.spiffe);
    assert_eq!(
        next.server_names,
        Particulars::of(&present.chain[0]).unwrap().server_names
    );
    assert_eq!(leaf.not_after, next.not_after);
    console.end().await;
}

// authority-1.2
#[tokio::test]
async fn an_authority_that_was_off_for_months_renews_itself_before_anything_else() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    let dir = hotel.identity_dir("authority");
    let realm = Identity::load(&dir).unwrap().spiffe.realm();
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let property = &hotel.places.property_dir;
    let (ca, key) = (property.join("ca.pem"), property.join("ca.key"));
    let ca = PropertyCa::load(realm, &read(&ca), &read(&key)).unwrap();
    let key = Key::from_pem(&read(&dir.join("key.pem"))).unwrap();
    let now = Clock::system().wall();
    let months_ago = i64::try_from(now.value() / 1_000).unwrap() - 200 * 24 * 60 * 60;
    let lapsed = ca
        .issue(
            &Holder::Component(Component::Authority),
            &ServerNames::default(),
            &key,
            time::OffsetDateTime::from_unix_timestamp(months_ago).unwrap(),
        )
        .unwrap();
    write_open(&dir.join("cert.pem"), lapsed.as_bytes()).unwrap();
    assert!(Identity::load(&dir).unwrap().not_after < now);
    hotel.kill_and_wait("authority").await;
    assert!(Identity::load(&dir).unwrap().not_after > now);
    enrolled(&hotel, "desk-1", "front-desk").await;
}
