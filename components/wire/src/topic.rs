//! Topics and topic filters: the only place that knows how they are spelled.
//!
//! ```text
//! hotel/{property}/device/{device}/birth | online | reported | event | received | delta
//! hotel/{property}/device/{device}/telemetry/{capability}
//! hotel/{property}/device/{device}/command/{execution}      …/ack/{execution}
//! hotel/{property}/service/{component}/request/{operation}/{principal}/{id}
//! hotel/{property}/service/{component}/reply/{principal}/{id}
//! hotel/{property}/service/{component}/record/{stream}/{principal}/{batch}
//! hotel/{property}/service/{component}/recorded/{principal}/{batch}
//! hotel/{property}/service/{component}/event/{kind}
//! hotel/{property}/service/{component}/status
//! ```

use std::fmt;
use std::str::{FromStr, Split};

use crate::component::Component;
use crate::id::{
    BatchId, Capability, DeviceId, ExecutionId, Operation, Principal, PropertyId, RequestId, Word,
};

mod filter;

pub use filter::{DeviceWord, Filter};

/// Where mosquitto's dynamic-security plugin takes commands.
pub const CONTROL: &str = "$CONTROL/dynamic-security/v1";
/// Where mosquitto's dynamic-security plugin answers.
pub const CONTROL_RESPONSE: &str = "$CONTROL/dynamic-security/v1/response";

/// The topic of one message of a property.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Topic {
    /// The hotel.
    pub property: PropertyId,
    /// What is said to, or by, whom.
    pub subject: Subject,
}

/// The part of a topic below its property.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Said by or to one device.
    Device(DeviceId, DeviceSubject),
    /// Said by or to one component.
    Service(Component, ServiceSubject),
}

/// What a device says, and what is said to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DeviceSubject {
    /// Retained: what the device is; [`crate::device::Birth`].
    Birth,
    /// Retained, last will: whether it is there; [`crate::device::Online`].
    Online,
    /// Retained: its state; [`crate::device::Reported`].
    Reported,
    /// A measurement; [`crate::device::Telemetry`].
    Telemetry(Capability),
    /// Something that happened; [`crate::device::Event`].
    Event,
    /// Gateway to device: what is committed; [`crate::device::Received`].
    Received,
    /// Gateway to device: what it should become; [`crate::device::Delta`].
    Delta,
    /// Gateway to device: what it should do; [`crate::device::Command`].
    Command(ExecutionId),
    /// How a command went; [`crate::device::Ack`].
    Ack(ExecutionId),
}

/// What a component says, and what is said to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ServiceSubject {
    /// A principal asks the component; [`crate::request::Request`].
    Request(Operation, Principal, RequestId),
    /// The component answers; [`crate::request::Reply`].
    Reply(Principal, RequestId),
    /// A principal hands over records; [`crate::record::Records`].
    Record(Word, Principal, BatchId),
    /// The component has committed them; [`crate::record::Recorded`].
    Recorded(Principal, BatchId),
    /// The component tells everybody.
    Event(Word),
    /// Retained: the component's health; [`crate::status::Status`].
    Status,
}

impl Topic {
    /// The topic of a device.
    pub fn device(property: &PropertyId, device: &DeviceId, subject: DeviceSubject) -> Self {
        Self {
            property: property.clone(),
            subject: Subject::Device(device.clone(), subject),
        }
    }

    /// The topic of a component.
    pub fn service(property: &PropertyId, component: Component, subject: ServiceSubject) -> Self {
        Self {
            property: property.clone(),
            subject: Subject::Service(component, subject),
        }
    }

