//! What the rules ask of the world: what to keep, what to say, what to note.

use wire::audit::Fact;
use wire::device::{Command, Delta, Received};
use wire::door::CHALLENGE_MAX;
use wire::record::{Record, Stream};
use wire::{DeviceId, Integer, Octets, Principal, Problem, RequestId, Sha256};

use crate::command::Execution;
use crate::desired::{Desired, Report};
use crate::doors::turn::Turn;
use crate::presence::Birth;
use crate::stream::{Lost, Mark};

/// One wish of the rules. What is to be kept is kept before anything is said.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Keep this.
    Store(Change),
    /// Then say this.
    Say(Saying),
    /// Count and perhaps log this.
    Note(Note),
}

/// Something to keep through a restart.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The last birth of a device.
    Birth(DeviceId, Birth),
    /// How far the stream of a device is.
    Mark(DeviceId, Mark),
    /// The digest of an accepted message: its boot, its place.
    Digest(DeviceId, Integer, Integer, Sha256),
    /// How many places of a device are lost, ever.
    Lost(DeviceId, u64),
    /// The last report of a device.
    Report(DeviceId, Report),
    /// What a device should become.
    Desired(DeviceId, Desired),
    /// How far an execution is.
    Execution(Execution),
    /// How far the turn of a bolt is.
    Turn(Turn),
    /// What happened at a door, and when; the next link of the trail.
    Audit(Integer, Fact),
    /// The first answer to a request, and when it was given.
    Answer(Asker, Integer, Vec<u8>),
    /// A fact for `uplink`.
    Record(Stream, Record),
    /// Nothing more about this device but its numbers.
    Forget(DeviceId),
}

/// Something to say when everything is kept. Whatever is lost on the way is said again: to a
/// device by rule, to an asker when it asks again.
#[derive(Debug, Clone, PartialEq)]
pub enum Saying {
    /// What is committed.
    Received(DeviceId, Received),
    /// What a device should become.
    Delta(DeviceId, Delta),
    /// What a device should do.
    Command(DeviceId, Command),
    /// What a lock should do, to be signed; its challenge, and how long it may take from now.
    Turn {
        /// The lock.
        device: DeviceId,
        /// What.
        command: Command,
        /// What it asked for.
        challenge: Octets<CHALLENGE_MAX>,
        /// In milliseconds.
        within_ms: u32,
    },
    /// An encoded reply.
    Reply(Asker, Vec<u8>),
    /// Nothing retained of this device.
    Clear(DeviceId),
}

/// Who asked, and in which request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asker {
    /// Who.
    pub principal: Principal,
    /// The request.
    pub id: RequestId,
}

/// Something worth a count, and for some a line in the log.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// The number of devices, or of those online, may have changed.
    Presence,
    /// A message was accepted.
    Accepted,
    /// A message came again.
    Duplicate,
    /// A message contradicts one that was accepted.
    Conflict(DeviceId, Integer, Integer),
    /// A message or birth of a life that is over.
    Stale(DeviceId, Integer),
    /// A message leaves a gap.
    Gap(DeviceId),
    /// A message was left with its device.
    Untaken(DeviceId, Why),
    /// Places that will never be filled.
    Lost(DeviceId, Lost),
    /// Something that cannot be understood or believed.
    Rejected(Option<DeviceId>, Problem),
    /// A device that the registry does not know.
    Unknown(DeviceId),
    /// A device that the registry no longer knows.
    Removed(DeviceId),
    /// A request that came too late.
    Expired(Asker),
    /// A bolt was turned, or not.
    Turned(Turn),
    /// Somebody wanted a bolt turned in vain.
    Refused(DeviceId, Problem),
    /// A command ended.
    Ended(Execution),
    /// A device told how a command went after its time.
    Late(Execution),
}

/// Why a message was left with its device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Too many gaps.
    Gaps,
    /// The outbox is full.
    OutboxFull,
}
