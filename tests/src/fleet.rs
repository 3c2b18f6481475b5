//! The fleet-provisioning side of AWS IoT, played on a real broker: it signs CSRs with an authority
//! of its own, keeps the hook's allow-list, and answers as the cloud does.
//!
//! The broker is mosquitto with mutual TLS. A claim is a certificate named `claim`; whatever the
//! authority signs later is named `core`, as AWS names all of its certificates alike. Policies are
//! roles of the dynamic-security plugin, so a topic can be taken away from either.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kit::clock::Clock;
use kit::config::Address;
use kit::digest::sha256;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, IsCa, Issuer, KeyPair, SanType,
};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;

use crate::aws::Aws;
use crate::eventually::eventually;
use crate::hotel::LIMIT;

/// Name of the box with serial `…-0001`.
pub const THING: &str = "box-1";
const CREATE: &str = "$aws/certificates/create-from-csr/json";
const PROVISION: &str = "$aws/provisioning-templates/hotel-edge/provision/json";

/// How long the certificates of a fleet are good, in days from now.
#[derive(Debug, Clone, Copy)]
pub struct Claims {
    /// Until when the claim is good; in the past for one that has expired.
    pub days: i64,
}

/// A cloud that takes boxes in.
#[derive(Debug)]
pub struct Fleet {
    directory: TempDir,
    broker: Child,
    /// Where boxes connect.
    pub endpoint: Address,
    state: Arc<Mutex<State>>,
    responder: tokio::task::AbortHandle,
}

/// What the cloud knows.
#[derive(Debug, Default, Clone)]
pub struct State {
    /// The allow-list by serial: the first key that came with it, once one has.
    pub allowed: BTreeMap<String, Option<String>>,
    /// Certificates given out and not registered: token, and digest of their key.
    pending: BTreeMap<String, (String, String)>,
    /// Registered certificates by thing, in order.
    pub things: BTreeMap<String, Vec<String>>,
    /// Parameters of each registration that was accepted.
    pub parameters: Vec<Value>,
    /// Requests for a certificate.
    pub asked: u32,
}

