//! Leaves that lapsed, renewed over HTTPS by a signature of their key.

use kit::digest::sha256;
use kit::identity::Particulars;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use wire::octets::to_base64url;

use super::*;

impl House {
    /// Asks for the next leaf of an identity whose leaf is so many days old.
    async fn renew(&self, estate: &Estate, holder: &Holder, days: i64) -> (u16, Value) {
        let (_, identity, key) = estate.identity(holder, days);
        self.renew_with(&identity, &key).await
    }

    async fn renew_with(&self, identity: &Identity, key: &Key) -> (u16, Value) {
        self.renew_for(identity, key, &Key::generate()).await
    }

    /// The same for another key.
    pub(super) async fn renew_for(
        &self,
        identity: &Identity,
        key: &Key,
        next: &Key,
    ) -> (u16, Value) {
        let certificate = identity.chain[0].as_ref();
        let csr = next.signing_request().unwrap();
        let nonce = self.nonce().await;
        let (leaf, request) = (sha256(certificate), sha256(csr.as_bytes()));
        let signed = proof(label::RENEW_LEAF, &[&nonce.0, &leaf.0, &request.0]);
        let body = json!({
            "v": 1,
            "certificate": to_base64url(certificate),
            "csr": csr,
            "nonce": nonce,
            "proof": key.sign(&signed),
        });
        self.post("/renew-leaf", &body).await
    }
}

// authority-1.5
#[tokio::test]
async fn a_leaf_that_lapsed_a_year_ago_is_renewed_and_one_that_lapsed_longer_ago_is_not() {
    let house = House::start().await;
    let lock = Holder::Device("lock-1".parse().unwrap());
    for days in [-399, -2, 0, 89, 91, 489] {
        let (status, leaf) = house.renew(&house.estate, &lock, days).await;
        assert_eq!(status, 200, "{leaf}");
        let pem = leaf["certificate"].as_str().unwrap();
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let particulars = Particulars::of(&der).unwrap();
        assert_eq!(particulars.spiffe.id.as_str(), "lock-1");
        assert!(particulars.not_after > house.clock.wall());
    }
    let refused = house.renew(&house.estate, &lock, 491).await;
    check_refused(refused, "expired", "certificate");
    let refused = house.renew(&house.estate, &lock, -402).await;
    check_refused(refused, "forbidden", "certificate");
}

// authority-1.5
#[tokio::test]
async fn a_lapsed_leaf_is_renewed_only_for_its_key_in_its_property_and_unrevoked() {
    let house = House::start().await;
    let lock = Holder::Device("lock-1".parse().unwrap());
    let (_, identity, _) = house.estate.identity(&lock, 100);
    let refused = house.renew_with(&identity, &Key::generate()).await;
    check_refused(refused, "forbidden", "proof");
    let refused = house.renew(&Estate::found("hilltop"), &lock, 100).await;
    check_refused(refused, "forbidden", "certificate");
    let impostor = house.renew(&Estate::found("seaside"), &lock, 100).await;
    check_refused(impostor, "forbidden", "certificate");
    let unknown = Holder::Device("lock-2".parse().unwrap());
    let refused = house.renew(&house.estate, &unknown, 100).await;
    check_refused(refused, "not-found", "principal");
    let revoke = json!({ "principal": "lock-1" });
    house.operator("revoke", &revoke).await.unwrap();
    let refused = house.renew(&house.estate, &lock, 100).await;
    check_refused(refused, "forbidden", "token");
}

// authority-1.6
#[tokio::test]
async fn whoever_asks_is_told_what_leaves_carry_now() {
    let house = House::start().await;
    let told = |answer: (u16, Value)| {
        assert_eq!(answer.0, 200, "{}", answer.1);
        answer.1["names"].clone()
    };
    let before = told(house.ask("GET", "/server-names", "", &Value::Null).await);
    let named = [
        "greengrass.local",
        "localhost",
        "127.0.0.1",
        "::1",
        "box-1",
        "10.0.0.5",
    ];
    assert_eq!(before, json!(named));

    house.running.ca.carry(["10.0.0.9".parse().unwrap()].into());
    let after = told(house.ask("GET", "/server-names", "", &Value::Null).await);
    let console = Holder::Component(Component::Console);
    let (status, leaf) = house.renew(&house.estate, &console, 0).await;
    assert_eq!(status, 200, "{leaf}");
    let pem = leaf["certificate"].as_str().unwrap();
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    assert_eq!(json!(Particulars::of(&der).unwrap().server_names), after);
    assert_eq!(after[6], "10.0.0.9");
    house.running.tasks.drain().await.unwrap();
}
