//! Devices of a former CA, and a thief who has its key.

use kit::ca::files::write_open;
use kit::ca::{ChainRoot, KnownKey, Predecessors, Whereabouts};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::*;

/// A property with its second authority, and devices that it had before.
struct After {
    house: House,
    former: Estate,
    identity: Identity,
    key: Key,
}

impl After {
    /// The lock's leaf of the former authority was issued some days ago.
    async fn days(days: i64) -> Self {
        let (former, estate) = (Estate::found("seaside"), Estate::found("seaside"));
        let (_, identity, key) = former.identity(&lock(), days);
        let known = KnownKey {
            sha256: key.public_sha256(),
            lies: Whereabouts::Device,
        };
        let predecessors = Predecessors {
            v: Version,
            cas: vec![former.ca.certificate().to_owned()],
            keys: [("lock-1".parse().unwrap(), known)].into(),
        };
        leave(&estate, "predecessors.json", &predecessors);
        leave(&estate, "ca-replacement.json", &notice(&estate, 7));
        let house = House::of(estate).await;
        Self {
            house,
            former,
            identity,
            key,
        }
    }

    /// Somebody with the former authority's key asks for the leaf of a leaf that he signed himself.
    async fn thief(&self, holder: &Holder) -> (u16, Value) {
        let (_, forged, key) = self.former.identity(holder, 0);
        self.house.renew_for(&forged, &key, &key).await
    }
}

fn lock() -> Holder {
    Holder::Device("lock-1".parse().unwrap())
}

fn leave(estate: &Estate, name: &str, record: &impl serde::Serialize) {
    let text = serde_json::to_vec(record).unwrap();
    write_open(&estate.dir.path().join(name), &text).unwrap();
}

/// What the chain root says of an estate's authority.
fn notice(estate: &Estate, number: u32) -> wire::replacement::SignedCaReplacement {
    let root = ChainRoot::create(Key::generate(), time::OffsetDateTime::UNIX_EPOCH).unwrap();
    let ca = CertificateDer::from_pem_slice(estate.ca.certificate().as_bytes()).unwrap();
    let notice = root.announce(estate.ca.realm(), &ca, number.into(), 0.into());
    notice.unwrap()
}

// authority-9.4
#[tokio::test]
async fn a_device_of_the_former_authority_gets_a_leaf_of_the_new_one_for_its_key() {
    for days in [0, 200] {
        let after = After::days(days).await;
        let (identity, key) = (&after.identity, &after.key);
        let (status, leaf) = after.house.renew_for(identity, key, key).await;
        assert_eq!(status, 200, "{leaf}");
        let pem = leaf["certificate"].as_str().unwrap();
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        assert_eq!(kit::ca::public_sha256(&der), Some(key.public_sha256()));
        assert_eq!(leaf["ca"], after.house.estate.ca.certificate());
        let named = kit::tls::peer_spiffe(&der).unwrap();
        assert_eq!(named, identity.spiffe);
    }
}

// authority-9.5
#[tokio::test]
async fn whoever_has_the_former_authoritys_key_gets_nothing() {
    let after = After::days(0).await;
    // Every name is there for him to sign, none with a key that was written down.
    for holder in [
        lock(),
        Holder::Device("lock-2".parse().unwrap()),
        Holder::Component(Component::Authority),
        Holder::Component(Component::Console),
        Holder::Operator("edgectl".parse().unwrap()),
        Holder::Peer("lock-1".parse().unwrap()),
    ] {
        check_refused(after.thief(&holder).await, "forbidden", "certificate");
    }
    let House { estate, .. } = &after.house;
    let (_, own, own_key) = estate.identity(&lock(), 0);
    let (status, _) = after.house.renew_for(&own, &own_key, &own_key).await;
    assert_eq!(
        status, 200,
        "leaves of the present authority are renewed as ever"
    );
}

// authority-9.5
#[tokio::test]
async fn a_known_device_proves_its_key_and_gets_a_leaf_for_no_other() {
    let after = After::days(0).await;
    let (identity, key, other) = (&after.identity, &after.key, Key::generate());
    // Whoever saw the certificate on its way.
    let refused = after.house.renew_for(identity, &other, key).await;
    check_refused(refused, "forbidden", "proof");
    let refused = after.house.renew_for(identity, key, &other).await;
    check_refused(refused, "forbidden", "csr");
    let third = Estate::found("seaside");
    let (_, stranger, stranger_key) = third.identity(&lock(), 0);
    let refused = after
        .house
        .renew_for(&stranger, &stranger_key, &stranger_key)
        .await;
    check_refused(refused, "forbidden", "certificate");
    let revoke = json!({ "principal": "lock-1" });
    after.house.operator("revoke", &revoke).await.unwrap();
    let refused = after.house.renew_for(identity, key, key).await;
    check_refused(refused, "forbidden", "token");
}

// authority-9.6
#[tokio::test]
async fn the_notice_is_given_to_whoever_asks_and_none_where_there_is_none() {
    let after = After::days(0).await;
    let (status, told) = after
        .house
        .ask("GET", "/ca-replacement", "", &Value::Null)
        .await;
    assert_eq!(status, 200, "{told}");
    let file = after.house.estate.dir.path().join("ca-replacement.json");
    let left: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(told, left);
    let house = House::start().await;
    let refused = house.ask("GET", "/ca-replacement", "", &Value::Null).await;
    check_refused(refused, "not-found", "path");
}
