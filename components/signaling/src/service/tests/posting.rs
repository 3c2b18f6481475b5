//! Signed requests.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wire::octets::to_base64url;
use wire::signaling::{CREDENTIAL_HEADER, NONCE_HEADER, PROOF_HEADER};

use super::*;

/// Status, headers in small letters, and the body if it is JSON.
type Answer = (u16, String, Value);

async fn ask(address: SocketAddr, request: &str, headers: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\nhost: box\r\nconnection: close\r\ncontent-length: {length}\r\n\
         {headers}\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = timeout(LIMIT, stream.read_to_string(&mut answer));
    read.await.expect("an answer comes in time").unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head[9..12].parse().unwrap();
    (
        status,
        head.to_lowercase(),
        serde_json::from_str(body).unwrap_or_default(),
    )
}

async fn nonce(running: &Running) -> Nonce {
    let (status, _, health) = ask(running.http, "GET /health", "", "").await;
    assert_eq!((status, &health["status"]), (200, &json!("ok")));
    assert_eq!(health["deviceId"], "device-proxy");
    serde_json::from_value(health["nonce"].clone()).unwrap()
}

fn signed(passport: &Passport, nonce: &Nonce, path: &str, body: &str) -> String {
    let digest = kit::digest::sha256(body.as_bytes());
    let message = proof(
        label::SIGNALING_POST,
        &[&nonce.0, path.as_bytes(), &digest.0],
    );
    let credential = to_base64url(&wire::encode(passport.credential()));
    let (nonce, proof) = (
        to_base64url(&nonce.0),
        to_base64url(&passport.sign(&message).0),
    );
    format!(
        "{CREDENTIAL_HEADER}: {credential}\r\n{NONCE_HEADER}: {nonce}\r\n{PROOF_HEADER}: {proof}\r\n"
    )
}

async fn post(running: &Running, passport: &Passport, path: &str, body: &Value) -> Answer {
    let (nonce, body) = (nonce(running).await, body.to_string());
    let headers = signed(passport, &nonce, path, &body);
    ask(running.http, &format!("POST {path}"), &headers, &body).await
}

#[track_caller]
fn check_refused(answer: &Answer, status: u16, code: &str, field: &str) {
    let (found, _, problem) = answer;
    let expected = (status, &json!(code), &json!(field));
    assert_eq!(
        (*found, &problem["code"], &problem["field"]),
        expected,
        "{problem}"
    );
}

fn exchange() -> Value {
    json!({ "connectionId": CONNECTION, "sdp": SDP, "iceCandidates": [] })
}

// signaling-5.1
#[tokio::test]
async fn an_offer_by_http_reaches_the_box_and_brings_its_answer_back() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let mut proxy = Client::join(running.socket, &estate.component(Component::DeviceProxy)).await;
    let till = estate.person("till-1", Work::Pos, 1, 3_600);
    let answering = tokio::spawn(async move {
        let ServerMessage::Offer(sdp) = proxy.told().await else {
            panic!("the box is offered a connection");
        };
        assert_eq!(sdp.from, "till-1".parse().ok());
        let whole = format!("{SDP}a=candidate:1 1 UDP 1 10.7.0.1 50000 typ host\r\n");
        proxy
            .say(&json!({
                "type": "answer", "to": "till-1", "connection": CONNECTION, "sdp": whole,
            }))
            .await;
        proxy
    });
    let (status, _, answer) = post(&running, &till, "/offer", &exchange()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        (&answer["from"], &answer["to"]),
        (&json!("device-proxy"), &json!("till-1"))
    );
    assert_eq!(answer["iceCandidates"], json!([]));
    drop(answering.await.unwrap());
    running.end().await;
}

// signaling-5.2
#[tokio::test]
async fn a_request_that_is_sent_again_or_changed_is_refused() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let till = estate.person("till-1", Work::Pos, 1, 3_600);
    let (nonce, body) = (nonce(&running).await, exchange().to_string());
    let headers = signed(&till, &nonce, "/answer", &body);
    let changed = body.replace("v=0", "v=1");
    let answer = ask(running.http, "POST /answer", &headers, &changed).await;
    check_refused(&answer, 403, "forbidden", "proof");
    let answer = ask(running.http, "POST /offer", &headers, &body).await;
    check_refused(&answer, 403, "forbidden", "proof");
    let (status, _, _) = ask(running.http, "POST /answer", &headers, &body).await;
    assert_eq!(status, 202, "an answer waits for the box");
    let answer = ask(running.http, "POST /answer", &headers, &body).await;
    check_refused(&answer, 410, "expired", NONCE_HEADER);
    let forged = signed(&till, &Nonce([7; 32]), "/answer", &body);
    let answer = ask(running.http, "POST /answer", &forged, &body).await;
    check_refused(&answer, 403, "forbidden", NONCE_HEADER);
    let answer = ask(running.http, "POST /answer", "", &body).await;
    check_refused(&answer, 400, "malformed", CREDENTIAL_HEADER);
    running.end().await;
}

// signaling-5.3, signaling-3.4
#[tokio::test]
async fn a_wrong_request_is_refused_with_its_field() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let till = estate.person("till-1", Work::Pos, 1, 3_600);
    let refused = |body| post(&running, &till, "/offer", body);
    let broken = json!({ "connectionId": CONNECTION, "sdp": "hello" });
    check_refused(&refused(&broken).await, 400, "malformed", "sdp");
    let missing = json!({ "connectionId": CONNECTION });
    check_refused(&refused(&missing).await, 400, "malformed", "sdp");
    let nobody = json!({ "to": "nobody", "connectionId": CONNECTION, "sdp": SDP });
    check_refused(&refused(&nobody).await, 404, "not-found", "to");
    check_refused(&refused(&exchange()).await, 503, "unavailable", "to");
    let foreign = Estate::new("hilltop").person("till-1", Work::Pos, 1, 3_600);
    let answer = post(&running, &foreign, "/offer", &exchange()).await;
    check_refused(&answer, 403, "forbidden", "credential");
    let one = json!({ "connection": CONNECTION, "candidate": { "candidate": "no" } });
    let answer = post(&running, &till, "/ice-candidate", &one).await;
    check_refused(&answer, 400, "malformed", "candidate.candidate");
    let answer = ask(running.http, "GET /offer", "", "").await;
    check_refused(&answer, 404, "not-found", "path");
    running.end().await;
}

// signaling-5.4
#[tokio::test]
async fn pages_of_other_origins_may_ask() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let asked = format!(
        "origin: http://greengrass.local\r\naccess-control-request-method: POST\r\n\
         access-control-request-headers: {CREDENTIAL_HEADER}\r\n"
    );
    let (status, head, _) = ask(running.http, "OPTIONS /offer", &asked, "").await;
    assert_eq!(status, 200);
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    assert!(head.contains(CREDENTIAL_HEADER), "{head}");
    running.end().await;
}

// signaling-2.4
#[tokio::test]
async fn counts_are_for_members_and_for_the_box_itself() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let desk = estate.person("desk-1", Work::FrontDesk, 1, 3_600);
    let page = Client::join(running.socket, &desk).await;
    let expected = json!({
        "totalPeers": 1, "properties": 1, "peersPerProperty": { "seaside": 1 },
    });
    let (status, _, counts) = ask(running.http, "GET /stats", "", "").await;
    assert_eq!((status, &counts), (200, &expected));
    let nonce = nonce(&running).await;
    let headers = signed(&desk, &nonce, "/stats", "");
    let (status, _, counts) = ask(running.http, "GET /stats", &headers, "").await;
    assert_eq!((status, &counts), (200, &expected));
    drop(page);
    running.end().await;
}
