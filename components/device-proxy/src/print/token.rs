//! The words by which printers prove that they printed.

use std::fmt;
use std::str::FromStr;

/// Four characters, sent after an attempt and sent back by the printer when all is on paper.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Token([u8; 4]);

/// The letters of tokens; all of them stand between 0x20 and 0x7e, as the command wants it.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";

impl Token {
    /// The token that `chance` picks.
    fn of(chance: u64) -> Self {
        let [a, b, c, d, ..] = chance.to_le_bytes();
        Self([a, b, c, d].map(|byte| LETTERS[usize::from(byte % 64)]))
    }

    /// Its characters.
    pub(crate) fn bytes(self) -> [u8; 4] {
        self.0
    }
}

impl From<[u8; 4]> for Token {
    fn from(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }
}

impl FromStr for Token {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        text.as_bytes().try_into().map(Self).map_err(|_| NotAToken)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(f, "{}", byte.escape_ascii()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text does not have four characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token of four characters")]
pub(crate) struct NotAToken;

/// A row of tokens that nobody foresees who does not know its seed (splitmix64).
#[derive(Debug)]
pub(super) struct Tokens(u64);

impl Tokens {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> Token {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Token::of(mixed ^ mixed >> 31)
    }
}
