//! The acts of a first boot; each looks first whether it was done.

use std::fs;
use std::path::Path;

use kit::ca::files::{write_open, write_secret};
use kit::ca::{CaError, Key};
use kit::clock::Clock;
use kit::tls;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use serde::{Deserialize, Serialize};
use wire::Version;

use super::plan::{Moment, Origin, Plan};
use super::settle::settle;
use super::{Failure, Layout, layout, power, shown, wipe};
use crate::cloud::names::claim_client;
use crate::fleet::{self, Conversation, Door, Membership, Papers};
use crate::property::{Change, Founding, Property, PropertyError, Vouching, present};

/// What a box remembers of its membership; nothing of it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thing {
    /// Version of this file.
    pub v: Version<1>,
    /// Name of the thing.
    #[serde(rename = "thing")]
    pub name: String,
    /// Id of its certificate in AWS IoT.
    pub certificate_id: String,
}

/// The box's key for the cloud, made once.
///
/// It comes before everything that the cloud knows of: a box whose power fails asks again for the
/// same key, and the cloud can tell that from a second box with a copied claim.
pub(super) fn key(layout: &Layout) -> Result<String, Failure> {
    let file = layout.papers().key;
    if let Some(key) = read_key(&file)? {
        return Ok(format!("kept, {}", key.public_sha256()));
    }
    let key = Key::generate();
    power::may_fail("key", "made");
    write_secret(&file, key.secret_pem().as_bytes())?;
    Ok(format!("made, {}", key.public_sha256()))
}

/// A key in a file; none when there is no such file.
pub(crate) fn read_key(file: &Path) -> Result<Option<Key>, Failure> {
    match fs::read_to_string(file) {
        Ok(pem) => Key::from_pem(&pem).map(Some).map_err(Failure::Key),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Failure::Read {
            path: file.to_owned(),
            source,
        }),
    }
}

/// The certificate for the key, asked for with the claim.
pub(super) async fn certificate(
    plan: &Plan,
    layout: &Layout,
    clock: &Clock,
) -> Result<String, Failure> {
    let papers = layout.papers();
    let thing: Option<Thing> = layout::read(&layout.membership())?;
    if let Some(thing) = thing.filter(|_| fit(&papers)) {
        return Ok(format!("kept, thing {}", thing.name));
    }
    let claim = claim_papers(plan)?;
    let at = plan.claim.expires;
    if Moment(present(clock)) > at {
        return Err(Failure::ClaimExpired { at });
    }
    let membership = ask(
        plan,
        &papers.key,
        &claim,
        &claim_client(plan.serial.as_str()),
    )
    .await?;
    power::may_fail("certificate", "given");
    keep(&membership, &papers, layout)?;
    Ok(format!("given, thing {}", membership.thing))
}

/// Asks the cloud, with `presented`, for a certificate of the key in a file.
pub(crate) async fn ask(
    plan: &Plan,
    key: &Path,
    presented: &Papers,
    client: &str,
) -> Result<Membership, Failure> {
    let key = read_key(key)?.ok_or(Failure::OtherKey)?;
    let request = request(&key, plan.box_id.as_str())?;
    let conversation = Conversation::new(&plan.cloud.template, request, plan.parameters());
    let membership = fleet::enrol(&door(plan), presented, client, conversation).await?;
    // Its keys in S3 begin with the thing's name, and `uplink` writes the box's.
    if membership.thing != plan.box_id.as_str() {
        return Err(Failure::OtherName {
            thing: membership.thing,
            planned: plan.box_id.clone(),
        });
    }
    Ok(membership)
}

/// A request for a certificate (PKCS #10, PEM); AWS IoT keeps the name that stands in it.
fn request(key: &Key, name: &str) -> Result<String, Failure> {
    let made = || {
        let pair = KeyPair::from_pem(&key.secret_pem())?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.serialize_request(&pair)?.pem()
    };
    made().map_err(|source| Failure::Key(CaError::Sign(source)))
}

