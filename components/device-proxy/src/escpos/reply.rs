//! What printers send back.
//!
//! Four kinds of answers share one stream and are told apart by fixed bits: real-time status
//! `0xx1xx10`, automatic status of four bytes `0xx1xx00 0xx0xxxx 0xx0xxxx 0xx0xxxx`, paper status
//! `0xx0xxxx`, and the process id `37 22 d1 d2 d3 d4 00`.

use wire::print::Held;

use crate::print::{Condition, Token};

/// Begins the answer to a process id.
const BLOCK: u8 = 0x37;
/// In such an answer: it was printed.
const PRINTED: u8 = 0x22;
/// Longest block answer; whatever is longer is none.
const BLOCK_MAX: usize = 80;

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// How the printer is: by itself, or after all four questions of [`super::STATUS`].
    Is(Condition),
    /// Everything before the question of [`super::PAPER`] is on paper.
    Paper,
    /// Everything before the token is on paper.
    Printed(Token),
}

/// Reads answers as they come, byte by byte.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    partial: Vec<u8>,
    real_time: Vec<u8>,
}

impl Replies {
    /// The answer that this byte completes.
    pub(crate) fn push(&mut self, byte: u8) -> Option<Reply> {
        match self.partial.first() {
            Some(&BLOCK) => self.block(byte),
            Some(_) => self.automatic(byte),
            None => self.first(byte),
        }
    }

    fn first(&mut self, byte: u8) -> Option<Reply> {
        match byte & 0x93 {
            _ if byte == BLOCK => {
                self.partial.push(byte);
                None
            }
            0x10 => {
                self.partial.push(byte);
                None
            }
            0x12 => self.real_time(byte),
            0x00..=0x03 => Some(Reply::Paper),
            _ => None,
        }
    }

    fn block(&mut self, byte: u8) -> Option<Reply> {
        self.partial.push(byte);
        if byte != 0 && self.partial.len() < BLOCK_MAX {
            return None;
        }
        let block = std::mem::take(&mut self.partial);
        let token = block.strip_prefix(&[BLOCK, PRINTED])?.strip_suffix(&[0])?;
        let token: [u8; 4] = token.try_into().ok()?;
        Some(Reply::Printed(token.into()))
    }

    fn automatic(&mut self, byte: u8) -> Option<Reply> {
        if byte & 0x90 != 0 {
            // It was none, or a byte was lost: whatever comes is looked at anew.
            self.partial.clear();
            return self.first(byte);
        }
        self.partial.push(byte);
        let [printer, fault, paper, _] = self.partial[..].try_into().ok()?;
        self.partial.clear();
        Some(Reply::Is(condition(&Bits {
            is_offline: printer & 0x08 != 0,
            cover_is_open: printer & 0x20 != 0,
            paper_is_out: paper & 0x0c != 0,
            paper_is_low: paper & 0x03 != 0,
            is_faulty: fault & 0x6c != 0,
        })))
    }

    fn real_time(&mut self, byte: u8) -> Option<Reply> {
        self.real_time.push(byte);
        let [printer, reason, error, paper] = self.real_time[..].try_into().ok()?;
        self.real_time.clear();
        Some(Reply::Is(condition(&Bits {
            is_offline: printer & 0x08 != 0,
            cover_is_open: reason & 0x04 != 0,
            paper_is_out: reason & 0x20 != 0 || paper & 0x60 != 0,
            paper_is_low: paper & 0x0c != 0,
            is_faulty: reason & 0x40 != 0 || error & 0x6c != 0,
        })))
    }
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "these are the bits that printers send"
)]
struct Bits {
    is_offline: bool,
    cover_is_open: bool,
    paper_is_out: bool,
    paper_is_low: bool,
    is_faulty: bool,
}

/// The reason that people can do most about comes first.
fn condition(bits: &Bits) -> Condition {
    let reasons = [
        (bits.cover_is_open, Held::Cover),
        (bits.paper_is_out, Held::Paper),
        (bits.is_faulty, Held::Error),
        (bits.is_offline, Held::Offline),
    ];
    let held = reasons.iter().find(|(holds, _)| *holds);
    Condition {
        held: held.map(|(_, reason)| *reason),
        paper_low: bits.paper_is_low,
    }
}
