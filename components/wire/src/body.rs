//! Bodies: JSON with a version in each, decoded within the bounds of the bus.

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bound;
use crate::problem::{Code, Problem};

/// The `v` of a body whose newest known form is `NEWEST`.
///
/// Written as `NEWEST`; read from any version up to it. A higher one is refused, because a new
/// version means a new meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version<const NEWEST: u16>;

impl<const NEWEST: u16> Serialize for Version<NEWEST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(NEWEST)
    }
}

impl<'de, const NEWEST: u16> Deserialize<'de> for Version<NEWEST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let version = u64::deserialize(deserializer)?;
        if (1..=u64::from(NEWEST)).contains(&version) {
            Ok(Self)
        } else {
            Err(D::Error::custom(format_args!(
                "version {version} is not one of 1 to {NEWEST}"
            )))
        }
    }
}

impl<const NEWEST: u16> JsonSchema for Version<NEWEST> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Version{NEWEST}").into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": NEWEST })
    }
}

/// A count, sequence number or Unix time in milliseconds: an integer up to 2⁵³ − 1.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(try_from = "u64", into = "u64")]
#[schemars(with = "u64", extend("maximum" = bound::INTEGER_MAX))]
pub struct Integer(u64);

impl Integer {
    /// The value, or nothing when it is beyond 2⁵³ − 1.
    pub fn new(value: u64) -> Option<Self> {
        (value <= bound::INTEGER_MAX).then_some(Self(value))
    }

    /// The value as a machine integer.
    pub fn value(self) -> u64 {
        self.0
    }

    /// The next integer; stays at 2⁵³ − 1 at the end, which no counter of a hotel reaches.
    #[must_use]
    pub fn next(self) -> Self {
        Self((self.0 + 1).min(bound::INTEGER_MAX))
    }
}

impl From<u32> for Integer {
    fn from(value: u32) -> Self {
        Self(value.into())
    }
}

impl From<Integer> for u64 {
    fn from(integer: Integer) -> Self {
        integer.0
    }
}

impl TryFrom<u64> for Integer {
    type Error = TooLarge;

    fn try_from(value: u64) -> Result<Self, TooLarge> {
        Self::new(value).ok_or(TooLarge { value })
    }
}

impl std::fmt::Display for Integer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The number cannot be kept exactly by every reader of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{value} is larger than 9007199254740991")]
pub struct TooLarge {
    value: u64,
}

/// Writes a body.
///
/// # Panics
///
/// Never for types of this crate: their maps have text keys and their numbers are finite.
pub fn encode<T: Serialize>(body: &T) -> Vec<u8> {
    serde_json::to_vec(body).expect("wire types always have a JSON form")
}

/// Reads a body within the bounds of the bus; the problem names the field at fault.
pub fn decode<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    bound::check(text).map_err(|error| Problem::new(Code::TooLarge, error.to_string()))?;
    read(text)
}

/// Reads a body that came over HTTP, where a listener bounds its size; its shape is bounded as on
/// the bus.
pub fn decode_large<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    bound::check_shape(text).map_err(|error| Problem::new(Code::TooLarge, error.to_string()))?;
    read(text)
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let body = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = error.path().to_string();
        let code = if field == "v" {
            Code::UnsupportedVersion
        } else {
            Code::Malformed
        };
        let problem = Problem::new(code, error.into_inner().to_string());
        if field == "." {
            problem
        } else {
            problem.at(field)
        }
    })?;
    reader
        .end()
        .map_err(|error| Problem::new(Code::Malformed, error.to_string()))?;
    Ok(body)
}
