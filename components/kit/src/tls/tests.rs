use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls::{ClientConnection, Error, ServerConnection, SignatureScheme};
use time::Duration;
use wire::Component;

use super::*;
use crate::ca::specimen::{component, device, hotel, identity, realm, today};
use crate::ca::{Key, PropertyCa};

/// Most flights of a handshake, with room to spare.
const FLIGHTS: usize = 10;

/// Lets two ends shake hands in memory.
fn shake(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Result<(), Error> {
    // A name that is in no certificate: only SPIFFE ids count.
    let mut client = ClientConnection::new(client, "elsewhere.example".try_into().unwrap())?;
    let mut server = ServerConnection::new(server)?;
    for _ in 0..FLIGHTS {
        let mut flight = Vec::new();
        client.write_tls(&mut flight).unwrap();
        server.read_tls(&mut flight.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut flight = Vec::new();
        server.write_tls(&mut flight).unwrap();
        client.read_tls(&mut flight.as_slice()).unwrap();
        client.process_new_packets()?;
        if !client.is_handshaking() && !server.is_handshaking() {
            return Ok(());
        }
    }
    panic!("handshake does not end");
}

fn broker(ca: &PropertyCa) -> Identity {
    identity(ca, &component(Component::Broker), today())
}

fn lock(ca: &PropertyCa) -> Identity {
    identity(ca, &device("lock-1"), today())
}

/// Lets a client reach a server, meaning to reach the broker of the client's own property.
fn reach(client: &Identity, server: &Identity) -> Result<(), Error> {
    let expected = client.spiffe.sibling(Component::Broker);
    shake(client_config(client, &expected), server_config(server))
}

#[track_caller]
fn check_refused(outcome: Result<(), Error>, reason: &str) {
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains(reason), "{error}");
}

#[test]
fn principals_of_one_property_reach_each_other_under_any_address() {
    let ca = hotel("seaside");
    reach(&lock(&ca), &broker(&ca)).unwrap();
}

#[test]
fn another_hotels_server_of_the_same_name_is_refused() {
    let (own, other) = (hotel("seaside"), hotel("seaside"));
    check_refused(reach(&lock(&own), &broker(&other)), "BadSignature");
}

#[test]
fn another_hotels_client_of_the_same_name_is_refused() {
    let (own, other) = (hotel("seaside"), hotel("seaside"));
    let mut credulous = (*client_config(&lock(&other), &broker(&other).spiffe)).clone();
    credulous
        .dangerous()
        .set_certificate_verifier(verifier_of(&own));
    let outcome = shake(Arc::new(credulous), server_config(&broker(&own)));
    check_refused(outcome, "BadSignature");
}

/// The verifier with which a principal of `ca` looks for its broker.
fn verifier_of(ca: &PropertyCa) -> Arc<verify::Server> {
    let broker = broker(ca);
    Arc::new(verify::Server::new(
        broker.roots(),
        &provider(),
        broker.spiffe,
    ))
}

#[test]
fn an_expired_certificate_is_refused_on_either_side() {
    let (ca, long_ago) = (hotel("seaside"), today() - Duration::days(91));
    let expired = identity(&ca, &device("lock-1"), long_ago);
    check_refused(reach(&expired, &broker(&ca)), "expired");
    let expired = identity(&ca, &component(Component::Broker), long_ago);
    check_refused(reach(&lock(&ca), &expired), "expired");
}

#[test]
fn a_certificate_of_the_future_is_refused() {
    let ca = hotel("seaside");
    let early = identity(&ca, &device("lock-1"), today() + Duration::days(2));
    check_refused(reach(&early, &broker(&ca)), "not valid yet");
}

// bus-3.2
#[test]
fn a_server_that_is_somebody_else_is_refused() {
    let ca = hotel("seaside");
    let uplink = identity(&ca, &component(Component::Uplink), today());
    check_refused(
        reach(&lock(&ca), &uplink),
        "component/uplink, expected spiffe://hotel.internal/acme/seaside/component/broker",
    );
}

#[test]
fn a_device_cannot_serve() {
    let ca = hotel("seaside");
    let expected = lock(&ca).spiffe;
    let outcome = shake(
        client_config(&broker(&ca), &expected),
        server_config(&lock(&ca)),
    );
    check_refused(outcome, "extended key usage");
}

#[test]
fn a_client_without_certificate_is_refused() {
    let ca = hotel("seaside");
    let mut anonymous = (*client_config(&lock(&ca), &broker(&ca).spiffe)).clone();
    anonymous.client_auth_cert_resolver = Arc::new(Nobody);
    let outcome = shake(Arc::new(anonymous), server_config(&broker(&ca)));
    check_refused(outcome, "peer sent no certificates");
}

#[derive(Debug)]
struct Nobody;

impl ResolvesClientCert for Nobody {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

#[test]
fn a_leaf_that_names_another_property_is_refused_even_under_the_right_key() {
    let key = Key::generate();
    let pem = key.secret_pem();
    let own = PropertyCa::create(realm("seaside"), key, today()).unwrap();
    let strayed = PropertyCa::load(realm("hillside"), own.certificate(), &pem).unwrap();
    let expected = broker(&own).spiffe;
    let outcome = shake(
        client_config(&lock(&strayed), &expected),
        server_config(&broker(&own)),
    );
    check_refused(outcome, "belongs to another property");
}

#[test]
fn nothing_is_resumed() {
    let ca = hotel("seaside");
    let (client, server) = (lock(&ca), broker(&ca));
    let config = server_config(&server);
    assert_eq!(config.send_tls13_tickets, 0);
    assert!(!config.session_storage.can_cache());
    assert!(!config.ticketer.enabled());
    let reaching = client_config(&client, &server.spiffe);
    shake(Arc::clone(&reaching), Arc::clone(&config)).unwrap();
    shake(reaching, config).unwrap();
}

#[test]
fn a_certificate_says_who_its_holder_is() {
    let ca = hotel("seaside");
    let spiffe = peer_spiffe(&lock(&ca).chain[0]).unwrap();
    assert_eq!(spiffe, lock(&ca).spiffe);
    assert!(peer_spiffe(&lock(&ca).anchor[0]).is_err());
}
