//! A message in its final form.

use bytes::Bytes;
use kit::bus::Retain;
use kit::digest::sha256;
use wire::device::{Event, Reported, Scalar, State, Telemetry};
use wire::topic::DeviceSubject;
use wire::{Capability, Integer, Sha256, Version};

use crate::sim::device::Happening;

/// What a device wants said and kept until it is received.
#[derive(Debug, Clone, PartialEq)]
pub enum Saying {
    /// Its state, in answer to a desired version.
    Reported(Integer, State),
    /// A measurement.
    Telemetry(Capability, Scalar),
    /// Something that happened.
    Event(Happening),
}

/// Where and when something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The outbox store.
    pub boot: Integer,
    /// Place in it.
    pub seq: Integer,
    /// Lowest place still held, when lower ones were given up.
    pub oldest_seq: Option<Integer>,
    /// When, in Unix milliseconds.
    pub at: Integer,
}

/// A saying with its place: bytes that never change again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Place in the outbox.
    pub seq: Integer,
    /// When, in Unix milliseconds.
    pub at: Integer,
    /// Where it is published.
    pub subject: Subject,
    /// What is published.
    pub body: Bytes,
}

/// The topic of a letter, below its device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// State.
    Reported,
    /// A measurement of a capability.
    Telemetry(Capability),
    /// Something that happened.
    Event,
}

/// How much is lost with a letter; the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// One measurement of many.
    Telemetry,
    /// A state that a newer one replaces.
    Reported,
    /// Something that is told once.
    Event,
}

impl Letter {
    /// Writes a saying down.
    pub fn write(place: Place, saying: Saying) -> Self {
        let Place {
            boot,
            seq,
            oldest_seq,
            at,
        } = place;
        let v = Version;
        let (subject, body) = match saying {
            Saying::Reported(version, state) => {
                let body = Reported {
                    v,
                    boot,
                    seq,
                    oldest_seq,
                    at,
                    version,
                    state,
                };
                (Subject::Reported, wire::encode(&body))
            }
            Saying::Telemetry(capability, value) => {
                let body = Telemetry {
                    v,
                    boot,
                    seq,
                    oldest_seq,
                    at,
                    value,
                };
                (Subject::Telemetry(capability), wire::encode(&body))
            }
            Saying::Event(Happening { kind, alarm, data }) => {
                let body = Event {
                    v,
                    boot,
                    seq,
                    oldest_seq,
                    at,
                    kind,
                    alarm,
                    data,
                };
                (Subject::Event, wire::encode(&body))
            }
        };
        Self {
            seq,
            at,
            subject,
            body: body.into(),
        }
    }

    /// Digest of the body.
    pub fn sha256(&self) -> Sha256 {
        sha256(&self.body)
    }

    /// How much is lost with it.
    pub fn worth(&self) -> Worth {
        match self.subject {
            Subject::Telemetry(_) => Worth::Telemetry,
            Subject::Reported => Worth::Reported,
            Subject::Event => Worth::Event,
        }
    }
}

impl Subject {
    /// The subject on the bus.
    pub fn on_the_bus(&self) -> DeviceSubject {
        match self {
            Self::Reported => DeviceSubject::Reported,
            Self::Telemetry(capability) => DeviceSubject::Telemetry(capability.clone()),
            Self::Event => DeviceSubject::Event,
        }
    }

    /// Whether the broker keeps it for those who come later.
    pub fn retain(&self) -> Retain {
        match self {
            Self::Reported => Retain::Yes,
            Self::Telemetry(_) | Self::Event => Retain::No,
        }
    }
}
