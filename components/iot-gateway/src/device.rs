//! One device: its presence, its stream and its shadow, kept consistent with each other.

use std::collections::BTreeSet;
use std::time::Instant;

use wire::device::State;
use wire::registry::RegisteredDevice;
use wire::{Capability, DeviceId, Integer};

use crate::desired::{self, Report, Shadow};
use crate::effect::{Change, Effect, Note, Saying, Why};
use crate::moment::Moment;
use crate::presence::{self, Origin, Presence};
use crate::record::{self, Content, Message};
use crate::stream::{Lost, Outcome, Place, Stream, Verdict};

mod kept;
mod shown;

pub use kept::Kept;

/// What a device says, and what is wished of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Who or where it is.
    Presence(presence::Input),
    /// At connect, now or before it was kept, it held nothing below a place.
    Holds {
        /// The outbox store.
        boot: Integer,
        /// The place.
        oldest: Integer,
        /// Whether that is news.
        origin: Origin,
    },
    /// A numbered message.
    Message(Message),
    /// A report that the broker had kept: a hint about the state, no message of the stream.
    Hint(Report),
    /// A message that there is no room to keep.
    Untaken(Why),
    /// A checked change of what it should become.
    Set(State),
    /// A moment asked for may have come.
    Elapsed,
}

/// One device of the registry.
///
/// Invariants: the stream is never of an older life than the birth; what is accepted is stored
/// together with its record and the stream's new mark, in one list of effects.
#[derive(Debug, Clone)]
pub struct Device {
    registered: RegisteredDevice,
    presence: Presence,
    stream: Option<Stream>,
    shadow: Shadow,
    lost: u64,
}

impl Device {
    /// The device as it was kept.
    pub fn resume(registered: RegisteredDevice, kept: Kept) -> Self {
        let recent = kept.recent;
        Self {
            registered,
            presence: Presence::resume(kept.birth),
            stream: kept.mark.map(|mark| Stream::resume(mark, recent)),
            shadow: Shadow::resume(kept.desired, kept.report),
            lost: kept.lost,
        }
    }

    /// Its numbers, when it is taken out of the registry.
    pub fn retire(self) -> Kept {
        let (mark, recent) = self.stream.map(Stream::retire).unzip();
        Kept {
            mark,
            recent: recent.unwrap_or_default(),
            lost: self.lost,
            ..Kept::default()
        }
    }

    /// What the registry says of it.
    pub fn registered(&self) -> &RegisteredDevice {
        &self.registered
    }

    /// Takes over what the registry says now.
    pub fn register(&mut self, registered: RegisteredDevice) {
        self.registered = registered;
    }

    /// What it should become.
    pub fn shadow(&self) -> &Shadow {
        &self.shadow
    }

    /// The boot of its last birth.
    pub fn boot(&self) -> Option<Integer> {
        self.presence.boot()
    }

    /// Whether it is connected.
    pub fn is_online(&self) -> bool {
        self.presence.is_online()
    }

    /// What it can do: what registry and birth agree on; what the registry says before it is born.
    pub fn capabilities(&self) -> BTreeSet<Capability> {
        let registered = &self.registered.capabilities;
        match self.presence.birth() {
            None => registered.clone(),
            Some(born) => registered & &born.capabilities,
        }
    }

    /// When [`Input::Elapsed`] is wanted.
    pub fn wake_at(&self) -> Option<Instant> {
        self.shadow.wake_at()
    }

    /// Takes in what happens.
    pub fn handle(&mut self, now: Moment, input: Input) -> Vec<Effect> {
        match input {
            Input::Presence(input) => self.appear(now, input),
            Input::Holds {
                boot,
                oldest,
                origin,
            } => self.hold(now, boot, oldest, origin),
            Input::Message(message) => self.receive(now, message),
            Input::Hint(report) => self.reflect(now, desired::Input::Reported(report)),
            Input::Untaken(why) => vec![Effect::Note(Note::Untaken(self.id(), why))],
            Input::Set(change) => self.reflect(now, desired::Input::Set(change)),
            Input::Elapsed => self.reflect(now, desired::Input::Elapsed),
        }
    }

    fn id(&self) -> DeviceId {
        self.registered.device.clone()
    }

    fn appear(&mut self, now: Moment, input: presence::Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        for effect in self.presence.handle(input) {
            match effect {
                presence::Effect::Store(birth) => {
                    effects.extend(self.begin(now, birth.boot));
                    effects.push(Effect::Store(Change::Birth(self.id(), birth)));
                }
                presence::Effect::Came => {
                    effects.push(Effect::Note(Note::Presence));
                    effects.extend(self.reflect(now, desired::Input::Came));
                }
                presence::Effect::Went => {
                    effects.push(Effect::Note(Note::Presence));
                    effects.extend(self.reflect(now, desired::Input::Went));
                }
                presence::Effect::Stale { boot } => {
                    effects.push(Effect::Note(Note::Stale(self.id(), boot)));
                }
            }
        }
        effects
    }

