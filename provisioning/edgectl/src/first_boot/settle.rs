//! Where the property's parts belong on a box, as the recipes expect them.
//!
//! ```text
//! DIR/COMPONENT/identity/           ca.pem, cert.pem, key.pem, of user hotel-COMPONENT
//! DIR/authority/ca/                 the property's authority, for `authority` alone
//! DIR/broker/policy.json            who may do what on the bus
//! DIR/iot-gateway/devices.json      the registry, empty at first
//! ```
//!
//! Promise: what is there and good stays as it is, so a leaf that its component renewed is never
//! replaced by an older one.

use std::fs;
use std::path::{Path, PathBuf};

use kit::ca::files::{create_dir, write_open, write_secret};
use kit::identity::{CA_FILE, CERT_FILE, Holder, KEY_FILE};
use kit::policy::EDGECTL;
use time::OffsetDateTime;
use wire::Component;

use super::owner::{Owner, open_way};
use super::plan::Plan;
use super::{Failure, Layout, power};
use crate::policy;
use crate::property::{Property, Renewal};

/// Files of the authority, and whether they are secret; the last three only where it has replaced another,
/// or another box has handed it on.
const AUTHORITY: [(&str, bool); 7] = [
    ("ca.pem", false),
    ("ca.key", true),
    ("property.json", false),
    ("principals.json", false),
    ("predecessors.json", false),
    ("ca-replacement.json", false),
    ("inherited-revocations.json", false),
];

/// Gives every component what it needs of the property.
pub(super) fn settle(
    property: &mut Property,
    plan: &Plan,
    layout: &Layout,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    let operator = EDGECTL.parse().expect("the operator's name is a word");
    property.issue(&Holder::Operator(operator), Renewal::WhenDue, now)?;
    for component in Component::ALL.iter().copied() {
        let dir = layout.dir().join(component.as_str()).join("identity");
        create_dir(&dir)?;
        open_way(&layout.dir().join(component.as_str()))?;
        property.issue_into(&Holder::Component(component), &dir, Renewal::WhenDue, now)?;
        power::may_fail("property", component.as_str());
        let files = [CA_FILE, CERT_FILE, KEY_FILE].map(|name| dir.join(name));
        own(plan, component, &dir, &files)?;
    }
    if let Some(certificate) = &plan.chain_root {
        property.pin_root(certificate)?;
    }
    authority(property, plan, layout)?;
    let rendered = policy::rendered(&property.policy());
    place(plan, layout, Component::Broker, "policy.json", &rendered)?;
    let registry = read(&property.layout().devices())?;
    place(
        plan,
        layout,
        Component::IotGateway,
        "devices.json",
        &registry,
    )
}

/// The authority's own copy; nobody else reads it, and root's is for `edgectl`'s offline acts.
fn authority(property: &Property, plan: &Plan, layout: &Layout) -> Result<(), Failure> {
    let component = Component::Authority;
    let dir = layout.dir().join(component.as_str()).join("ca");
    create_dir(&dir)?;
    let source = property.layout().property_dir();
    for (name, secret) in AUTHORITY {
        let (source, file) = (source.join(name), dir.join(name));
        if file.exists() || !source.exists() {
            continue;
        }
        let content = read(&source)?;
        if secret {
            write_secret(&file, &content)?;
        } else {
            write_open(&file, &content)?;
        }
    }
    let files = AUTHORITY.iter().map(|(name, _)| dir.join(name));
    let files: Vec<_> = files.filter(|file| file.exists()).collect();
    own(plan, component, &dir, &files)
}

/// Writes a file of a component, unless there is one.
fn place(
    plan: &Plan,
    layout: &Layout,
    component: Component,
    name: &str,
    content: &[u8],
) -> Result<(), Failure> {
    let dir = layout.dir().join(component.as_str());
    let file = dir.join(name);
    if !file.exists() {
        write_open(&file, content)?;
    }
    own(plan, component, &dir, &[file])
}

fn own(plan: &Plan, component: Component, dir: &Path, files: &[PathBuf]) -> Result<(), Failure> {
    if !plan.users {
        return Ok(());
    }
    let owner = Owner::named(&user_of(component))?;
    owner.take(dir)?;
    files.iter().try_for_each(|file| owner.take(file))
}

/// The Unix user of a component, as recipes name it.
pub(crate) fn user_of(component: Component) -> String {
    format!("hotel-{component}")
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|source| Failure::Read {
        path: path.to_owned(),
        source,
    })
}
