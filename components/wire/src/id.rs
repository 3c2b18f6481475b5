//! Ids: the words that name tenants, properties, boxes, devices and messages.
//!
//! Every id is one topic word, `[a-z0-9-]{1,40}`; foreign ids are mapped to one, never spliced.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bound::WORD_MAX;
use crate::component::Component;

/// A text that may stand between two slashes of a topic: `[a-z0-9-]{1,40}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Word(String);

impl Word {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Word {
    type Err = NotAWord;

    fn from_str(text: &str) -> Result<Self, NotAWord> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=WORD_MAX).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAWord {
                text: text.chars().take(WORD_MAX + 1).collect(),
            })
        }
    }
}

impl TryFrom<String> for Word {
    type Error = NotAWord;

    fn try_from(text: String) -> Result<Self, NotAWord> {
        text.parse()
    }
}

impl From<Word> for String {
    fn from(word: Word) -> Self {
        word.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Word {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Word".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[a-z0-9-]{1,40}$",
        })
    }
}

/// The text is not a topic word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a word of 1 to 40 characters a-z, 0-9 or -")]
pub struct NotAWord {
    text: String,
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Word);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The id as a topic word.
            pub fn word(&self) -> &Word {
                &self.0
            }
        }

        impl From<Word> for $name {
            fn from(word: Word) -> Self {
                Self(word)
            }
        }

        impl From<$name> for Word {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = NotAWord;

            fn from_str(text: &str) -> Result<Self, NotAWord> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }
    )*};
}

words! {
    /// Names the company that owns properties.
    TenantId;
    /// Names one hotel.
    PropertyId;
    /// Names one box of a property; part of object keys and of clock origins.
    BoxId;
    /// Names whoever holds a leaf certificate: component, device, peer or operator; the
    /// certificate's CN. One namespace per property, never reused.
    Principal;
    /// Names a device; the same namespace as [`Principal`].
    DeviceId;
    /// Names what a device can do or measure: `temperature`, `door`, `battery`.
    Capability;
    /// Names an act that a service or a device performs on request: `list`, `set-desired`.
    Operation;
}

impl From<DeviceId> for Principal {
    fn from(device: DeviceId) -> Self {
        Self(device.0)
    }
}

impl From<Component> for Principal {
    fn from(component: Component) -> Self {
        Self(Word(component.as_str().to_owned()))
    }
}

macro_rules! uuids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String", extend("format" = "uuid"))]
        pub struct $name(Uuid);

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                canonical(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    )*};
}

uuids! {
    /// Names one request; repeating one that does something within 24 hours does it no second time.
    RequestId;
    /// Names one execution of a command on a device.
    ExecutionId;
    /// Names one batch of records on its way to its consumer.
    BatchId;
    /// Names one print job; chosen by whoever wants it printed.
    JobId;
    /// Names one order; chosen by the page that places it.
    OrderId;
    /// Names the time a party sits at a table.
    SittingId;
    /// Names one token; what a revocation list counts by.
    TokenId;
    /// Names one attempt of two peers to reach each other, and the connection that comes of it.
    ConnectionId;
    /// Names one message on a channel; a reply carries the id of its request.
    MessageId;
}

/// The ticket of an order is a print job of the same name.
impl From<OrderId> for JobId {
    fn from(order: OrderId) -> Self {
        Self(order.0)
    }
}

/// Accepts only the canonical spelling, so that one id has one text.
fn canonical(text: &str) -> Result<Uuid, NotAnId> {
    Uuid::try_parse(text)
        .ok()
        .filter(|uuid| uuid.hyphenated().to_string() == text)
        .ok_or_else(|| NotAnId {
            text: text.chars().take(WORD_MAX).collect(),
        })
}

/// The text is not a UUID in lower-case hyphenated form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a lower-case hyphenated UUID")]
pub struct NotAnId {
    text: String,
}
