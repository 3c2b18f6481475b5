//! Commands that begin with ESC.

use super::frame::{Length, sized, to_nul, word};
use crate::vprinter::op::{Align, Cut, CutKind, Image, Op};

/// Most tab stops of ESC D.
const TABS_MAX: usize = 32;

/// The length of the command whose bytes after ESC begin with `rest`.
pub(super) fn length(rest: &[u8]) -> Length {
    let Some(&letter) = rest.first() else {
        return Length::More;
    };
    match letter {
        b'@' | b'2' | b'<' | b'i' | b'm' | b'L' | b'S' | 0x0c => Length::Known(1),
        b' ' | b'!' | b'%' | b'-' | b'3' | b'=' | b'?' | b'E' | b'G' | b'J' | b'K' | b'M'
        | b'R' | b'T' | b'U' | b'V' | b'a' | b'd' | b'e' | b'r' | b't' | b'{' | 0x06 => {
            Length::Known(2)
        }
        b'$' | b'\\' | b'c' => Length::Known(3),
        b'p' => Length::Known(4),
        b'W' => Length::Known(9),
        b'(' => Length::after(4, sized(rest, 2)),
        b'D' => to_nul(&rest[1..], TABS_MAX).plus(1),
        b'*' => match rest {
            [_, mode, _, _, ..] => Length::after(
                4,
                sized(rest, 2).map(|columns| columns * column_bytes(*mode)),
            ),
            _ => Length::More,
        },
        _ => Length::Unknown,
    }
}

impl Length {
    fn plus(self, prefix: usize) -> Self {
        match self {
            Self::Known(length) => Self::Known(length + prefix),
            Self::More | Self::Unknown => self,
        }
    }
}

/// The command; none when it is of no consequence here.
pub(super) fn read(rest: &[u8]) -> Option<Op> {
    Some(match *rest {
        [b'@'] => Op::Initialize,
        [b'2'] => Op::LineSpacing(None),
        [b'3', dots] => Op::LineSpacing(Some(dots)),
        [b'i'] => cut(CutKind::Full),
        [b'm'] => cut(CutKind::Partial),
        [b' ', dots] => Op::CharacterSpacing(dots),
        [b'!', mode] => Op::Mode(mode),
        [b'-', dots] => Op::Underline(digit(dots)),
        [b'E', on] => Op::Bold(on & 1 == 1),
        [b'G', on] => Op::DoubleStrike(on & 1 == 1),
        [b'J', dots] => Op::FeedDots(dots),
        [b'M', font] => Op::Font(digit(font)),
        [b'R', country] => Op::Country(country),
        [b'a', place] => Op::Align(align(digit(place))?),
        [b'd', lines] => Op::FeedLines(lines),
        [b't', page] => Op::CodePage(page),
        [b'{', on] => Op::UpsideDown(on & 1 == 1),
        [b'$', low, high] => Op::Position(word(low, high)),
        [b'\\', low, high] => Op::Move(i16::from_le_bytes([low, high])),
        [b'p', pin, on, off] => Op::Drawer {
            pin: digit(pin),
            on,
            off,
        },
        [b'D', ref stops @ .., 0] => Op::Tabs(stops.to_vec()),
        [b'*', mode, _, _, ref columns @ ..] => Op::Inline(columns_to_image(mode, columns)),
        _ => return None,
    })
}

fn cut(kind: CutKind) -> Op {
    Op::Cut(Cut { kind, feed: 0 })
}

fn align(place: u8) -> Option<Align> {
    match place {
        0 => Some(Align::Left),
        1 => Some(Align::Centre),
        2 => Some(Align::Right),
        _ => None,
    }
}

/// Numbers may be sent as such or as ASCII digits.
pub(super) fn digit(argument: u8) -> u8 {
    if argument.is_ascii_digit() {
        argument - b'0'
    } else {
        argument
    }
}

/// Modes 32 and 33 have 24 dots a column, the others 8.
fn column_bytes(mode: u8) -> usize {
    if mode >= 32 { 3 } else { 1 }
}

/// Columns stand one after the other, the highest bit on top; in modes 0 and 32 they are two dots
/// wide, and those of 8 dots are three times as high.
fn columns_to_image(mode: u8, columns: &[u8]) -> Image {
    let deep = column_bytes(mode);
    let width = u32::try_from(columns.len() / deep).expect("a length of two bytes");
    let height = if deep == 3 { 24 } else { 8 };
    let image = Image::from_dots(width, height, |x, y| {
        let byte = columns[x as usize * deep + (y / 8) as usize];
        byte >> (7 - y % 8) & 1 == 1
    });
    Image {
        scale_x: if mode & 1 == 0 { 2 } else { 1 },
        scale_y: if deep == 3 { 1 } else { 3 },
        ..image
    }
}
