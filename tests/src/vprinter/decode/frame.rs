//! Where a command ends.

use super::{COMMAND_MAX, esc, fs, gs, real_time, realtime};
use crate::vprinter::op::Op;

const DLE: u8 = 0x10;
const ESC: u8 = 0x1b;
const FS: u8 = 0x1c;
const GS: u8 = 0x1d;

/// What a stretch of bytes is.
#[derive(Debug)]
pub(super) enum Frame {
    /// The beginning of something.
    More,
    /// Whole, and without meaning: padding.
    Nothing,
    /// Whole.
    Is(Op),
    /// No command.
    Unknown,
    /// The first byte is no command, the second may begin one.
    Restart,
}

/// How long a command is, its first byte left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// Cannot be told yet.
    More,
    /// So many bytes.
    Known(usize),
    /// It is none.
    Unknown,
}

impl Length {
    /// Of a command whose length stands in it, or cannot be read yet.
    pub(super) fn after(prefix: usize, body: Option<usize>) -> Self {
        body.map_or(Self::More, |body| Self::Known(prefix + body))
    }
}

/// Reads `bytes`, of which nothing but the last can be the end of a command.
pub(super) fn frame(bytes: &[u8]) -> Frame {
    match *bytes {
        [] => Frame::More,
        [0x00] => Frame::Nothing,
        [b'\n'] => Frame::Is(Op::LineFeed),
        [b'\r'] => Frame::Is(Op::CarriageReturn),
        [b'\t'] => Frame::Is(Op::Tab),
        [ESC, ref rest @ ..] => measured(bytes, rest, esc::length(rest), esc::read),
        [GS, ref rest @ ..] => measured(bytes, rest, gs::length(rest), gs::read),
        [FS, ref rest @ ..] => measured(bytes, rest, fs::length(rest), fs::read),
        [DLE, ref rest @ ..] => {
            let read = |rest: &[u8]| realtime::read(rest).map(real_time);
            measured(bytes, rest, realtime::length(rest), read)
        }
        _ => Frame::Unknown,
    }
}

fn measured(
    bytes: &[u8],
    rest: &[u8],
    length: Length,
    read: impl Fn(&[u8]) -> Option<Op>,
) -> Frame {
    match length {
        Length::Known(length) if length > COMMAND_MAX => Frame::Unknown,
        Length::Known(length) if rest.len() < length => Frame::More,
        Length::Known(_) => Frame::Is(read(rest).unwrap_or_else(|| Op::Other(bytes.to_vec()))),
        Length::More => Frame::More,
        Length::Unknown if rest.len() == 1 && begins(rest[0]) => Frame::Restart,
        Length::Unknown => Frame::Unknown,
    }
}

fn begins(byte: u8) -> bool {
    matches!(byte, 0x00 | b'\n' | b'\r' | b'\t' | DLE | ESC | FS | GS)
}

/// Two bytes, the lower first.
pub(super) fn word(low: u8, high: u8) -> u16 {
    u16::from_le_bytes([low, high])
}

/// The length in bytes `at` and `at + 1`, once both are there.
pub(super) fn sized(args: &[u8], at: usize) -> Option<usize> {
    match args.get(at..at + 2) {
        Some(&[low, high]) => Some(usize::from(word(low, high))),
        _ => None,
    }
}

/// The length up to and with the first NUL; without one, it is none when longer than `most`.
pub(super) fn to_nul(args: &[u8], most: usize) -> Length {
    match args.iter().position(|&byte| byte == 0) {
        Some(at) => Length::Known(at + 1),
        None if args.len() > most => Length::Unknown,
        None => Length::More,
    }
}
