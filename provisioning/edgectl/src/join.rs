//! `edgectl join`: a further box of a hotel gets the hotel's authority from one that has it.
//!
//! ```text
//! new box                            person                          box of the hotel
//! request.json ───────────────────── carries ──────────────────────▶ approve
//! shows a code ───── reads it out, to be typed in ─────────────────▶   compares it
//! waits        ◀──────────────────── carries ────────────────────── answer.json, sealed
//! ```
//!
//! Promises: the authority's key leaves a box only encrypted to a key that exists in the memory of
//! one waiting process; a request that was exchanged on the way has another code (80 bits of its
//! digest); an answer of anybody else is not of the authority that the image names; a request is
//! answered once; a box takes the name of another only when the person says whose. The person
//! decides; nothing is done over the network. The new box refuses from its first start whom the other refused.
//! Left out: keeping the two boxes' registries and refusals the same afterwards.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use kit::ca::CaError;
use kit::ca::files::{WriteError, create_dir, write_open, write_secret};
use kit::clock::Clock;
use serde::{Deserialize, Serialize};
use wire::credential::Revocations;
use wire::{BoxId, PropertyId, Sha256, TenantId, Version};

mod sealed;

use crate::first_boot::Plan;
use crate::first_boot::plan::{PlanError, Serial};
use crate::operator::{Access, OperatorError};
use crate::output::{complain, say};
use crate::property::{Bequest, Property, PropertyError};
use sealed::{Chest, Code, Sealed, Waiting};

/// Exit code of a refusal, or of waiting in vain.
const REFUSED: u8 = 20;
/// Exit code where a file cannot be used.
const FILES: u8 = 16;
/// Between two looks for the answer.
const PAUSE: Duration = Duration::from_millis(500);
/// Largest request or answer: a registry of a thousand rooms takes 2 MB.
const FILE_MAX: u64 = 16 * 1024 * 1024;

/// Hands a hotel's property over to a further box of it.
///
/// Exit codes: 0 done; 20 refused, or no answer in time; 16 a file cannot be used.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum JoinCommand {
    /// On the new box: ask, show the code, and wait for the answer.
    Request(Request),
    /// On a box of the hotel: compare the code and seal the answer.
    Approve(Approve),
}

/// Arguments of `join request`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Request {
    /// What the new box is.
    #[arg(long, default_value = "/etc/hotel/box.json", value_name = "FILE")]
    plan: PathBuf,
    /// Where the hotel is kept.
    #[arg(long, default_value = "/var/lib/hotel")]
    dir: PathBuf,
    /// Where the request goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where the answer will be.
    #[arg(long, value_name = "FILE")]
    answer: PathBuf,
    /// Longest wait for it, in seconds.
    #[arg(long, default_value_t = 1800, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    wait_s: u64,
}

/// Arguments of `join approve`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("dir", |dir| dir.default_value("/var/lib/hotel")))]
pub(crate) struct Approve {
    #[command(flatten)]
    access: Access,
    /// The request, as it was carried here.
    request: PathBuf,
    /// The code that the new box shows.
    #[arg(long)]
    code: Code,
    /// Serial of the box that had the name before and is gone, where the new one replaces it.
    #[arg(long, value_name = "SERIAL")]
    replaces: Option<Serial>,
    /// Do not ask the broker who is revoked: the new box lets them in until they are revoked there too.
    #[arg(long)]
    offline: bool,
    /// Where the answer goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// What a new box asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    v: Version<1>,
    tenant: TenantId,
    property: PropertyId,
    #[serde(rename = "box")]
    box_id: BoxId,
    serial: Serial,
    /// To what the answer is sealed.
    to: String,
}

/// What lies where the answer will be.
enum Seen {
    Nothing,
    /// It is being copied, or damaged.
    Part,
    Whole(Sealed),
}

/// Requests that were answered.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    v: Version<1>,
    requests: Vec<Joined>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Joined {
    request: Sha256,
    #[serde(rename = "box")]
    box_id: BoxId,
    serial: Serial,
}

impl JoinCommand {
    /// Does it.
    pub(crate) fn run(self) -> ExitCode {
        let done = match self {
            Self::Request(request) => request.run(&Clock::system()),
            Self::Approve(approve) => approve.run(),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(&error);
                error.exit().into()
            }
        }
    }
}

