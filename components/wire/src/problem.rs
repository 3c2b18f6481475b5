//! Errors in one form on the bus, over HTTP and on channels (RFC 9457).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why something was refused or failed: RFC 9457 fields, a code from a closed list and the field
/// at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What went wrong, for programs.
    pub code: Code,
    /// The same in a few words, fixed per code.
    pub title: String,
    /// HTTP status that fits the code.
    pub status: u16,
    /// What went wrong this time, for people; never guest data.
    pub detail: String,
    /// Path of the field at fault: `state.target_celsius`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Problem {
    /// A problem with the title and status of its code.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            field: None,
        }
    }

    /// Names the field at fault.
    #[must_use]
    pub fn at(self, field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{}: {field}: {}", self.title, self.detail),
            None => write!(f, "{}: {}", self.title, self.detail),
        }
    }
}

impl std::error::Error for Problem {}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $title:literal;)*) => {
        /// The closed list of what can go wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// The HTTP status that fits the code.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

codes! {
    /// Not JSON, or not of the expected shape.
    Malformed = 400 "malformed body";
    /// A version newer than this reader.
    UnsupportedVersion = 400 "unsupported version";
    /// Understood, and not acceptable: out of range, unknown setting.
    Invalid = 422 "invalid value";
    /// The principal may not do this.
    Forbidden = 403 "not allowed";
    /// Nothing of that name.
    NotFound = 404 "not found";
    /// The same id with another content, or a newer version exists.
    Conflict = 409 "conflict";
    /// Beyond a bound of the bus.
    TooLarge = 413 "too large";
    /// Its time is over.
    Expired = 410 "expired";
    /// The device does not have that capability.
    Unsupported = 501 "not supported";
    /// Too many at once; try again later.
    Busy = 429 "too many requests";
    /// No answer in time; the outcome is unknown.
    TimedOut = 504 "no answer in time";
    /// The device or service is not there now.
    Unavailable = 503 "not available";
    /// No space left.
    StorageFull = 507 "storage full";
    /// A fault of this program.
    Internal = 500 "internal error";
}
