//! A peer that knows no library of ours: WebSocket (RFC 6455) and HTTP, octet by octet.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use hotel_tests::Hotel;
use hotel_tests::hotel::LIMIT;
use kit::config::Address;
use kit::credential::Passport;
use kit::digest::sha256;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};
use wire::Nonce;
use wire::credential::{label, proof};
use wire::octets::to_base64url;
use wire::signaling::{CREDENTIAL_HEADER, NONCE_HEADER, PROOF_HEADER};

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
/// A client's frames are masked.
const MASKED: u8 = 0x80;
/// The length follows in two octets.
const LONG: u8 = 0x7e;

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// A WebSocket to the server.
pub(super) struct Page(Box<dyn Stream>);

impl Page {
    /// Connects in the clear and asks to join; with what came back.
    pub(super) fn join(hotel: &Hotel, passport: &Passport) -> (Self, Value) {
        let stream = connect(&hotel.listener("signaling", "listener"));
        Self::over(Box::new(stream), passport)
    }

    /// The same over TLS, as a tablet that trusts the property's CA.
    pub(super) fn join_secured(hotel: &Hotel, passport: &Passport) -> (Self, Value) {
        let address = hotel.listener("signaling", "tls_listener");
        let anchor = hotel.identity_dir("signaling").join("ca.pem");
        Self::trusting(&anchor, "greengrass.local", &address, passport)
    }

    /// The same with the server of the simulated cloud, which the chain root vouches for.
    pub(super) fn join_cloud(hotel: &Hotel, passport: &Passport) -> (Self, Value) {
        let places = std::fs::read(hotel.dir().join("hotel.json")).unwrap();
        let places: Value = serde_json::from_slice(&places).unwrap();
        let address: Address = serde_json::from_value(places["cloud_signaling"].clone()).unwrap();
        let anchor = hotel.dir().join("cloud/server/ca.pem");
        Self::trusting(&anchor, &address.host, &address, passport)
    }

    fn trusting(
        anchor: &Path,
        name: &str,
        address: &Address,
        passport: &Passport,
    ) -> (Self, Value) {
        let name = name.to_owned().try_into().unwrap();
        let connection = ClientConnection::new(tablet(anchor), name).unwrap();
        let stream = StreamOwned::new(connection, connect(address));
        Self::over(Box::new(stream), passport)
    }

    fn over(mut stream: Box<dyn Stream>, passport: &Passport) -> (Self, Value) {
        let upgrade = "GET /ws HTTP/1.1\r\nHost: greengrass.local\r\nConnection: Upgrade\r\n\
            Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(upgrade.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(octets(&mut stream, 1));
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "));
        let mut page = Self(stream);
        let nonce: Nonce = serde_json::from_value(page.told()["nonce"].clone()).unwrap();
        let property = passport.property().as_str().as_bytes();
        let message = proof(label::SIGNALING_JOIN, &[&nonce.0, property]);
        page.say(&json!({
            "type": "join", "v": 1, "credential": passport.credential(),
            "proof": passport.sign(&message),
        }));
        let told = page.told();
        (page, told)
    }

    pub(super) fn say(&mut self, message: &Value) {
        self.say_text(&message.to_string());
    }

    /// One text, masked with zeros.
    pub(super) fn say_text(&mut self, text: &str) {
        let length = u16::try_from(text.len()).unwrap();
        let mut frame = vec![0x80 | TEXT];
        match u8::try_from(length) {
            Ok(short) if short < LONG => frame.push(MASKED | short),
            Ok(_) | Err(_) => {
                frame.push(MASKED | LONG);
                frame.extend(length.to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.write_all(&frame).unwrap();
    }

    /// The next message.
    pub(super) fn told(&mut self) -> Value {
        let text = self.next(TEXT);
        serde_json::from_slice(&text).unwrap()
    }

    /// Reads on to the end, and returns its code.
    pub(super) fn end(&mut self) -> u16 {
        let frame = self.next(CLOSE);
        u16::from_be_bytes([frame[0], frame[1]])
    }

    /// The next frame of a kind; pings are left unanswered.
    fn next(&mut self, wanted: u8) -> Vec<u8> {
        loop {
            let head = octets(&mut self.0, 2);
            let length = match head[1] {
                LONG => u64::from(u16::from_be_bytes(
                    octets(&mut self.0, 2).try_into().unwrap(),
                )),
                127 => u64::from_be_bytes(octets(&mut self.0, 8).try_into().unwrap()),
                short => u64::from(short),
            };
            let payload = octets(&mut self.0, length.try_into().unwrap());
            match head[0] & 0x0f {
                kind if kind == wanted => return payload,
                TEXT | CLOSE => panic!("{}", String::from_utf8_lossy(&payload)),
                _ => {}
            }
        }
    }
}

fn octets(stream: &mut impl Read, count: usize) -> Vec<u8> {
    let mut octets = vec![0; count];
    stream.read_exact(&mut octets).unwrap();
    octets
}

fn connect(address: &Address) -> TcpStream {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

fn tablet(anchor: &Path) -> Arc<ClientConfig> {
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

/// A nonce for the next request.
pub(super) fn nonce(hotel: &Hotel) -> Nonce {
    let (status, health) = ask(hotel, "GET /health", "", "");
    assert_eq!((status, &health["deviceId"]), (200, &json!("device-proxy")));
    serde_json::from_value(health["nonce"].clone()).unwrap()
}

/// A signed request, its status and answer.
pub(super) fn post(
    hotel: &Hotel,
    passport: &Passport,
    nonce: &Nonce,
    path: &str,
    body: &Value,
) -> (u16, Value) {
    let body = body.to_string();
    let digest = sha256(body.as_bytes());
    let parts: &[&[u8]] = &[&nonce.0, path.as_bytes(), &digest.0];
    let signature = passport.sign(&proof(label::SIGNALING_POST, parts));
    let credential = to_base64url(&wire::encode(passport.credential()));
    let (nonce, signature) = (to_base64url(&nonce.0), to_base64url(&signature.0));
    let headers = format!(
        "{CREDENTIAL_HEADER}: {credential}\r\n{NONCE_HEADER}: {nonce}\r\n\
         {PROOF_HEADER}: {signature}\r\n"
    );
    ask(hotel, &format!("POST {path}"), &headers, &body)
}

fn ask(hotel: &Hotel, request: &str, headers: &str, body: &str) -> (u16, Value) {
    let mut stream = connect(&hotel.listener("signaling", "http_listener"));
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\nHost: greengrass.local\r\nConnection: close\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}
