//! What people and their pages tell each other on channels.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Integer, Version};
use crate::id::MessageId;
use crate::text::Text;

/// Something for people to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notification {
    /// In a few words.
    pub title: Text<80>,
    /// The rest.
    #[serde(default)]
    pub body: Text<400>,
}

/// What somebody says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chat {
    /// The words.
    pub text: Text<1000>,
}

/// What a guest says to the house; it never leaves the property.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuestMessage {
    /// Version of this body.
    pub v: Version<1>,
    /// Chosen by the page; the same again is the same message.
    pub message: MessageId,
    /// The words, at least one.
    pub text: Text<1000>,
}

impl fmt::Debug for GuestMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = self.text.as_str().chars().count();
        write!(f, "GuestMessage({}, {letters} characters)", self.message)
    }
}

/// A guest's message was taken down and is on its way to staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Noted {
    /// The message.
    pub message: MessageId,
    /// When, in Unix milliseconds.
    pub at: Integer,
}
