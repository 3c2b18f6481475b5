//! What stops a first boot, what to do about it, and how the process ends.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use kit::ca::CaError;
use kit::ca::files::WriteError;
use kit::config::Address;
use wire::BoxId;

use super::plan::{Moment, PlanError, Serial};
use crate::fleet::FleetError;
use crate::property::PropertyError;
use crate::runtime::RuntimeError;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The machine is too small.
    Hardware = 10,
    /// The clock is wrong.
    Clock = 11,
    /// There is no way to the cloud.
    Network = 12,
    /// The cloud does not take the claim, or the certificate.
    Claim = 13,
    /// A policy in the cloud is too narrow.
    Policy = 14,
    /// It took too long.
    Timeout = 15,
    /// A file of this box.
    Files = 16,
    /// The nucleus does not start.
    Nucleus = 17,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A first boot stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The machine is too small.
    #[error("the box has {has} {what}, and needs {needs}")]
    Hardware {
        /// Of what.
        what: &'static str,
        /// How much there is.
        has: u64,
        /// How much there must be.
        needs: u64,
    },
    /// The machine does not say what it has.
    #[error("cannot look at the machine")]
    Machine(#[source] io::Error),
    /// The clock is before the image.
    #[error("the clock says {now}, but the image was made at {built_at}")]
    ClockEarly {
        /// What it says.
        now: Moment,
        /// What is certain.
        built_at: Moment,
    },
    /// The clock and the internet disagree.
    #[error("the clock says {now}, but {server} says {theirs}")]
    ClockOff {
        /// What it says.
        now: Moment,
        /// Who says otherwise.
        server: Address,
        /// What they say.
        theirs: Moment,
    },
    /// A name leads nowhere.
    #[error("the name {host} cannot be resolved")]
    Name {
        /// Which.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// No way to the internet.
    #[error("{server} cannot be reached")]
    Internet {
        /// What was tried.
        server: Address,
        /// What the network said.
        source: io::Error,
    },
    /// Somebody between the box and the internet.
    #[error(
        "a captive portal answers in the place of {server}: status {status}, beginning {said:?}"
    )]
    Portal {
        /// Who was asked.
        server: Address,
        /// As in HTTP.
        status: u16,
        /// The beginning of what came.
        said: String,
    },
    /// The cloud's MQTT is not there, or is somebody else.
    #[error("no trustworthy way to the cloud's MQTT at {endpoint}")]
    Cloud {
        /// Where.
        endpoint: Address,
        /// What went wrong.
        source: io::Error,
    },
    /// The claim is too old.
    #[error("the claim expired at {at}")]
    ClaimExpired {
        /// When.
        at: Moment,
    },
    /// The claim is not there and neither is a certificate.
    #[error("the claim {} is missing, and the box has no certificate of its own", path.display())]
    ClaimMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The claim cannot be removed.
    #[error("cannot remove the claim {}", path.display())]
    ClaimStays {
        /// Which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// Between box and cloud.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// No key, or no request for it.
    #[error("cannot make the request for a certificate")]
    Key(#[source] CaError),
    /// What the cloud gave is no certificate for the key.
    #[error("the certificate from the cloud does not belong to the box's key")]
    OtherKey,
    /// The cloud's list and the image do not agree.
    #[error("the cloud calls this box {thing}, its image {planned}")]
    OtherName {
        /// What the list says.
        thing: String,
        /// What the plan says.
        planned: BoxId,
    },
    /// The property.
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// The property is on another box and did not come.
    #[error("the property {property} has not been handed over to this box")]
    NotJoined {
        /// Which.
        property: String,
    },
    /// No user of that name.
    #[error("the Unix user {user} does not exist")]
    User {
        /// Which.
        user: String,
    },
    /// A file cannot be given to its user, or put into its place.
    #[error("cannot put {} into place", path.display())]
    Owner {
        /// Which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The plan cannot be used.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The nucleus does not start.
    #[error("the nucleus does not start: {command}: {why}")]
    Start {
        /// What was run.
        command: String,
        /// How it ended.
        why: String,
    },
    /// Components that are not ready.
    #[error("not ready within {wait:?}: {waiting}")]
    Deployment {
        /// How long was waited.
        wait: Duration,
        /// What is missing, and what it says.
        waiting: String,
    },
    /// The journal of another box.
    #[error("{} belongs to box {found}, not {wanted}", path.display())]
    OtherBox {
        /// Which file.
        path: PathBuf,
        /// Whose it is.
        found: Serial,
        /// Whose it should be.
        wanted: Serial,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// This program cannot run.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

impl Failure {
    /// How the process ends because of it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Hardware { .. } | Self::Machine(_) => Exit::Hardware,
            Self::ClockEarly { .. } | Self::ClockOff { .. } => Exit::Clock,
            Self::Name { .. }
            | Self::Internet { .. }
            | Self::Portal { .. }
            | Self::Cloud { .. } => Exit::Network,
            Self::ClaimExpired { .. }
            | Self::ClaimMissing { .. }
            | Self::OtherName { .. }
            | Self::OtherKey => Exit::Claim,
            Self::Fleet(error) => of_fleet(error),
            Self::Deployment { .. } | Self::NotJoined { .. } => Exit::Timeout,
            Self::User { .. } | Self::Start { .. } => Exit::Nucleus,
            Self::ClaimStays { .. }
            | Self::Key(_)
            | Self::Property(_)
            | Self::OtherBox { .. }
            | Self::Owner { .. }
            | Self::Plan(_)
            | Self::Read { .. }
            | Self::Damaged { .. }
            | Self::Write(_)
            | Self::Runtime(_) => Exit::Files,
        }
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Hardware { .. } | Self::Machine(_) => {
                "use a machine that fulfils docs/runbooks/provisioning.md, or free its disk"
            }
            Self::ClockEarly { .. } | Self::ClockOff { .. } => {
                "see that NTP (UDP 123) gets out, or set the clock by hand: timedatectl set-time; \
                 a clock that is wrong after every start needs a new battery"
            }
            Self::Name { .. } => "see that DNS (port 53) of the hotel's network works for this box",
            Self::Internet { .. } => "plug the network in, and let the box out on TCP 80",
            Self::Portal { .. } => {
                "have the box's MAC address excepted from the guests' login page, or move it to the \
                 staff network"
            }
            Self::Cloud { .. } => {
                "let the box out on TCP 8883 to the cloud, without anybody opening its TLS"
            }
            Self::ClaimExpired { .. } | Self::ClaimMissing { .. } => {
                "make a new claim and image: provisioning/make-image.sh"
            }
            Self::OtherName { .. } => {
                "make claim and image again with the same --box: provisioning/make-image.sh"
            }
            Self::OtherKey => "run it again; if it repeats, look for a second box of this serial",
            Self::Fleet(error) => of_fleet_advice(error),
            Self::NotJoined { .. } => "hand the property over: edgectl join request",
            Self::Deployment { .. } => {
                "look at the components' logs and at `cargo x status`; then run it again"
            }
            Self::User { .. } => "make the image again; its users are missing",
            Self::Start { .. } => "see that Greengrass is installed; then run it again",
            Self::OtherBox { .. } => "this disk was in another box: edgectl wipe",
            Self::ClaimStays { .. }
            | Self::Key(_)
            | Self::Property(_)
            | Self::Owner { .. }
            | Self::Plan(_)
            | Self::Read { .. }
            | Self::Damaged { .. }
            | Self::Write(_)
            | Self::Runtime(_) => {
                "see that the disk is there, writable and not full; run it as root"
            }
        }
    }
}

fn of_fleet(error: &FleetError) -> Exit {
    match error {
        FleetError::Unreachable { .. } | FleetError::Impostor { .. } => Exit::Network,
        FleetError::Denied(_) | FleetError::Silent(_) | FleetError::Refused { status: 403, .. } => {
            Exit::Policy
        }
        FleetError::NotAccepted { .. } | FleetError::Refused { .. } | FleetError::Answer { .. } => {
            Exit::Claim
        }
        FleetError::Papers(_) | FleetError::Read { .. } => Exit::Files,
    }
}

fn of_fleet_advice(error: &FleetError) -> &'static str {
    match of_fleet(error) {
        Exit::Network => "let the box out on TCP 8883, without anybody opening its TLS",
        Exit::Policy => {
            "add the action named above to the policy: provisioning/cloud-setup.sh does"
        }
        Exit::Claim => {
            "see whether the serial is on the list, the claim still valid and not used by another \
             box; if in doubt revoke it and make a new image"
        }
        _ => "make the image again",
    }
}
