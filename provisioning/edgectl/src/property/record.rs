//! `property.json`: what the property is called.

use kit::ca::ServerNames;
use kit::identity::{Holder, Realm, TrustDomain};
use serde::{Deserialize, Serialize};
use wire::{BoxId, PropertyId, TenantId, Version};

use super::{Founding, PropertyError};

/// Names under which every component of a box can be reached from the box itself, and the box
/// from the hotel.
const NAMES: &[&str] = &["greengrass.local", "localhost", "127.0.0.1", "::1"];

/// The property as it was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    /// Version of this record.
    pub v: Version<1>,
    /// The company.
    pub tenant: TenantId,
    /// The hotel.
    pub property: PropertyId,
    /// Authority part of SPIFFE ids.
    pub trust_domain: TrustDomain,
    /// The box.
    #[serde(rename = "box")]
    pub box_id: BoxId,
    /// Further names and addresses of the box.
    pub server_names: Vec<String>,
}

impl Record {
    /// The record that a founding will leave.
    pub(super) fn of(founding: &Founding) -> Result<Self, PropertyError> {
        let Realm {
            trust_domain,
            tenant,
            property,
        } = founding.realm.clone();
        let server_names =
            ServerNames::parse(&founding.server_names).map_err(PropertyError::ServerName)?;
        let box_id = founding.box_id.clone();
        let server_names = server_names.to_strings();
        Ok(Self {
            v: Version,
            tenant,
            property,
            trust_domain,
            box_id,
            server_names,
        })
    }

    /// The property's place in the world.
    pub(crate) fn realm(&self) -> Realm {
        Realm {
            trust_domain: self.trust_domain.clone(),
            tenant: self.tenant.clone(),
            property: self.property.clone(),
        }
    }

    /// Under which names a principal is reached; only components are.
    pub(super) fn server_names(&self, holder: &Holder) -> Result<ServerNames, PropertyError> {
        let Holder::Component(_) = holder else {
            return Ok(ServerNames::default());
        };
        let fixed = NAMES.iter().copied().chain([self.box_id.as_str()]);
        let names = fixed.chain(self.server_names.iter().map(String::as_str));
        ServerNames::parse(names).map_err(PropertyError::ServerName)
    }

    /// Refuses a founding of another property.
    pub(super) fn agree(&self, wanted: &Self) -> Result<(), PropertyError> {
        let fields = |record: &Self| {
            [
                ("tenant", record.tenant.to_string()),
                ("property", record.property.to_string()),
                ("trust-domain", record.trust_domain.to_string()),
                ("box", record.box_id.to_string()),
                ("server-name", record.server_names.join(" ")),
            ]
        };
        let differing = |((field, existing), (_, wanted)): (_, (_, String))| {
            (existing != wanted).then_some(PropertyError::Conflict {
                field,
                existing,
                wanted,
            })
        };
        fields(self)
            .into_iter()
            .zip(fields(wanted))
            .find_map(differing)
            .map_or(Ok(()), Err)
    }
}