impl Request {
    fn run(self, clock: &Clock) -> Result<(), JoinError> {
        let plan = Plan::read(&self.plan)?;
        let expected = plan.property_ca.ok_or(JoinError::NoAuthority)?;
        let chest = Chest::new();
        let question = Question {
            v: Version,
            tenant: plan.tenant.clone(),
            property: plan.property.clone(),
            box_id: plan.box_id.clone(),
            serial: plan.serial.clone(),
            to: chest.address(),
        };
        let text = serde_json::to_vec(&question).expect("requests have text keys");
        let waiting = chest.wait(&text);
        write_open(&self.out, &text)?;
        say(format_args!(
            "request of {} in {}",
            plan.box_id,
            self.out.display()
        ));
        say(format_args!("code: {}", waiting.code()));
        let bequest = self.receive(waiting, clock)?;
        let bequest: Bequest = serde_json::from_slice(&bequest).map_err(|_| JoinError::Answer)?;
        let found = bequest.ca_sha256()?;
        if found != expected {
            return Err(JoinError::OtherAuthority { found, expected });
        }
        if let Some(file) = &plan.chain_root
            && !bequest.agrees_on_root(file)?
        {
            return Err(JoinError::OtherRoot { file: file.clone() });
        }
        create_dir(&self.dir)?;
        let property = Property::inherit(
            &self.dir,
            bequest,
            &plan.realm(),
            &plan.box_id,
            &plan.server_names,
        )?;
        // A sealed answer is of no more use; it is better gone.
        fs::remove_file(&self.answer).ok();
        say(format_args!(
            "property {} handed over, CA {}",
            plan.property,
            property.ca_sha256()
        ));
        Ok(())
    }

