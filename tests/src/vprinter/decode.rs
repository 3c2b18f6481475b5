//! Reads the ESC/POS byte stream, one byte at a time.
//!
//! Promises: no bytes make it panic; the operations depend on the bytes only, not on how they were
//! cut into packets; a command that is unknown becomes [`Op::Unknown`] with what was taken for it,
//! and the next byte is read afresh. Bounds: [`COMMAND_MAX`], [`TEXT_MAX`].
//!
//! Real-time commands are answered where bytes arrive, by [`RealTimeScanner`], also within images;
//! where one stands between two commands the decoder names it as well. Deliberately not here:
//! page mode, user-defined characters, images in the printer's own memory, Asian character sets.

use super::op::{Op, RealTime};

mod charset;
mod esc;
mod frame;
mod fs;
mod gs;
mod realtime;

use charset::Charset;
use frame::{Frame, frame};
pub use realtime::RealTimeScanner;

/// Longest command: 576 dots × 2 m of paper is a quarter of it.
pub const COMMAND_MAX: usize = 1024 * 1024;
/// Longest run of text that is one operation; no line of a receipt is nearly as long.
pub const TEXT_MAX: usize = 4096;

/// The reader of one stream.
#[derive(Debug, Default)]
pub struct Decoder {
    charset: Charset,
    text: Vec<u8>,
    command: Vec<u8>,
}

impl Decoder {
    /// At the beginning of a stream, with the settings of a printer just switched on.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one byte and gives what it completes: at most three operations.
    pub fn push(&mut self, byte: u8) -> Vec<Op> {
        let mut ops = Vec::new();
        if self.command.is_empty() && is_text(byte) {
            self.text.push(byte);
            if self.text.len() == TEXT_MAX {
                self.end_text(&mut ops);
            }
        } else {
            if self.command.is_empty() {
                self.end_text(&mut ops);
            }
            self.command.push(byte);
            self.end_command(&mut ops);
        }
        ops
    }

    /// Ends the stream: gives what has been read of an unfinished run or command.
    pub fn finish(mut self) -> Vec<Op> {
        let mut ops = Vec::new();
        self.end_text(&mut ops);
        if !self.command.is_empty() {
            ops.push(Op::Unknown(self.command));
        }
        ops
    }

    fn end_text(&mut self, ops: &mut Vec<Op>) {
        if !self.text.is_empty() {
            ops.push(Op::Text(self.charset.read(&self.text)));
            self.text.clear();
        }
    }

    fn end_command(&mut self, ops: &mut Vec<Op>) {
        match frame(&self.command) {
            Frame::More => {}
            Frame::Nothing => self.command.clear(),
            Frame::Is(op) => {
                self.charset.heed(&op);
                self.command.clear();
                ops.push(op);
            }
            Frame::Unknown => ops.push(Op::Unknown(std::mem::take(&mut self.command))),
            Frame::Restart => {
                let first = self.command.remove(0);
                ops.push(Op::Unknown(vec![first]));
                self.end_command(ops);
            }
        }
    }
}

/// The operations of a whole stream.
pub fn decode(bytes: &[u8]) -> Vec<Op> {
    let mut decoder = Decoder::new();
    let mut ops: Vec<_> = bytes.iter().flat_map(|&byte| decoder.push(byte)).collect();
    ops.extend(decoder.finish());
    ops
}

fn is_text(byte: u8) -> bool {
    byte >= 0x20
}

fn real_time(command: RealTime) -> Op {
    Op::RealTime(command)
}

#[cfg(test)]
mod tests;
