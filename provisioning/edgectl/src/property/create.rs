//! `edgectl property create`.

use std::path::PathBuf;

use clap::Args;
use kit::clock::Clock;
use kit::identity::{Realm, TrustDomain};
use wire::{BoxId, PropertyId, TenantId};

use super::{ChainRootFiles, Change, Founding, Property, PropertyError, Vouching, present};
use crate::output::say;

/// Arguments of `property create`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Create {
    /// Where the property is kept.
    #[arg(long)]
    dir: PathBuf,
    /// The company.
    #[arg(long)]
    tenant: TenantId,
    /// The hotel.
    #[arg(long)]
    property: PropertyId,
    /// This box.
    #[arg(long = "box", value_name = "BOX")]
    box_id: BoxId,
    /// Authority part of SPIFFE ids.
    #[arg(long, default_value = "hotel.internal")]
    trust_domain: TrustDomain,
    /// Certificate of the chain root that vouches for the property to the cloud; without one, a
    /// throw-away root is made.
    #[arg(long, value_name = "FILE", requires = "chain_root_key")]
    chain_root_cert: Option<PathBuf>,
    /// Key of the chain root; it is used once and not kept.
    #[arg(long, value_name = "FILE", requires = "chain_root_cert")]
    chain_root_key: Option<PathBuf>,
    /// Another name or address of this box on the hotel's network; repeat for several.
    #[arg(long = "server-name", value_name = "NAME")]
    server_names: Vec<String>,
}

impl Create {
    pub(super) fn run(self, clock: &Clock) -> Result<(), PropertyError> {
        let chain_root = self.chain_root_cert.zip(self.chain_root_key);
        let founding = Founding {
            realm: Realm {
                trust_domain: self.trust_domain,
                tenant: self.tenant,
                property: self.property,
            },
            box_id: self.box_id,
            server_names: self.server_names,
            vouching: chain_root.map_or(Vouching::Throwaway, |(certificate, key)| {
                Vouching::Now(ChainRootFiles { certificate, key })
            }),
        };
        let (property, change) = Property::found(&self.dir, founding, present(clock))?;
        let name = &property.record.property;
        match change {
            Change::Made => say(format_args!(
                "property {name} created, CA {}",
                property.ca.public_sha256()
            )),
            Change::None => say(format_args!("property {name} exists, nothing changed")),
        }
        Ok(())
    }
}