    /// Waits for the answer and opens it.
    fn receive(&self, waiting: Waiting, clock: &Clock) -> Result<Vec<u8>, JoinError> {
        let wait = Duration::from_secs(self.wait_s);
        let begun = clock.monotonic();
        loop {
            let lacks = match self.look()? {
                Seen::Whole(answer) => return waiting.open(&answer).ok_or(JoinError::Answer),
                Seen::Part => JoinError::Answer,
                Seen::Nothing => JoinError::Late { wait },
            };
            if clock.monotonic().duration_since(begun) >= wait {
                return Err(lacks);
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn look(&self) -> Result<Seen, JoinError> {
        match read(&self.answer) {
            Ok(text) => Ok(serde_json::from_slice(&text).map_or(Seen::Part, Seen::Whole)),
            Err(JoinError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(Seen::Nothing)
            }
            Err(error) => Err(error),
        }
    }
}

impl Approve {
    fn run(self) -> Result<(), JoinError> {
        let text = read(&self.request)?;
        let shown = Code::of(&text);
        if shown != self.code {
            return Err(JoinError::OtherCode);
        }
        let question: Question =
            serde_json::from_slice(&text).map_err(|source| JoinError::Request { source })?;
        let property = self.access.property()?;
        let record = property.record();
        if (&record.tenant, &record.property) != (&question.tenant, &question.property) {
            return Err(JoinError::OtherHotel {
                ours: record.property.clone(),
                theirs: question.property,
            });
        }
        // A request that was noted is answered by nobody else.
        let revocations = self.revocations()?;
        note(&property, &question, &text, self.replaces.as_ref())?;
        let bequest = property.bequeath(revocations)?;
        let bequest = serde_json::to_vec(&bequest).expect("bequests have text keys");
        let sealed = sealed::seal(&question.to, &text, bequest).ok_or(JoinError::Address)?;
        let sealed = serde_json::to_vec(&sealed).expect("answers have text keys");
        write_secret(&self.out, &sealed)?;
        say(format_args!(
            "box {} ({}) may join, answer in {}",
            question.box_id,
            question.serial,
            self.out.display()
        ));
        Ok(())
    }
}

impl Approve {
    /// Whom this box refuses, as its broker keeps the list.
    fn revocations(&self) -> Result<Option<Revocations>, JoinError> {
        if self.offline {
            return Ok(None);
        }
        let asked = self.access.act(async |operator| operator.revoked().await);
        let revocations = asked.map_err(|error| JoinError::Revocations(Box::new(error)))?;
        Ok(Some(revocations))
    }
}

/// Writes down who joined before they can: a request is answered once.
fn note(
    property: &Property,
    question: &Question,
    text: &[u8],
    replaces: Option<&Serial>,
) -> Result<(), JoinError> {
    let file = property.layout().property_dir().join("joined.json");
    let mut answered: Answered = match fs::read(&file) {
        Ok(known) => {
            serde_json::from_slice(&known).map_err(|source| JoinError::Request { source })?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Answered::default(),
        Err(source) => return Err(failed(&file)(source)),
    };
    let request = kit::digest::sha256(text);
    if answered
        .requests
        .iter()
        .any(|known| known.request == request)
    {
        return Err(JoinError::Answered);
    }
    let box_id = &question.box_id;
    if property.record().box_id == *box_id {
        let box_id = box_id.clone();
        return Err(JoinError::Own { box_id });
    }
    let mut latest_first = answered.requests.iter().rev();
    let before = latest_first.find(|known| known.box_id == *box_id);
    if let Some(Joined { serial, .. }) = before
        && *serial != question.serial
        && replaces != Some(serial)
    {
        return Err(JoinError::Taken {
            box_id: box_id.clone(),
            serial: serial.clone(),
        });
    }
    answered.requests.push(Joined {
        request,
        box_id: question.box_id.clone(),
        serial: question.serial.clone(),
    });
    let text = serde_json::to_vec_pretty(&answered).expect("records have text keys");
    Ok(write_open(&file, &text)?)
}

fn read(path: &Path) -> Result<Vec<u8>, JoinError> {
    let size = fs::metadata(path).map_err(failed(path))?.len();
    if size > FILE_MAX {
        return Err(JoinError::Large {
            path: path.to_owned(),
        });
    }
    fs::read(path).map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> JoinError {
    let path = path.to_owned();
    move |source| JoinError::Read { path, source }
}

/// The property does not come over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JoinError {
    /// The plan of a box that begins a property.
    #[error("this box's plan names no authority to join: make its image with --join")]
    NoAuthority,
    /// The plan cannot be used.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The property.
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// No answer.
    #[error("no answer within {wait:?}; ask again, with a new code")]
    Late {
        /// How long was waited.
        wait: Duration,
    },
    /// Not for this request, or damaged.
    #[error("the answer is not for this request, or was damaged on its way")]
    Answer,
    /// Somebody else's answer.
    #[error(
        "the answer is of authority {found}; the image names {expected}: do not trust who gave it"
    )]
    OtherAuthority {
        /// Whose it is.
        found: Sha256,
        /// Whose it was to be.
        expected: Sha256,
    },
    /// Devices would believe two.
    #[error(
        "the hotel's devices carry another chain root than {}; make this box's image anew, with that one",
        file.display()
    )]
    OtherRoot {
        /// What the image names.
        file: PathBuf,
    },
    /// What came is no authority.
    #[error("the answer holds no authority")]
    Authority(#[from] CaError),
    /// The request is not the one that the new box shows.
    #[error("the code does not belong to this request: it was mistyped, or the request exchanged")]
    OtherCode,
    /// Not a request.
    #[error("cannot decode the request")]
    Request {
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// No place to seal to.
    #[error("the request names no key to seal the answer to")]
    Address,
    /// Of another hotel.
    #[error("the box belongs to {theirs}, and this is {ours}")]
    OtherHotel {
        /// This hotel.
        ours: PropertyId,
        /// The box's.
        theirs: PropertyId,
    },
    /// Used before.
    #[error("this request was answered before; let the new box ask again")]
    Answered,
    /// The box that answers has that name.
    #[error("{box_id} is this box; make the new one's image with another --box")]
    Own {
        /// The name.
        box_id: BoxId,
    },
    /// Another box has that name.
    #[error(
        "the hotel has a box {box_id} already, {serial}; say --replaces {serial} if the new one \
         replaces it, or make its image with another --box"
    )]
    Taken {
        /// The name.
        box_id: BoxId,
        /// Whose it is.
        serial: Serial,
    },
    /// Not one of ours.
    #[error("{} is larger than any of ours", path.display())]
    Large {
        /// Which file.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The new box would let them in.
    #[error(
        "cannot ask who is revoked; start the hotel, or say --offline and revoke them at the new box"
    )]
    Revocations(#[source] Box<OperatorError>),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl JoinError {
    fn exit(&self) -> u8 {
        match self {
            Self::Read { .. } | Self::Large { .. } | Self::Write(_) | Self::Plan(_) => FILES,
            Self::NoAuthority
            | Self::Property(_)
            | Self::Late { .. }
            | Self::Answer
            | Self::OtherAuthority { .. }
            | Self::OtherRoot { .. }
            | Self::Authority(_)
            | Self::OtherCode
            | Self::Request { .. }
            | Self::Address
            | Self::OtherHotel { .. }
            | Self::Answered
            | Self::Own { .. }
            | Self::Revocations(_)
            | Self::Taken { .. } => REFUSED,
        }
    }
}
