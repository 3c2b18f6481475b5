//! Peers find each other through the real server: in the clear, over TLS, by HTTP, and after the
//! server was killed.

use hotel_tests::hotel::LIMIT;
use hotel_tests::{Hotel, Plan, eventually};
use kit::ca::Key;
use kit::clock::Clock;
use kit::credential::{Passport, jwk, sign_token};
use kit::identity::Identity;
use serde_json::{Value, json};
use wire::Integer;
use wire::credential::{Claims, Confirmation, POP_TYPE, Role};

mod page;

use page::{Page, post};

const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &["broker", "authority", "signaling"],
};
const CONNECTION: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const SDP: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=application 9 x y\r\n";
const HOST: &str = "candidate:1 1 UDP 2130706431 10.7.0.9 50000 typ host";

async fn up() -> Hotel {
    let hotel = Hotel::up(PARTS);
    ready(&hotel).await;
    hotel
}

async fn ready(hotel: &Hotel) -> u32 {
    eventually("signaling is ready", LIMIT, || async {
        let part = hotel.part("signaling")?;
        part.pid.filter(|_| part.ready)
    })
    .await
}

fn identity(hotel: &Hotel, component: &str) -> Identity {
    Identity::load(&hotel.identity_dir(component)).unwrap()
}

/// A component with its leaf certificate.
fn component(hotel: &Hotel, name: &str) -> Passport {
    Passport::of(&identity(hotel, name))
}

/// A person with a token as the authority signs it, good for some seconds.
fn person(hotel: &Hotel, name: &str, role: Role, life_s: i64) -> Passport {
    let (key, now) = (Key::generate(), Clock::system().wall().value() / 1_000);
    let exp = now.checked_add_signed(life_s).unwrap();
    let claims = Claims {
        tenant: hotel.places.tenant.clone(),
        property: hotel.places.property.clone(),
        sub: name.parse().unwrap(),
        role,
        jti: CONNECTION.parse().unwrap(),
        iat: Integer::new(now.min(exp) - 60).unwrap(),
        exp: Integer::new(exp).unwrap(),
        cnf: Some(Confirmation {
            jwk: jwk(&key.public_key()),
        }),
        sitting: None,
        table: None,
    };
    let token = sign_token(&identity(hotel, "authority"), POP_TYPE, &claims);
    Passport::with_token(token, &key).unwrap()
}

fn guest(hotel: &Hotel, name: &str) -> Passport {
    person(hotel, name, Role::Guest, 3_600)
}

fn offer(to: &str) -> Value {
    json!({ "type": "offer", "to": to, "connection": CONNECTION, "sdp": SDP })
}

fn candidate(to: &str) -> Value {
    json!({
        "type": "ice-candidate", "to": to, "connection": CONNECTION,
        "candidate": { "candidate": HOST, "sdpMid": "0" },
    })
}

#[track_caller]
fn check_problem(told: &Value, code: &str, field: Option<&str>) {
    let problem = &told["problem"];
    assert_eq!(told["type"], "problem", "{told}");
    assert_eq!(
        (&problem["code"], &problem["field"]),
        (&json!(code), &json!(field))
    );
}

// signaling-1.1, signaling-1.2, signaling-2.1, signaling-2.2, signaling-3.1, signaling-3.3
#[tokio::test]
async fn the_box_and_its_guests_set_connections_up_in_the_clear_and_over_tls() {
    let hotel = up().await;
    let (mut proxy, told) = Page::join(&hotel, &component(&hotel, "device-proxy"));
    assert_eq!(
        (&told["type"], &told["you"]["standing"]),
        (&json!("welcome"), &json!("component"))
    );

    let (mut one, told) = Page::join(&hotel, &guest(&hotel, "guest-1"));
    assert_eq!(told["peers"][0]["id"], "device-proxy");
    assert_eq!(proxy.told()["peer"]["id"], "guest-1");
    let (mut kitchen, told) =
        Page::join_secured(&hotel, &person(&hotel, "kitchen-1", Role::Kitchen, 3_600));
    assert_eq!(told["peers"].as_array().unwrap().len(), 2);
    assert_eq!(one.told()["peer"]["id"], "kitchen-1");

    one.say(&offer("device-proxy"));
    assert_eq!(proxy.told()["peer"]["id"], "kitchen-1");
    let offered = proxy.told();
    assert_eq!(
        (&offered["type"], &offered["from"]),
        (&json!("offer"), &json!("guest-1"))
    );
    proxy.say(&json!({ "type": "answer", "to": "guest-1", "connection": CONNECTION, "sdp": SDP }));
    assert_eq!(one.told()["from"], "device-proxy");

    let (_two, _) = Page::join(&hotel, &guest(&hotel, "guest-2"));
    one.say(&offer("guest-2"));
    let returned = one.told();
    assert_eq!(
        (&returned["type"], &returned["reason"]),
        (&json!("undeliverable"), &json!("unknown-peer"))
    );
    assert_eq!(kitchen.told()["peer"]["id"], "guest-2");
}

