//! Messages between two peers: `MessagePack` of an envelope, read in two steps.
//!
//! Who it is from and what it is about is read first; the body only when somebody knows its type.

use rmp_serde::Deserializer;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use wire::channel::{Envelope, Kind};
use wire::{Code, Integer, MessageId, Principal, Problem, Version, Word};

/// Deepest nesting of a message, its envelope included.
const DEPTH_MAX: usize = wire::bound::DEPTH_MAX;

/// A message that arrived, its body still unread.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its name; the reply to a request carries the same.
    pub id: MessageId,
    /// What it expects.
    pub kind: Kind,
    /// Department or property it belongs to.
    pub group: Option<Word>,
    /// What it is about: [`wire::channel::about`].
    pub about: Word,
    /// Who wrote it.
    pub from: Principal,
    /// When, by the writer's clock, in Unix milliseconds.
    pub timestamp: Integer,
    octets: Vec<u8>,
}

impl Message {
    /// Reads everything but the body.
    pub fn read(octets: Vec<u8>) -> Result<Self, Problem> {
        let envelope: Envelope<Skipped> = decode(&octets)?;
        Ok(Self {
            id: envelope.id,
            kind: envelope.kind,
            group: envelope.group,
            about: envelope.about,
            from: envelope.from,
            timestamp: envelope.timestamp,
            octets,
        })
    }

    /// Reads the body; the problem names the field at fault.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let envelope: Envelope<T> = decode(&self.octets)?;
        Ok(envelope.body)
    }
}

/// A body that is not looked at.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Skipped(IgnoredAny);

/// Writes a message.
pub(crate) fn write<T: Serialize>(
    id: MessageId,
    kind: Kind,
    about: &Word,
    from: &Principal,
    timestamp: Integer,
    body: &T,
) -> Result<Vec<u8>, Problem> {
    let envelope = Envelope {
        v: Version,
        id,
        kind,
        group: None,
        about: about.clone(),
        from: from.clone(),
        timestamp,
        body,
    };
    encode(&envelope)
}

/// Writes `MessagePack` with named maps and binary octets.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Problem> {
    rmp_serde::to_vec_named(value).map_err(|error| Problem::new(Code::Internal, error.to_string()))
}

/// Reads `MessagePack`, and nothing behind it.
pub(crate) fn decode<T: DeserializeOwned>(octets: &[u8]) -> Result<T, Problem> {
    let malformed = |detail: String| Problem::new(Code::Malformed, detail);
    let mut reader = Deserializer::new(octets);
    reader.set_max_depth(DEPTH_MAX);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = error.path().to_string();
        let problem = malformed(error.into_inner().to_string());
        if field == "." {
            problem
        } else {
            problem.at(field)
        }
    })?;
    if reader.get_ref().is_empty() {
        Ok(value)
    } else {
        Err(malformed("something follows the message".to_owned()))
    }
}

#[cfg(test)]
mod tests;
