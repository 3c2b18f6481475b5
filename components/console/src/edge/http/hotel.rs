//! Where a page is, and where it finds everybody.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kit::identity::{Identity, Particulars};
use serde::Serialize;
use wire::credential::CERTIFICATE_MAX;
use wire::signaling::Mode;
use wire::{Octets, PropertyId, Text, Version};

use super::Console;
use super::guard::Came;

/// What a page is told before anything else.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Hotel {
    v: Version<1>,
    property: PropertyId,
    name: Text<63>,
    /// The property's CA, DER; absent only if it were larger than any of ours.
    ca: Option<Octets<CERTIFICATE_MAX>>,
    signaling: Vec<Server>,
    authority_url: String,
    /// Where staff's tablets replicate; absent where there is no replica, and for guests.
    #[serde(skip_serializing_if = "Option::is_none")]
    replica_url: Option<String>,
    guest_url: String,
    staff_url: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Server {
    url: String,
    mode: Mode,
}

pub(super) async fn hotel(State(console): State<Arc<Console>>, visitor: Came) -> Json<Hotel> {
    let identity = Arc::clone(&console.identity.borrow());
    let addresses = &visitor.addresses;
    let server = |(url, mode): &(String, Mode)| Server {
        url: url.clone(),
        mode: *mode,
    };
    Json(Hotel {
        v: Version,
        property: console.property.clone(),
        name: console.site.name.clone(),
        ca: Octets::new(identity.anchor[0].to_vec()),
        signaling: addresses.signaling.iter().map(server).collect(),
        authority_url: addresses.authority.clone(),
        replica_url: addresses.replica.clone(),
        guest_url: addresses.guests.clone(),
        staff_url: addresses.staff.clone(),
    })
}

/// The names that our certificate gives us.
pub(super) fn server_names(identity: &Identity) -> Vec<String> {
    Particulars::of(&identity.chain[0])
        .map(|particulars| particulars.server_names)
        .unwrap_or_default()
}