// signaling-1.3, signaling-3.4, signaling-5.1, signaling-5.2
#[tokio::test]
async fn strangers_and_nonsense_are_refused_with_what_is_wrong() {
    let hotel = up().await;
    let other = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "authority"],
    });
    let (mut stranger, told) = Page::join(&hotel, &guest(&other, "guest-1"));
    check_problem(&told, "forbidden", Some("credential"));
    assert_eq!(stranger.end(), 1008);
    let late = person(&hotel, "guest-1", Role::Guest, -1);
    let (mut late, told) = Page::join(&hotel, &late);
    check_problem(&told, "expired", Some("credential"));
    assert_eq!(late.end(), 1008);

    let (mut page, _) = Page::join(&hotel, &guest(&hotel, "guest-1"));
    page.say_text("{");
    check_problem(&page.told(), "malformed", None);
    let mut broken = offer("device-proxy");
    broken["sdp"] = json!("hello");
    page.say(&broken);
    check_problem(&page.told(), "malformed", Some("sdp"));

    let till = person(&hotel, "till-1", Role::Pos, 3_600);
    let answer = json!({ "connectionId": CONNECTION, "sdp": SDP });
    let nonce = page::nonce(&hotel);
    let first = post(&hotel, &till, &nonce, "/answer", &answer);
    assert_eq!(first.0, 202, "{}", first.1);
    let again = post(&hotel, &till, &nonce, "/answer", &answer);
    assert_eq!((again.0, &again.1["field"]), (410, &json!("x-hotel-nonce")));
    let nobody = post(&hotel, &till, &page::nonce(&hotel), "/offer", &answer);
    assert_eq!((nobody.0, &nobody.1["code"]), (503, &json!("unavailable")));
}

// signaling-1.4, signaling-4.1, signaling-9.1
#[tokio::test]
async fn peers_come_back_to_their_messages_and_to_a_server_that_was_killed() {
    let hotel = up().await;
    let proxy = component(&hotel, "device-proxy");
    let (mut page, _) = Page::join(&hotel, &guest(&hotel, "guest-1"));
    page.say(&offer("device-proxy"));
    page.say(&candidate("device-proxy"));
    page.say(&json!({ "type": "ping", "number": 1 }));
    assert_eq!(page.told()["type"], "pong");

    let (mut first, told) = Page::join(&hotel, &proxy);
    assert_eq!(told["resumed"], json!(false));
    let offered = first.told();
    assert_eq!(offered["type"], "offer");
    assert!(offered["queued_ms"].is_u64(), "{offered}");
    assert_eq!(first.told()["type"], "ice-candidate");
    let (_second, told) = Page::join(&hotel, &proxy);
    assert_eq!(told["resumed"], json!(true));
    check_problem(&first.told(), "conflict", None);
    assert_eq!(first.end(), 4001);

    let pid = ready(&hotel).await;
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    eventually("signaling was started again", LIMIT, || async {
        let part = hotel.part("signaling")?;
        (part.ready && part.pid.is_some_and(|now| now != pid)).then_some(())
    })
    .await;
    let (mut proxy, _) = Page::join(&hotel, &proxy);
    let (mut page, _) = Page::join(&hotel, &guest(&hotel, "guest-1"));
    assert_eq!(proxy.told()["type"], "peer-joined");
    page.say(&offer("device-proxy"));
    assert_eq!(proxy.told()["type"], "offer");
}

// signaling-8.1, signaling-8.2, signaling-8.3
#[tokio::test]
async fn the_cloud_serves_a_hotel_without_its_bus_while_its_record_is_there() {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker", "authority", "cloud-signaling"],
    });
    hotel.ready(&["cloud-signaling"], LIMIT).await;
    let (mut proxy, told) = Page::join_cloud(&hotel, &component(&hotel, "device-proxy"));
    assert_eq!(told["type"], "welcome");
    let (mut page, _) = Page::join_cloud(&hotel, &guest(&hotel, "guest-1"));
    assert_eq!(proxy.told()["type"], "peer-joined");
    page.say(&offer("device-proxy"));
    assert_eq!(proxy.told()["from"], "guest-1");

    let record = format!("cloud/properties/{}.json", hotel.places.property);
    std::fs::remove_file(hotel.dir().join(record)).unwrap();
    check_problem(&page.told(), "forbidden", None);
    assert_eq!(page.end(), 4003);
    let (_late, told) = Page::join_cloud(&hotel, &guest(&hotel, "guest-1"));
    check_problem(&told, "forbidden", Some("credential"));
}

// signaling-1.5, authority-5.1
#[tokio::test]
async fn a_revoked_tablets_socket_is_closed_and_opens_no_more() {
    let hotel = up().await;
    hotel.edgectl(&["authority", "invite", "kitchen-1", "--role", "kitchen"]);
    let kitchen = person(&hotel, "kitchen-1", Role::Kitchen, 3_600);
    let (mut page, told) = Page::join_secured(&hotel, &kitchen);
    assert_eq!(told["type"], "welcome");
    let clock = Clock::system();
    hotel.edgectl(&["authority", "revoke", "kitchen-1"]);
    let revoked = clock.monotonic();
    check_problem(&page.told(), "forbidden", None);
    assert_eq!(page.end(), 4003);
    assert!(clock.monotonic() - revoked < std::time::Duration::from_secs(5));
    let (_late, told) = Page::join_secured(&hotel, &kitchen);
    check_problem(&told, "forbidden", Some("credential"));
    ready(&hotel).await;
}