    /// Begins the stream of a newer life.
    fn begin(&mut self, now: Moment, boot: Integer) -> Vec<Effect> {
        let stream = self.stream.get_or_insert_with(|| Stream::new(boot));
        let lost = stream.advance(boot);
        let mark = self.store_mark();
        mark.into_iter().chain(self.lose(now, &lost)).collect()
    }

    /// Waits for nothing that the device does not hold.
    fn hold(&mut self, now: Moment, boot: Integer, oldest: Integer, origin: Origin) -> Vec<Effect> {
        let Some(stream) = self.stream.as_mut().filter(|stream| stream.boot() == boot) else {
            return vec![];
        };
        let before = stream.mark();
        let lost = match origin {
            Origin::Live => stream.hold_from(oldest),
            Origin::Retained => {
                stream.begin_at(oldest);
                Vec::new()
            }
        };
        let moved = stream.mark() != before;
        let mark = self.store_mark().filter(|_| moved);
        mark.into_iter().chain(self.lose(now, &lost)).collect()
    }

    fn receive(&mut self, now: Moment, message: Message) -> Vec<Effect> {
        let (id, Place { boot, seq, .. }) = (self.id(), message.place);
        let stream = self.stream.get_or_insert_with(|| Stream::new(boot));
        let missing = stream.missing();
        let Outcome { verdict, lost } = stream.handle(message.place, message.sha256);
        let leaves_a_gap = stream.missing() > missing;
        let mut effects = self.lose(now, &lost);
        match verdict {
            Verdict::Accepted => {
                effects.extend(leaves_a_gap.then_some(Effect::Note(Note::Gap(id))));
                effects.extend(self.accept(now, message));
            }
            Verdict::Duplicate => effects.push(Effect::Note(Note::Duplicate)),
            Verdict::Conflict => effects.push(Effect::Note(Note::Conflict(id, boot, seq))),
            Verdict::Stale => effects.push(Effect::Note(Note::Stale(id, boot))),
            Verdict::Untaken => effects.push(Effect::Note(Note::Untaken(id, Why::Gaps))),
        }
        let moved = verdict == Verdict::Accepted || !lost.is_empty();
        effects.extend(self.store_mark().filter(|_| moved));
        effects.extend(self.answer(verdict));
        effects
    }

    fn store_mark(&self) -> Option<Effect> {
        let mark = self.stream.as_ref()?.mark();
        Some(Effect::Store(Change::Mark(self.id(), mark)))
    }

    /// Tells the device how far its messages are safe; also when it repeats or contradicts itself,
    /// because it would do so for ever otherwise.
    fn answer(&self, verdict: Verdict) -> Option<Effect> {
        let received = match verdict {
            Verdict::Accepted | Verdict::Duplicate | Verdict::Conflict => {
                self.stream.as_ref()?.received()?
            }
            Verdict::Stale | Verdict::Untaken => return None,
        };
        Some(Effect::Say(Saying::Received(self.id(), received)))
    }

    fn accept(&mut self, now: Moment, message: Message) -> Vec<Effect> {
        let Place { boot, seq, .. } = message.place;
        let mut effects = vec![
            Effect::Note(Note::Accepted),
            Effect::Store(record::of_message(now.wall, &self.registered, &message)),
        ];
        if self
            .stream
            .as_ref()
            .is_some_and(|stream| stream.remembers(seq))
        {
            let digest = Change::Digest(self.id(), boot, seq, message.sha256);
            effects.push(Effect::Store(digest));
        }
        if let Content::Reported(version, state) = message.content {
            let report = Report {
                boot,
                seq,
                at: message.at,
                version,
                state,
            };
            effects.extend(self.reflect(now, desired::Input::Reported(report)));
        }
        effects
    }

    /// Counts and records what will never come.
    fn lose(&mut self, now: Moment, lost: &[Lost]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for lost in lost {
            self.lost = self.lost.saturating_add(lost.places.places());
            effects.push(Effect::Store(record::of_loss(now.wall, &self.id(), lost)));
            effects.push(Effect::Note(Note::Lost(self.id(), *lost)));
        }
        if !lost.is_empty() {
            effects.push(Effect::Store(Change::Lost(self.id(), self.lost)));
        }
        effects
    }

    fn reflect(&mut self, now: Moment, input: desired::Input) -> Vec<Effect> {
        let id = self.registered.device.clone();
        let effect = |effect| match effect {
            desired::Effect::StoreReport(report) => {
                Effect::Store(Change::Report(id.clone(), report))
            }
            desired::Effect::StoreDesired(desired) => {
                Effect::Store(Change::Desired(id.clone(), desired))
            }
            desired::Effect::Send(delta) => Effect::Say(Saying::Delta(id.clone(), delta)),
        };
        let effects = self.shadow.handle(now.monotonic, input);
        effects.into_iter().map(effect).collect()
    }
}

#[cfg(test)]
mod tests;
