//! One batch of work: what follows from many inputs, kept in one write and then said.

use std::collections::HashMap;

use wire::DeviceId;

use crate::effect::{Asker, Change, Effect, Note, Saying};

/// The effects of a batch, without those that a later one of the batch replaces.
///
/// Invariant: replaying the changes one by one, or only the ones left here, ends in the same state;
/// a device is told at most once what is received.
#[derive(Debug, Default)]
pub struct Work {
    changes: Vec<Change>,
    sayings: Vec<Saying>,
    notes: Vec<Note>,
    /// Where the newest of each replaceable effect stands.
    newest: HashMap<(Kind, DeviceId), usize>,
}

/// Effects of which only the newest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Mark,
    Lost,
    Report,
    Desired,
    Received,
    Delta,
}

impl Work {
    /// Adds what follows from one more input.
    pub fn add(&mut self, effects: impl IntoIterator<Item = Effect>) {
        for effect in effects {
            match effect {
                Effect::Store(change) => self.store(change),
                Effect::Say(saying) => self.say(saying),
                Effect::Note(note) => self.notes.push(note),
            }
        }
    }

    /// The answer that a request got earlier in this batch.
    pub fn answer(&self, asker: &Asker) -> Option<&[u8]> {
        self.changes.iter().find_map(|change| match change {
            Change::Answer(known, _, body) if known == asker => Some(body.as_slice()),
            _ => None,
        })
    }

    /// What to keep, what to say then, what to note.
    pub fn finish(self) -> (Vec<Change>, Vec<Saying>, Vec<Note>) {
        (self.changes, self.sayings, self.notes)
    }

    fn store(&mut self, change: Change) {
        let key = match &change {
            Change::Mark(id, _) => Some((Kind::Mark, id.clone())),
            Change::Lost(id, _) => Some((Kind::Lost, id.clone())),
            Change::Report(id, _) => Some((Kind::Report, id.clone())),
            Change::Desired(id, _) => Some((Kind::Desired, id.clone())),
            Change::Forget(id) => {
                self.newest.retain(|(_, known), _| known != id);
                None
            }
            Change::Birth(..)
            | Change::Digest(..)
            | Change::Execution(_)
            | Change::Turn(_)
            | Change::Audit(..)
            | Change::Answer(..)
            | Change::Record(..) => None,
        };
        put(&mut self.newest, &mut self.changes, key, change);
    }

    fn say(&mut self, saying: Saying) {
        let key = match &saying {
            Saying::Received(id, _) => Some((Kind::Received, id.clone())),
            Saying::Delta(id, _) => Some((Kind::Delta, id.clone())),
            Saying::Command(..) | Saying::Turn { .. } | Saying::Reply(..) | Saying::Clear(_) => {
                None
            }
        };
        put(&mut self.newest, &mut self.sayings, key, saying);
    }
}

/// Puts an effect where an older one of its key stands, or behind all others.
fn put<T>(
    newest: &mut HashMap<(Kind, DeviceId), usize>,
    effects: &mut Vec<T>,
    key: Option<(Kind, DeviceId)>,
    effect: T,
) {
    let place = key.map(|key| *newest.entry(key).or_insert(effects.len()));
    match place.and_then(|place| effects.get_mut(place)) {
        Some(older) => *older = effect,
        None => effects.push(effect),
    }
}

#[cfg(test)]
mod tests;
