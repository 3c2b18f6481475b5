//! Commands that begin with FS.

use super::frame::{Length, sized};
use crate::vprinter::op::Op;

/// The length of the command whose bytes after FS begin with `rest`.
pub(super) fn length(rest: &[u8]) -> Length {
    match rest.first() {
        None => Length::More,
        Some(b'&' | b'.') => Length::Known(1),
        Some(b'!' | b'-' | b'C' | b'W') => Length::Known(2),
        Some(b'S' | b'p') => Length::Known(3),
        Some(b'(') => Length::after(4, sized(rest, 2)),
        Some(_) => Length::Unknown,
    }
}

/// The command; none when it is of no consequence here.
pub(super) fn read(rest: &[u8]) -> Option<Op> {
    match *rest {
        [b'&'] => Some(Op::Kanji(true)),
        [b'.'] => Some(Op::Kanji(false)),
        [b'(', b'C', 2, 0, 48, 1 | b'1'] => Some(Op::Utf8(false)),
        [b'(', b'C', 2, 0, 48, 2 | b'2'] => Some(Op::Utf8(true)),
        _ => None,
    }
}
