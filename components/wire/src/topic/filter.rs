//! Topic filters: what to subscribe to, and what a policy grants.

use std::fmt;

use crate::component::Component;
use crate::id::{DeviceId, Operation, Principal, PropertyId, Word};
use crate::topic::{CONTROL_RESPONSE, DeviceSubject, Topic};

/// A set of topics of one property, as an MQTT topic filter (MQTT 5 §4.7).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Filter(String);

/// The first word of a device's subject; stands for all topics below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceWord {
    /// What the device is.
    Birth,
    /// Whether it is there.
    Online,
    /// Its state.
    Reported,
    /// Measurements of every capability.
    Telemetry,
    /// What happened.
    Event,
    /// What is committed.
    Received,
    /// What it should become.
    Delta,
    /// What it should do, every execution.
    Command,
    /// How commands went, every execution.
    Ack,
}

impl DeviceWord {
    /// What a device says.
    pub const SAID: &[Self] = &[
        Self::Birth,
        Self::Online,
        Self::Reported,
        Self::Telemetry,
        Self::Event,
        Self::Ack,
    ];
    /// What the broker keeps of it; a device that is removed leaves nothing behind.
    pub const RETAINED: &[Self] = &[Self::Birth, Self::Online, Self::Reported];
    /// What is said to a device.
    pub const HEARD: &[Self] = &[Self::Received, Self::Delta, Self::Command];

    fn pattern(self) -> &'static str {
        match self {
            Self::Birth => "birth",
            Self::Online => "online",
            Self::Reported => "reported",
            Self::Telemetry => "telemetry/+",
            Self::Event => "event",
            Self::Received => "received",
            Self::Delta => "delta",
            Self::Command => "command/+",
            Self::Ack => "ack/+",
        }
    }
}

impl From<&DeviceSubject> for DeviceWord {
    fn from(subject: &DeviceSubject) -> Self {
        match subject {
            DeviceSubject::Birth => Self::Birth,
            DeviceSubject::Online => Self::Online,
            DeviceSubject::Reported => Self::Reported,
            DeviceSubject::Telemetry(_) => Self::Telemetry,
            DeviceSubject::Event => Self::Event,
            DeviceSubject::Received => Self::Received,
            DeviceSubject::Delta => Self::Delta,
            DeviceSubject::Command(_) => Self::Command,
            DeviceSubject::Ack(_) => Self::Ack,
        }
    }
}

/// In the functions below `None` stands for any value of that word.
impl Filter {
    /// Everything said in the property; for auditors and tests, granted to nobody by default.
    pub fn everything(property: &PropertyId) -> Self {
        Self(format!("hotel/{property}/#"))
    }

    /// Answers of the broker's dynamic-security plugin.
    pub fn control_response() -> Self {
        Self(CONTROL_RESPONSE.to_owned())
    }

    /// One topic and no other.
    pub fn exactly(topic: &Topic) -> Self {
        Self(topic.to_string())
    }

    /// What devices say, or what is said to them.
    pub fn device(property: &PropertyId, device: Option<&DeviceId>, word: DeviceWord) -> Self {
        Self(format!(
            "hotel/{property}/device/{}/{}",
            any(device),
            word.pattern()
        ))
    }

    /// Requests to a component.
    pub fn requests(
        property: &PropertyId,
        component: Component,
        operation: Option<&Operation>,
        principal: Option<&Principal>,
    ) -> Self {
        let (operation, principal) = (any(operation), any(principal));
        Self(format!(
            "hotel/{property}/service/{component}/request/{operation}/{principal}/+"
        ))
    }

    /// Answers to a principal.
    pub fn replies(
        property: &PropertyId,
        component: Option<Component>,
        principal: Option<&Principal>,
    ) -> Self {
        let (component, principal) = (any(component.as_ref()), any(principal));
        Self(format!(
            "hotel/{property}/service/{component}/reply/{principal}/+"
        ))
    }

    /// Records handed to a component.
    pub fn records(
        property: &PropertyId,
        component: Component,
        stream: Option<&Word>,
        principal: Option<&Principal>,
    ) -> Self {
        let (stream, principal) = (any(stream), any(principal));
        Self(format!(
            "hotel/{property}/service/{component}/record/{stream}/{principal}/+"
        ))
    }

    /// Confirmations that records are committed.
    pub fn recorded(
        property: &PropertyId,
        component: Option<Component>,
        principal: Option<&Principal>,
    ) -> Self {
        let (component, principal) = (any(component.as_ref()), any(principal));
        Self(format!(
            "hotel/{property}/service/{component}/recorded/{principal}/+"
        ))
    }

    /// What components tell everybody.
    pub fn events(
        property: &PropertyId,
        component: Option<Component>,
        kind: Option<&Word>,
    ) -> Self {
        let (component, kind) = (any(component.as_ref()), any(kind));
        Self(format!("hotel/{property}/service/{component}/event/{kind}"))
    }

    /// Health of components.
    pub fn status(property: &PropertyId, component: Option<Component>) -> Self {
        Self(format!(
            "hotel/{property}/service/{}/status",
            any(component.as_ref())
        ))
    }

    /// The filter as MQTT spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `topic` is in the set (MQTT 5 §4.7.1).
    pub fn matches(&self, topic: &str) -> bool {
        let mut words = topic.split('/');
        let mut patterns = self.0.split('/');
        loop {
            match (patterns.next(), words.next()) {
                (Some("#"), _) | (None, None) => return true,
                (Some("+"), Some(_)) => {}
                (Some(pattern), Some(word)) if pattern == word => {}
                (Some(_) | None, Some(_) | None) => return false,
            }
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn any(word: Option<&impl fmt::Display>) -> String {
    word.map_or_else(|| "+".to_owned(), ToString::to_string)
}
