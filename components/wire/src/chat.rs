//! What people and their pages tell each other on channels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