/// Writes down what the cloud gave, the certificate before the file that says it is there.
fn keep(membership: &Membership, papers: &Papers, layout: &Layout) -> Result<(), Failure> {
    write_open(&papers.certificate, membership.certificate.as_bytes())?;
    if !fit(papers) {
        return Err(Failure::OtherKey);
    }
    power::may_fail("certificate", "written");
    note(membership, layout)
}

/// Writes down who the box is.
pub(crate) fn note(membership: &Membership, layout: &Layout) -> Result<(), Failure> {
    let thing = Thing {
        v: Version,
        name: membership.thing.clone(),
        certificate_id: membership.certificate_id.clone(),
    };
    Ok(write_open(&layout.membership(), &layout::json(&thing))?)
}

/// Whether certificate and key are there and belong together.
pub(crate) fn fit(papers: &Papers) -> bool {
    let (Ok(certificate), Ok(key)) = (fs::read(&papers.certificate), fs::read(&papers.key)) else {
        return false;
    };
    // The roots do not matter here; one certificate is as good as another.
    tls::internet_client_config_with(&certificate, &key, Some(&papers.certificate)).is_ok()
}

fn claim_papers(plan: &Plan) -> Result<Papers, Failure> {
    let papers = Papers {
        certificate: plan.claim.certificate.clone(),
        key: plan.claim.key.clone(),
    };
    for path in [&papers.certificate, &papers.key] {
        if !path.exists() {
            return Err(Failure::ClaimMissing { path: path.clone() });
        }
    }
    Ok(papers)
}

/// Where the cloud is.
pub(crate) fn door(plan: &Plan) -> Door {
    Door {
        endpoint: plan.cloud.data.clone(),
        root_ca: Some(plan.cloud.root_ca.clone()),
    }
}

/// Who the box is.
pub(crate) fn thing(layout: &Layout) -> Result<Thing, Failure> {
    let path = layout.membership();
    layout::read(&path)?.ok_or_else(|| Failure::Read {
        path,
        source: std::io::ErrorKind::NotFound.into(),
    })
}

/// The certificate lets the box in under its thing's name.
pub(super) async fn proof(plan: &Plan, layout: &Layout) -> Result<String, Failure> {
    let thing = thing(layout)?.name;
    fleet::prove(&door(plan), &layout.papers(), &thing).await?;
    Ok(format!("{thing} connected with its own certificate"))
}

/// The claim has served.
pub(super) fn claim(plan: &Plan) -> Result<String, Failure> {
    for path in [&plan.claim.key, &plan.claim.certificate] {
        wipe::erase(path).map_err(|source| Failure::ClaimStays {
            path: path.clone(),
            source,
        })?;
    }
    Ok("overwritten and removed".to_owned())
}

/// The property's authority: made here, or handed over by another box.
pub(super) fn property(plan: &Plan, layout: &Layout, clock: &Clock) -> Result<String, Failure> {
    match plan.property_from {
        Origin::New => found(plan, layout, clock),
        Origin::Join => joined(plan, layout, clock),
    }
}

fn found(plan: &Plan, layout: &Layout, clock: &Clock) -> Result<String, Failure> {
    let founding = Founding {
        realm: plan.realm(),
        box_id: plan.box_id.clone(),
        server_names: plan.server_names.clone(),
        vouching: Vouching::Later,
    };
    let now = present(clock);
    let (mut property, change) = Property::found(layout.dir(), founding, now)?;
    power::may_fail("property", "founded");
    settle(&mut property, plan, layout, now)?;
    let ca = property.ca_sha256();
    let request = shown(&property.layout().cross_sign_request());
    Ok(match change {
        Change::Made => format!("made, CA {ca}, to be vouched for by {request}"),
        Change::None => format!("kept, CA {ca}"),
    })
}

fn joined(plan: &Plan, layout: &Layout, clock: &Clock) -> Result<String, Failure> {
    match Property::open(layout.dir()) {
        Ok(mut property) if property.record().realm() == plan.realm() => {
            settle(&mut property, plan, layout, present(clock))?;
            Ok(format!("handed over, CA {}", property.ca_sha256()))
        }
        Ok(_) | Err(PropertyError::Missing { .. }) => Err(Failure::NotJoined {
            property: plan.property.to_string(),
        }),
        Err(error) => Err(error.into()),
    }
}
