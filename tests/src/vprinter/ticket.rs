//! What one job left on paper.

use serde::Serialize;

use super::layout::Sheet;
use super::op::Op;
use super::page::Page;

/// A piece of paper that the printer let go of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Every operation carried out for it, in order.
    pub ops: Vec<Op>,
    /// What stands on it.
    pub sheet: Sheet,
    /// Why it ended.
    pub end: End,
}

/// Why a ticket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It was cut off.
    Cut,
    /// The last session closed, and everything it had sent was printed.
    Closed,
    /// The printer lost its power: what is there is what was printed until then.
    Power,
}

impl Ticket {
    /// Its lines of text; see [`Sheet::lines`].
    pub fn lines(&self) -> Vec<String> {
        self.sheet.lines()
    }

    /// Its lines as one text.
    pub fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// What its QR codes say.
    pub fn qr_codes(&self) -> Vec<String> {
        self.sheet.qr_codes()
    }

    /// How it looks, as a PNG file.
    pub fn png(&self) -> Vec<u8> {
        Page::render(&self.sheet).png()
    }
}
