//! Leaves as time leaves them: old, lapsed, not valid yet.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use kit::ca::files::write_open;
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::clock::Clock;
use kit::config::Address;
use kit::identity::{CERT_FILE, Holder, Identity, KEY_FILE, Particulars, PrincipalKind, Realm};
use kit::tls;
use rustls::ClientConnection;
use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use wire::Component;

use crate::hotel::{Hotel, LIMIT};

impl Hotel {
    /// The hotel's own authority, as its directory keeps it.
    pub fn authority(&self) -> PropertyCa {
        let read = |name| {
            let file = self.places.property_dir.join(name);
            fs::read_to_string(file).expect("the property keeps its authority")
        };
        PropertyCa::load(self.realm(), &read("ca.pem"), &read("ca.key"))
            .expect("the hotel's authority is sound")
    }

    /// The hotel as certificates name it.
    pub fn realm(&self) -> Realm {
        self.identity("broker").spiffe.realm()
    }

    /// Who somebody is, as their files are now.
    pub fn identity(&self, principal: &str) -> Identity {
        Identity::load(&self.identity_dir(principal)).expect("the hotel's identities are sound")
    }

    /// Gives somebody the leaf that they would have, had it been issued so many days ago; for the
    /// same key, under the same names.
    pub fn age(&self, principal: &str, days: i64) {
        let dir = self.identity_dir(principal);
        let present = self.identity(principal);
        let leaf = Particulars::of(&present.chain[0]).expect("the leaf names its holder");
        let key = fs::read_to_string(dir.join(KEY_FILE)).expect("the key is readable");
        let key = Key::from_pem(&key).expect("the key is sound");
        let names = ServerNames::parse(&leaf.server_names).expect("the names are sound");
        let issued = today() - time::Duration::days(days);
        let aged = self
            .authority()
            .issue(&holder(&present), &names, &key, issued)
            .expect("the authority issues");
        write_open(&dir.join(CERT_FILE), aged.as_bytes()).expect("the leaf can be replaced");
    }

    /// The names of the certificate that somebody sees at an address who trusts the property's CA and goes to
    /// `host`, as browsers do; or why they do not believe it.
    pub fn browse(&self, at: SocketAddr, host: &str) -> Result<BTreeSet<String>, io::Error> {
        let name = host.to_owned().try_into().expect("a host");
        let connection = ClientConnection::new(Arc::new(self.trusting()), name);
        let mut connection = connection.map_err(io::Error::other)?;
        let mut stream = TcpStream::connect_timeout(&at, LIMIT)?;
        connection.complete_io(&mut stream)?;
        let shown = connection.peer_certificates().and_then(<[_]>::first);
        let shown = shown.expect("a server shows a certificate");
        let leaf = Particulars::of(shown).map_err(io::Error::other)?;
        Ok(leaf.server_names.into_iter().collect())
    }

    /// The certificate that a component shows to the operator at an address.
    pub fn shown(&self, component: Component, at: &Address) -> Option<CertificateDer<'static>> {
        let operator = self.identity("edgectl");
        let config = tls::client_config(&operator, &operator.spiffe.sibling(component));
        let name = "greengrass.local".try_into().expect("a name");
        let mut connection = ClientConnection::new(config, name).ok()?;
        let mut stream = TcpStream::connect((at.host.as_str(), at.port)).ok()?;
        connection.complete_io(&mut stream).ok()?;
        Some(
            connection
                .peer_certificates()?
                .first()?
                .clone()
                .into_owned(),
        )
    }
}

/// The present, in whole seconds.
pub fn today() -> OffsetDateTime {
    let seconds = Clock::system().wall().value() / 1_000;
    let seconds = i64::try_from(seconds).expect("the year is near");
    OffsetDateTime::from_unix_timestamp(seconds).expect("the clock shows a date")
}

fn holder(identity: &Identity) -> Holder {
    let id = identity.spiffe.id.clone();
    let text = id.as_str();
    match identity.spiffe.role {
        PrincipalKind::Component => Holder::Component(text.parse().expect("a component")),
        PrincipalKind::Device => Holder::Device(text.parse().expect("a device")),
        PrincipalKind::Peer => Holder::Peer(id),
        PrincipalKind::Operator => Holder::Operator(id),
    }
}