/// Certificates and keys of a fleet.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("the kernel has randomness");
        let mut params = CertificateParams::default();
        params.distinguished_name = named("fleet CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let pem = params.self_signed(&key).expect("it signs itself").pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    /// Writes certificate and key of `name` as two files.
    fn write(&self, dir: &Path, name: &str, days: i64) {
        let key = KeyPair::generate().expect("the kernel has randomness");
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        params.subject_alt_names = vec![SanType::DnsName(
            "localhost".try_into().expect("localhost is a name"),
        )];
        params.not_before = now() - time::Duration::days(30);
        params.not_after = now() + time::Duration::days(days);
        let leaf = params.signed_by(&key, &self.issuer).expect("it signs");
        let write = |end: &str, text: String| {
            let path = dir.join(format!("{name}-{end}.pem"));
            fs::write(path, text).expect("the scratch directory is writable");
        };
        write("cert", leaf.pem());
        write("key", key.serialize_pem());
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn now() -> OffsetDateTime {
    let ms = i128::from(Clock::system().wall().value());
    OffsetDateTime::from_unix_timestamp_nanos(ms * 1_000_000).expect("the clock shows a date")
}

impl Fleet {
    /// A cloud with these serials on its list, which lets claims in that this AWS made.
    pub async fn of(aws: &Aws, serials: &[&str]) -> Self {
        let claims = Claims { days: 30 };
        Self::start(serials, claims, &[], &aws.authority().await).await
    }

    /// A cloud with these serials on its list.
    pub async fn with(serials: &[&str], claims: Claims) -> Self {
        Self::denying(serials, claims, &[]).await
    }

    /// The same, where the claim's policy lacks some topics: `(acl type, topic)` in the words of
    /// mosquitto's plugin.
    pub async fn denying(serials: &[&str], claims: Claims, denied: &[(&str, &str)]) -> Self {
        Self::start(serials, claims, denied, "").await
    }

    async fn start(
        serials: &[&str],
        claims: Claims,
        denied: &[(&str, &str)],
        others: &str,
    ) -> Self {
        let directory = tempfile::tempdir().expect("a scratch directory can be made");
        let authority = Authority::new();
        let dir = directory.path();
        let trusted = format!("{}{others}", authority.pem);
        fs::write(dir.join("ca.pem"), trusted).expect("the directory is writable");
        for (name, days) in [("broker", 1), ("responder", 1), ("claim", claims.days)] {
            authority.write(dir, name, days);
        }
        let (broker, endpoint) = start_broker(dir, denied);
        let allowed = serials.iter().map(|&serial| (serial.to_owned(), None));
        let state = Arc::new(Mutex::new(State {
            allowed: allowed.collect(),
            ..State::default()
        }));
        let responder = respond(dir, &endpoint, authority, Arc::clone(&state)).await;
        Self {
            directory,
            broker,
            endpoint,
            state,
            responder,
        }
    }

    /// What the cloud knows now.
    pub fn state(&self) -> State {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A file of the fleet: `ca.pem`, `claim-cert.pem`, `claim-key.pem`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Who connected last, by the name in its certificate.
    pub fn last_client(&self) -> Option<String> {
        last_client(&self.file("broker.log"))
    }
}

/// Who connected last to the broker that writes this log.
fn last_client(log: &Path) -> Option<String> {
    let log = fs::read_to_string(log).ok()?;
    let connected = |line: &&str| line.contains("New client connected");
    let line = log
        .lines()
        .filter(connected)
        .rfind(|line| !line.contains("u'responder'"))?;
    let (_, name) = line.split_once("u'")?;
    Some(name.split_once('\'')?.0.to_owned())
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.responder.abort();
        // It may have ended by itself.
        drop(self.broker.kill());
        drop(self.broker.wait());
    }
}

/// Starts the broker on a free port.
fn start_broker(dir: &Path, denied: &[(&str, &str)]) -> (Child, Address) {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port is free")
        .port();
    let security = security(denied).to_string();
    fs::write(dir.join("security.json"), security).expect("the directory is writable");
    let plugin = fs::read_dir("/usr/lib")
        .expect("Debian has /usr/lib")
        .filter_map(|entry| Some(entry.ok()?.path().join("mosquitto_dynamic_security.so")))
        .find(|path| path.exists())
        .expect("mosquitto is installed");
    let at = dir.display();
    let config = format!(
        "user root\nper_listener_settings false\nlistener {port} 127.0.0.1\n\
         cafile {at}/ca.pem\ncertfile {at}/broker-cert.pem\nkeyfile {at}/broker-key.pem\n\
         require_certificate true\nuse_identity_as_username true\nallow_anonymous false\n\
         plugin {}\nplugin_opt_config_file {at}/security.json\n\
         log_dest file {at}/broker.log\nlog_type all\n",
        plugin.display()
    );
    fs::write(dir.join("broker.conf"), config).expect("the directory is writable");
    let broker = Command::new("/usr/sbin/mosquitto")
        .arg("-c")
        .arg(dir.join("broker.conf"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("mosquitto can be started");
    let host = "localhost".to_owned();
    (broker, Address { host, port })
}

/// Everybody may do everything, but for what is denied to the claim.
fn security(denied: &[(&str, &str)]) -> Value {
    let denied: Vec<_> = denied
        .iter()
        .map(|(kind, topic)| json!({ "acltype": kind, "topic": topic, "allow": false }))
        .collect();
    json!({
        "defaultACLAccess": {
            "publishClientSend": true, "publishClientReceive": true,
            "subscribe": true, "unsubscribe": true,
        },
        "roles": [{ "rolename": "claim", "acls": denied }],
        "clients": [
            { "username": "claim", "roles": [{ "rolename": "claim" }] },
            { "username": "AWS IoT Certificate", "roles": [{ "rolename": "claim" }] },
            { "username": "core", "roles": [] },
            { "username": "responder", "roles": [] },
        ],
    })
}

/// Connects the cloud's own side and lets it answer.
async fn respond(
    dir: &Path,
    endpoint: &Address,
    authority: Authority,
    state: Arc<Mutex<State>>,
) -> tokio::task::AbortHandle {
    let read = |name: &str| fs::read(dir.join(name)).expect("it was written before");
    let tls = kit::tls::internet_client_config_with(
        &read("responder-cert.pem"),
        &read("responder-key.pem"),
        Some(&dir.join("ca.pem")),
    )
    .expect("the responder's papers are good");
    let mut options = MqttOptions::new("responder", &endpoint.host, endpoint.port);
    options
        .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls)))
        .set_max_packet_size(Some(64 * 1024))
        .set_keep_alive(Duration::from_secs(30));
    let (client, mut events) = AsyncClient::new(options, 100);
    let ready = connected(&client, &mut events);
    tokio::time::timeout(LIMIT, ready)
        .await
        .expect("the cloud's broker comes up");
    let cloud = Cloud {
        log: dir.join("broker.log"),
        client,
        authority,
        state,
    };
    tokio::spawn(async move {
        while let Ok(event) = events.poll().await {
            if let Event::Incoming(Packet::Publish(message)) = event {
                cloud.answer(&message);
            }
        }
    })
    .abort_handle()
}

/// Returns when the responder is subscribed.
async fn connected(client: &AsyncClient, events: &mut EventLoop) {
    let events = tokio::sync::Mutex::new(events);
    eventually("the cloud's broker is up", LIMIT, || async {
        let event = events.lock().await.poll().await.ok()?;
        matches!(event, Event::Incoming(Packet::ConnAck(_))).then_some(())
    })
    .await;
    for topic in [CREATE, PROVISION] {
        client
            .subscribe(topic, QoS::AtLeastOnce)
            .await
            .expect("the queue has room");
    }
    let mut granted = 0;
    while granted < 2 {
        let event = events.lock().await.poll().await.expect("the broker stays");
        granted += usize::from(matches!(event, Event::Incoming(Packet::SubAck(_))));
    }
}

struct Cloud {
    log: PathBuf,
    client: AsyncClient,
    authority: Authority,
    state: Arc<Mutex<State>>,
}

impl Cloud {
    fn answer(&self, message: &Publish) {
        let topic = String::from_utf8_lossy(&message.topic).into_owned();
        let asked: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = if topic == CREATE {
            self.certificate(&asked, &mut state)
        } else {
            let member = last_client(&self.log).as_deref() == Some("core");
            thing(&asked, member, &mut state)
        };
        drop(state);
        let (end, body) = match answer {
            Ok(body) => ("accepted", body),
            Err((status, code, why)) => {
                let body = json!({ "statusCode": status, "errorCode": code, "errorMessage": why });
                ("rejected", body)
            }
        };
        self.client
            .try_publish(
                format!("{topic}/{end}"),
                QoS::AtLeastOnce,
                false,
                body.to_string(),
            )
            .expect("the queue has room");
    }

    /// Signs the key of a request.
    fn certificate(&self, asked: &Value, state: &mut State) -> Result<Value, Refusal> {
        state.asked += 1;
        let request = asked["certificateSigningRequest"].as_str();
        let request = request.and_then(|pem| CertificateSigningRequestParams::from_pem(pem).ok());
        let mut request = request.ok_or((400, "InvalidCertificateSigningRequest", "not a CSR"))?;
        let key = sha256(rcgen::PublicKeyData::der_bytes(&request.public_key)).to_string();
        request.params.distinguished_name = named("core");
        request.params.not_before = now() - time::Duration::days(1);
        request.params.not_after = now() + time::Duration::days(365);
        let signed = request
            .signed_by(&self.authority.issuer)
            .map_err(|_| (500, "Internal", "cannot sign"))?;
        let id = sha256(signed.der()).to_string();
        let token = format!("token-{id}");
        state.pending.insert(token.clone(), (id.clone(), key));
        Ok(json!({
            "certificateId": id, "certificatePem": signed.pem(),
            "certificateOwnershipToken": token,
        }))
    }
}

/// Status, code and words of a refusal.
type Refusal = (u16, &'static str, &'static str);

/// Registers a certificate, if the hook has nothing against it.
fn thing(asked: &Value, member: bool, state: &mut State) -> Result<Value, Refusal> {
    let token = asked["certificateOwnershipToken"].as_str();
    let (id, key) = token
        .and_then(|token| state.pending.get(token).cloned())
        .ok_or((400, "InvalidOwnershipToken", "no such token"))?;
    let parameters = &asked["parameters"];
    let serial = parameters["SerialNumber"].as_str();
    let serial = serial.ok_or((400, "InvalidParameters", "SerialNumber is missing"))?;
    hook(serial, &key, member, state)?;
    let name = thing_of(serial);
    state.things.entry(name.clone()).or_default().push(id);
    state.parameters.push(parameters.clone());
    Ok(json!({ "thingName": name, "deviceConfiguration": {} }))
}

/// What the list calls a box: `box-2` with serial `NUC-0002`.
fn thing_of(serial: &str) -> String {
    let number = serial.rsplit('-').next().unwrap_or(serial);
    format!("box-{}", number.trim_start_matches('0'))
}

/// The pre-provisioning hook: a serial on the list, and the key that first came with it; a member
/// may come with another.
fn hook(serial: &str, key: &str, member: bool, state: &mut State) -> Result<(), Refusal> {
    let refused = (
        400,
        "InvalidParameters",
        "the pre-provisioning hook refused",
    );
    let first = state.allowed.get_mut(serial).ok_or(refused)?;
    match first {
        Some(first) if first != key && !member => Err(refused),
        Some(_) | None => {
            *first = Some(key.to_owned());
            Ok(())
        }
    }
}
