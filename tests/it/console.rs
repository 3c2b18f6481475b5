//! The ways of guests and staff through the console, on real parts.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use hotel_tests::hotel::LIMIT;
use hotel_tests::{Hotel, Plan, eventually};
use kit::ca::Key;
use kit::clock::Clock;
use kit::config::Address;
use kit::credential::{Verifier, sign_token};
use kit::identity::Identity;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};
use wire::Integer;
use wire::authority::Minted;
use wire::credential::{
    BEARER_LIFE_S, BEARER_TYPE, Claims, Credential, Role, Standing, label, proof,
};

const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "authority", "console"],
};
const TABLE: &str = "table-7";

async fn ready(hotel: &Hotel) {
    hotel.ready(&["authority", "console"], LIMIT).await;
}

/// What came back: status, and the body if it is JSON.
type Answer = (u16, Value);

/// Asks as a page that was fetched in the clear.
async fn ask(hotel: &Hotel, request: &str, body: &Value) -> Answer {
    let address = hotel.listener("console", "listener");
    let request = written(request, "", body);
    on_a_thread(move || exchange(connect(&address), &request)).await
}

/// Asks as a tablet that trusts the property's CA.
async fn ask_secured(hotel: &Hotel, request: &str, bearer: &str) -> Answer {
    let address = hotel.listener("console", "tls_listener");
    let request = written(
        request,
        &format!("Authorization: Bearer {bearer}\r\n"),
        &Value::Null,
    );
    let config = tablet(hotel);
    on_a_thread(move || {
        let name = "greengrass.local".try_into().unwrap();
        let connection = ClientConnection::new(config, name).unwrap();
        exchange(StreamOwned::new(connection, connect(&address)), &request)
    })
    .await
}

async fn on_a_thread(exchange: impl FnOnce() -> Answer + Send + 'static) -> Answer {
    tokio::task::spawn_blocking(exchange).await.unwrap()
}

fn connect(address: &Address) -> TcpStream {
    TcpStream::connect((address.host.as_str(), address.port)).unwrap()
}

fn written(request: &str, headers: &str, body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "{request} HTTP/1.1\r\nHost: greengrass.local\r\nConnection: close\r\n{headers}\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn exchange(mut stream: impl Read + Write, request: &str) -> Answer {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

fn tablet(hotel: &Hotel) -> Arc<ClientConfig> {
    let anchor = hotel.identity_dir("console").join("ca.pem");
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

async fn seat(hotel: &Hotel, page: &Key) -> Answer {
    let key = page.public_key();
    let signature = page.sign(&proof(label::GUEST, &[TABLE.as_bytes(), &key.0]));
    let wish = json!({ "table": TABLE, "key": key, "proof": signature });
    ask(hotel, "POST /api/guest-token", &wish).await
}

#[track_caller]
fn check_refused(answer: &Answer, code: &str, field: &str) {
    let (status, problem) = answer;
    assert!(*status >= 400, "{answer:?}");
    assert_eq!(
        (&problem["code"], &problem["field"]),
        (&json!(code), &json!(field))
    );
}

// console-3.1
#[tokio::test]
async fn a_guest_gets_a_token_while_the_table_is_open_and_neither_before_nor_after() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    let page = Key::generate();
    check_refused(&seat(&hotel, &page).await, "not-found", "table");

    hotel.edgectl(&["sitting", "open", TABLE]);
    let (status, minted) = seat(&hotel, &page).await;
    assert_eq!(status, 200, "{minted}");
    let minted: Minted = serde_json::from_value(minted).unwrap();
    let verifier = Verifier::of(&Identity::load(&hotel.identity_dir("console")).unwrap());
    let credential = Credential::Token(minted.token);
    let guest = verifier
        .credential(&credential, Clock::system().wall())
        .unwrap();
    assert_eq!(guest.standing, Standing::Role(Role::Guest));
    assert_eq!(guest.table, Some(TABLE.parse().unwrap()));
    assert_eq!(guest.key, Some(page.public_key()));

    let forged = json!({
        "table": TABLE, "key": Key::generate().public_key(),
        "proof": page.sign(&proof(label::GUEST, &[TABLE.as_bytes(), &page.public_key().0])),
    });
    let (status, _) = ask(&hotel, "POST /api/guest-token", &forged).await;
    assert!(status >= 400, "a key that is not at hand got a token");

    hotel.edgectl(&["sitting", "close", &guest.sitting.unwrap().to_string()]);
    check_refused(&seat(&hotel, &page).await, "not-found", "table");
}

/// A bearer token as the authority signs it.
fn bearer(hotel: &Hotel, role: Role) -> String {
    let authority = Identity::load(&hotel.identity_dir("authority")).unwrap();
    let now = Clock::system().wall().value() / 1_000;
    let claims = Claims {
        tenant: hotel.places.tenant.clone(),
        property: hotel.places.property.clone(),
        sub: "desk-1".parse().unwrap(),
        role,
        jti: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
        iat: Integer::new(now).unwrap(),
        exp: Integer::new(now + u64::from(BEARER_LIFE_S)).unwrap(),
        cnf: None,
        sitting: None,
        table: None,
    };
    sign_token(&authority, BEARER_TYPE, &claims)
}

// console-1.1, console-2.2, console-4.1, console-4.2
#[tokio::test]
async fn staff_find_everybody_and_see_how_the_components_are() {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    let (status, told) = ask_secured(&hotel, "GET /api/hotel", "").await;
    assert_eq!(status, 200, "{told}");
    let authority = hotel.listener("authority", "tls_listener").port;
    let expected = format!("https://greengrass.local:{authority}");
    assert_eq!(told["authority_url"], json!(expected));
    assert_eq!(told["property"], json!(hotel.places.property));

    let desk = bearer(&hotel, Role::FrontDesk);
    eventually("staff see a ready authority", LIMIT, || async {
        let (_, statuses) = ask_secured(&hotel, "GET /api/status", &desk).await;
        let rows = statuses["components"].as_array()?.clone();
        let row = rows.iter().find(|row| row["component"] == "authority")?;
        (row["status"]["ready"] == json!(true)).then_some(())
    })
    .await;
    let guest = bearer(&hotel, Role::Guest);
    let refused = ask_secured(&hotel, "GET /api/status", &guest).await;
    check_refused(&refused, "forbidden", "authorization");
    let (status, _) = ask(&hotel, "GET /api/status", &Value::Null).await;
    assert_eq!(status, 404);
}
