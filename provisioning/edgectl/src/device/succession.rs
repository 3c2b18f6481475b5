//! `edgectl device roster` and `edgectl device adopt`: devices that outlive their property's authority.

use std::path::PathBuf;

use clap::Args;
use wire::replacement::SignedCaReplacement;

use super::{DeviceError, register};
use crate::operator::Access;
use crate::output::say;
use crate::property::{OldDisk, Property, Roster, read_succession, write_roster};

/// Arguments of `device roster`.
#[derive(Debug, Clone, Args)]
pub(crate) struct WriteRoster {
    #[command(flatten)]
    access: Access,
    /// Where the roster goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Do not ask the broker who is revoked: their keys are in the roster then.
    #[arg(long)]
    offline: bool,
}

/// Arguments of `device adopt`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Adopt {
    /// Where the property with its new authority is kept.
    #[arg(long)]
    dir: PathBuf,
    /// The roster of the box that is gone, as it was kept elsewhere.
    #[arg(long, value_name = "FILE")]
    roster: PathBuf,
    /// The chain root's notice of the new authority.
    #[arg(long, value_name = "FILE")]
    notice: PathBuf,
    /// Nobody can have read the disk of the box that is gone, so devices whose keys were made there
    /// may come over too.
    #[arg(long)]
    disk_is_safe: bool,
}

impl WriteRoster {
    pub(super) fn run(self) -> Result<(), DeviceError> {
        let revoked = if self.offline {
            Vec::new()
        } else {
            let asked = self.access.act(async |operator| operator.revoked().await);
            asked.map_err(Box::new)?.principals
        };
        let roster = self.access.property()?.roster(&revoked)?;
        write_roster(&self.out, &roster)?;
        say(format_args!(
            "{} devices, {} of them with a known key, in {}",
            roster.registry.devices.len(),
            roster.keys.len(),
            self.out.display()
        ));
        Ok(())
    }
}

impl Adopt {
    pub(super) fn run(self) -> Result<(), DeviceError> {
        let roster: Roster = read_succession(&self.roster)?;
        let notice: SignedCaReplacement = read_succession(&self.notice)?;
        let mut property = Property::open(&self.dir)?;
        property.check_succession(&roster, &notice)?;
        // Names and places first: whoever may come over is known by then.
        property.give_away(&roster.holders())?;
        register(&mut property, roster.registry.devices.clone())?;
        let disk = if self.disk_is_safe {
            OldDisk::Safe
        } else {
            OldDisk::Exposed
        };
        let (taken, left) = property.succeed(&roster, &notice, disk)?;
        say(format_args!("{} devices may come over", taken.len()));
        for device in left {
            say(format_args!(
                "{device}: no key that it alone has is known; add it anew"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