    /// Whether messages here may be retained; anywhere else a retained message is dropped.
    pub fn may_be_retained(&self) -> bool {
        match &self.subject {
            Subject::Device(_, subject) => match subject {
                DeviceSubject::Birth | DeviceSubject::Online | DeviceSubject::Reported => true,
                DeviceSubject::Telemetry(_)
                | DeviceSubject::Event
                | DeviceSubject::Received
                | DeviceSubject::Delta
                | DeviceSubject::Command(_)
                | DeviceSubject::Ack(_) => false,
            },
            Subject::Service(_, subject) => match subject {
                ServiceSubject::Event(_) | ServiceSubject::Status => true,
                ServiceSubject::Request(..)
                | ServiceSubject::Reply(..)
                | ServiceSubject::Record(..)
                | ServiceSubject::Recorded(..) => false,
            },
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hotel/{}/", self.property)?;
        match &self.subject {
            Subject::Device(device, subject) => write!(f, "device/{device}/{subject}"),
            Subject::Service(component, subject) => write!(f, "service/{component}/{subject}"),
        }
    }
}

impl fmt::Display for DeviceSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Birth => f.write_str("birth"),
            Self::Online => f.write_str("online"),
            Self::Reported => f.write_str("reported"),
            Self::Telemetry(capability) => write!(f, "telemetry/{capability}"),
            Self::Event => f.write_str("event"),
            Self::Received => f.write_str("received"),
            Self::Delta => f.write_str("delta"),
            Self::Command(execution) => write!(f, "command/{execution}"),
            Self::Ack(execution) => write!(f, "ack/{execution}"),
        }
    }
}

impl fmt::Display for ServiceSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(operation, principal, id) => {
                write!(f, "request/{operation}/{principal}/{id}")
            }
            Self::Reply(principal, id) => write!(f, "reply/{principal}/{id}"),
            Self::Record(stream, principal, batch) => {
                write!(f, "record/{stream}/{principal}/{batch}")
            }
            Self::Recorded(principal, batch) => write!(f, "recorded/{principal}/{batch}"),
            Self::Event(kind) => write!(f, "event/{kind}"),
            Self::Status => f.write_str("status"),
        }
    }
}

impl FromStr for Topic {
    type Err = NotATopic;

    fn from_str(text: &str) -> Result<Self, NotATopic> {
        Words(text.split('/')).topic().ok_or_else(|| NotATopic {
            text: text.chars().take(SHOWN_MAX).collect(),
        })
    }
}

/// The words of a topic, taken one by one; `None` wherever a word is missing or wrong.
struct Words<'a>(Split<'a, char>);

impl Words<'_> {
    fn topic(&mut self) -> Option<Topic> {
        if self.0.next()? != "hotel" {
            return None;
        }
        let property = self.take()?;
        let subject = match self.0.next()? {
            "device" => Subject::Device(self.take()?, self.device()?),
            "service" => Subject::Service(self.take()?, self.service()?),
            _ => return None,
        };
        self.0
            .next()
            .is_none()
            .then_some(Topic { property, subject })
    }

    fn device(&mut self) -> Option<DeviceSubject> {
        Some(match self.0.next()? {
            "birth" => DeviceSubject::Birth,
            "online" => DeviceSubject::Online,
            "reported" => DeviceSubject::Reported,
            "telemetry" => DeviceSubject::Telemetry(self.take()?),
            "event" => DeviceSubject::Event,
            "received" => DeviceSubject::Received,
            "delta" => DeviceSubject::Delta,
            "command" => DeviceSubject::Command(self.take()?),
            "ack" => DeviceSubject::Ack(self.take()?),
            _ => return None,
        })
    }

    fn service(&mut self) -> Option<ServiceSubject> {
        Some(match self.0.next()? {
            "request" => ServiceSubject::Request(self.take()?, self.take()?, self.take()?),
            "reply" => ServiceSubject::Reply(self.take()?, self.take()?),
            "record" => ServiceSubject::Record(self.take()?, self.take()?, self.take()?),
            "recorded" => ServiceSubject::Recorded(self.take()?, self.take()?),
            "event" => ServiceSubject::Event(self.take()?),
            "status" => ServiceSubject::Status,
            _ => return None,
        })
    }

    fn take<T: FromStr>(&mut self) -> Option<T> {
        self.0.next()?.parse().ok()
    }
}

/// How much of a wrong topic its error shows, in characters.
const SHOWN_MAX: usize = 200;

/// The text is not a topic of a property.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a topic of a property")]
pub struct NotATopic {
    text: String,
}
