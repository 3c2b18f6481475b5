//! A handshake between a tablet and the box, committed for whoever writes another peer. After a
//! change that is meant: `UPDATE=1 cargo test --workspace a_committed_handshake`.

use kit::identity::Realm;
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use wire::octets::{from_base64url, to_base64url};

use super::*;
use crate::specimen::{golden, hex, octets};

fn specimen() -> Value {
    let hotel = Hotel::new("seaside");
    let keys = (Key::generate(), Key::generate());
    let mut tablet = tablet_with(&hotel, &keys.0);
    let mut proxy = proxy_with(&hotel, &keys.1);
    let offerer = tablet.hello.clone();
    let proofs = (tablet.sends(&proxy.hello), proxy.sends(&offerer));
    let text = |position| transcript(position, &offerer[1..], &proxy.hello[1..]);
    let side = |key: &Key, hello: &[u8], proof: &[u8], position| {
        json!({
            "key_pkcs8": pkcs8(key),
            "public_key": to_base64url(&key.public_key().0),
            "hello_frame": hex(hello),
            "proof_frame": hex(proof),
            "signed": hex(&text(position)),
        })
    };
    let realm = hotel.realm();
    json!({
        "trust_domain": realm.trust_domain,
        "tenant": realm.tenant,
        "property": realm.property,
        "property_ca": to_base64url(hotel.anchor()),
        "at": now(),
        "offerer": side(&keys.0, &offerer, &proofs.0, Position::Offerer),
        "answerer": side(&keys.1, &proxy.hello, &proofs.1, Position::Answerer),
        "hellos_sha256": hex(&text(Position::Offerer)[label::PEER_HANDSHAKE.len() + 1 + 4 + 7 + 4..]),
    })
}

/// The key as base64url of its PKCS #8, which is what stands between the lines of PEM.
fn pkcs8(key: &Key) -> String {
    let pem = key.secret_pem();
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    let base64: String = lines.collect();
    base64
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_")
}

fn key(pkcs8: &str) -> Key {
    let padding = "=".repeat(pkcs8.len().wrapping_neg() % 4);
    let base64 = pkcs8.replace('-', "+").replace('_', "/") + &padding;
    let label = "PRIVATE KEY-----";
    Key::from_pem(&format!("-----BEGIN {label}\n{base64}\n-----END {label}\n")).unwrap()
}

fn text<'a>(vector: &'a Value, path: &str) -> &'a str {
    vector.pointer(path).and_then(Value::as_str).unwrap()
}

fn verifier(vector: &Value) -> Verifier {
    let anchor = from_base64url(text(vector, "/property_ca")).unwrap();
    let realm = Realm {
        trust_domain: text(vector, "/trust_domain").parse().unwrap(),
        tenant: text(vector, "/tenant").parse().unwrap(),
        property: text(vector, "/property").parse().unwrap(),
    };
    Verifier::of_properties([(realm, vec![CertificateDer::from(anchor)])])
}

// peer-3.3
#[test]
fn a_committed_handshake_is_believed() {
    let vector = golden("handshake.json", specimen);
    let at = serde_json::from_value(vector["at"].clone()).unwrap();
    let verifier = verifier(&vector);
    let hellos = ["/offerer/hello_frame", "/answerer/hello_frame"];
    let [offerer, answerer] = hellos.map(|path| octets(text(&vector, path)));
    for (name, frame, position) in [
        ("offerer", &offerer, Position::Offerer),
        ("answerer", &answerer, Position::Answerer),
    ] {
        let Ok(Frame::Hello(octets_of_hello)) = Frame::parse(frame) else {
            panic!("no hello");
        };
        let hello: Hello = decode(octets_of_hello).unwrap();
        let caller = verifier.credential(&hello.credential, at).unwrap();
        assert_eq!(caller.principal, hello.from);
        let signed = transcript(position, &offerer[1..], &answerer[1..]);
        assert_eq!(hex(&signed), text(&vector, &format!("/{name}/signed")));
        assert!(hex(&signed).ends_with(text(&vector, "/hellos_sha256")));
        let frame = octets(text(&vector, &format!("/{name}/proof_frame")));
        let Ok(Frame::Proof(proof)) = Frame::parse(&frame) else {
            panic!("no proof");
        };
        let proof: Proof = decode(proof).unwrap();
        assert!(caller.proves(&signed, &proof.signature));
        let key = key(text(&vector, &format!("/{name}/key_pkcs8")));
        let public = text(&vector, &format!("/{name}/public_key"));
        assert_eq!(to_base64url(&caller.key.unwrap().0), public);
        assert!(caller.proves(&signed, &key.sign(&signed)));
        let swapped = transcript(position.other(), &offerer[1..], &answerer[1..]);
        assert!(!caller.proves(&swapped, &proof.signature));
    }
}

// peer-3.3
#[test]
fn the_page_shows_the_committed_handshake() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/spec/peer.md");
    let page = std::fs::read_to_string(path).unwrap();
    let digits: String = page.split_whitespace().collect();
    let vector = golden("handshake.json", specimen);
    let signed = format!("00000020{}", text(&vector, "/hellos_sha256"));
    assert!(
        digits.contains(&signed),
        "another digest is signed: {signed}"
    );
}
