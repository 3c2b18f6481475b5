//! What one type of printer can do.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::config::within;

/// Characters of normal width on a line: from a till roll of 44 mm to wide paper.
const COLUMNS: RangeInclusive<u8> = 16..=96;
/// Dots on a line.
const DOTS: RangeInclusive<u16> = 128..=1_664;

/// What one type of printer can do; by default a usual one for 80 mm paper.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Characters of normal width on a line.
    #[serde(deserialize_with = "columns")]
    #[schemars(with = "kit::config::Number")]
    pub columns: u8,
    /// Dots on a line, at 203 dpi.
    #[serde(deserialize_with = "dots")]
    #[schemars(with = "kit::config::Number")]
    pub dots_per_line: u16,
    /// The code pages it has, with their numbers for `ESC t`.
    #[serde(deserialize_with = "code_pages")]
    #[schemars(with = "BTreeMap<CodePage, kit::config::Number>")]
    pub code_pages: BTreeMap<CodePage, u8>,
    /// How it proves that it printed.
    pub barrier: Barrier,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            columns: 48,
            dots_per_line: 576,
            code_pages: [
                (CodePage::Cp437, 0),
                (CodePage::Cp850, 2),
                (CodePage::Cp866, 17),
                (CodePage::Cp852, 18),
                (CodePage::Cp858, 19),
            ]
            .into(),
            barrier: Barrier::ProcessId,
        }
    }
}

/// A code page that texts can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CodePage {
    /// United States.
    Cp437,
    /// Western Europe with the euro sign.
    Cp858,
    /// Western Europe.
    Cp850,
    /// Central Europe.
    Cp852,
    /// Cyrillic.
    Cp866,
}

/// How a printer proves that it printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Barrier {
    /// It sends a token back when everything before it is on paper: `GS ( H` function 48.
    #[default]
    ProcessId,
    /// It answers a question that stands in its buffer after the job: `GS r 1`.
    GsR,
    /// It proves nothing.
    None,
}

fn columns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    within(&COLUMNS, deserializer)
}

fn dots<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let dots = within(&DOTS, deserializer)?;
    if dots % 8 == 0 {
        return Ok(dots);
    }
    Err(D::Error::custom(format_args!(
        "{dots} is not a multiple of 8"
    )))
}

fn code_pages<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<CodePage, u8>, D::Error> {
    struct Number(u8);
    impl<'de> Deserialize<'de> for Number {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            within(&(0..=u8::MAX), deserializer).map(Self)
        }
    }
    let pages = BTreeMap::<CodePage, Number>::deserialize(deserializer)?;
    Ok(pages
        .into_iter()
        .map(|(page, Number(number))| (page, number))
        .collect())
}
