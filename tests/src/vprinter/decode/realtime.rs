//! Commands that begin with DLE, which printers carry out on arrival.

use super::frame::Length;
use crate::vprinter::op::RealTime;

const DLE: u8 = 0x10;
const EOT: u8 = 0x04;
const ENQ: u8 = 0x05;
const DC4: u8 = 0x14;
/// Longest real-time command without its DLE.
const REST_MAX: usize = 9;
/// DLE DC4 8 clears only with these arguments, so that no image does it by chance.
const CLEAR: [u8; 7] = [1, 3, 20, 1, 6, 2, 8];

/// Finds real-time commands in the bytes as they arrive, wherever they stand: in text, between
/// commands, and in the data of an image.
#[derive(Debug, Default)]
pub struct RealTimeScanner {
    /// What follows a DLE, while it may become a command.
    rest: Option<Vec<u8>>,
}

impl RealTimeScanner {
    /// Takes one byte and gives the command that it completes.
    pub fn push(&mut self, byte: u8) -> Option<RealTime> {
        let Some(rest) = &mut self.rest else {
            self.begin(byte);
            return None;
        };
        rest.push(byte);
        match length(rest) {
            Length::More => None,
            Length::Known(length) if rest.len() < length => None,
            Length::Known(_) => {
                let found = read(rest);
                self.rest = None;
                found
            }
            Length::Unknown => {
                self.begin(byte);
                None
            }
        }
    }

    fn begin(&mut self, byte: u8) {
        self.rest = (byte == DLE).then(|| Vec::with_capacity(REST_MAX));
    }
}

/// The length of the command whose bytes after DLE begin with `rest`.
pub(super) fn length(rest: &[u8]) -> Length {
    match *rest {
        [] | [EOT | ENQ | DC4] => Length::More,
        [EOT, 1..=4, ..] | [ENQ, 0..=2, ..] => Length::Known(2),
        [EOT, 7 | 8 | 18, ..] | [DC4, 7, ..] => Length::Known(3),
        [DC4, 1 | 2, ..] => Length::Known(4),
        [DC4, 3, ..] => Length::Known(7),
        [DC4, 8, ..] => Length::Known(2 + CLEAR.len()),
        _ => Length::Unknown,
    }
}

/// The command; none when it is of no consequence here.
pub(super) fn read(rest: &[u8]) -> Option<RealTime> {
    match *rest {
        [EOT, what @ 1..=4] => Some(RealTime::Status(what)),
        [ENQ, how] => Some(RealTime::Recover(how)),
        [DC4, 1, pin, time] => Some(RealTime::Drawer { pin, time }),
        [DC4, 8, ref fixed @ ..] if *fixed == CLEAR => Some(RealTime::Clear),
        [DC4, function, ..] => Some(RealTime::Other(function)),
        _ => None,
    }
}
