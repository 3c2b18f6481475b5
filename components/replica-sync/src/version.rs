//! When, and by whom, a value was written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Bits of a clock reading below its milliseconds: 32,768 writes of one row in one millisecond.
const COUNTER_BITS: u32 = 15;

/// A reading of the hybrid logical clock: Unix milliseconds above [`COUNTER_BITS`] of counter.
///
/// The database packs and advances it (`sync.now`, `sync.later`); here it is only compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Stamp(pub(crate) i64);

impl Stamp {
    /// The first reading of a millisecond.
    pub(crate) fn of_ms(ms: u64) -> Self {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX >> COUNTER_BITS);
        Self(ms.min(i64::MAX >> COUNTER_BITS) << COUNTER_BITS)
    }

    /// Its Unix milliseconds.
    pub(crate) fn ms(self) -> i64 {
        self.0 >> COUNTER_BITS
    }
}

/// The version of a value: of two, the later clock wins, and of equal clocks the higher origin.
///
/// No two writes have the same version: a row's stamps only grow at one origin, and each database
/// has an origin of its own.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Version {
    /// When.
    pub(crate) stamp: Stamp,
    /// At which database; a random number of 52 bits.
    pub(crate) origin: i64,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.stamp.0, self.origin)
    }
}

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let (stamp, origin) = text.split_once('.').ok_or(NotAVersion)?;
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0);
        Ok(Self {
            stamp: Stamp(number(stamp).ok_or(NotAVersion)?),
            origin: number(origin).ok_or(NotAVersion)?,
        })
    }
}

impl TryFrom<String> for Version {
    type Error = NotAVersion;

    fn try_from(text: String) -> Result<Self, NotAVersion> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

/// The text is not a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version: stamp and origin, two whole numbers with a dot between")]
pub(crate) struct NotAVersion;
