//! Commands that begin with GS.

use super::esc::digit;
use super::frame::{Length, sized, to_nul, word};
use crate::vprinter::op::{Cut, CutKind, Image, Op};

/// Most characters of a barcode of the first form.
const BARCODE_MAX: usize = 255;
/// Cuts that feed first have this bit.
const CUT_WITH_FEED: u8 = 0x40;

/// The length of the command whose bytes after GS begin with `rest`.
pub(super) fn length(rest: &[u8]) -> Length {
    let Some(&letter) = rest.first() else {
        return Length::More;
    };
    match letter {
        b'c' | b':' => Length::Known(1),
        b'!' | b'/' | b'B' | b'E' | b'H' | b'I' | b'T' | b'a' | b'b' | b'f' | b'h' | b'j'
        | b'r' | b'w' => Length::Known(2),
        b'$' | b'L' | b'P' | b'W' | b'\\' => Length::Known(3),
        b'^' => Length::Known(4),
        b'g' => Length::Known(5),
        b'(' => Length::after(4, sized(rest, 2)),
        b'8' => Length::after(6, long(rest)),
        b'V' => match rest.get(1) {
            None => Length::More,
            Some(mode) if mode & CUT_WITH_FEED == 0 => Length::Known(2),
            Some(_) => Length::Known(3),
        },
        b'k' => barcode_length(rest),
        b'v' => Length::after(7, raster_bytes(rest)),
        b'*' => match *rest {
            [_, x, y, ..] => Length::Known(3 + usize::from(x) * usize::from(y) * 8),
            _ => Length::More,
        },
        _ => Length::Unknown,
    }
}

/// The command; none when it is of no consequence here.
pub(super) fn read(rest: &[u8]) -> Option<Op> {
    Some(match *rest {
        [b'!', size] => Op::Size {
            width: (size >> 4 & 7) + 1,
            height: (size & 7) + 1,
        },
        [b'B', on] => Op::Invert(on & 1 == 1),
        [b'H', place] => Op::BarcodeLabel(digit(place)),
        [b'I', what] => Op::AskModel(what),
        [b'a', which] => Op::StatusBack(which),
        [b'f', font] => Op::BarcodeFont(digit(font)),
        [b'h', dots] => Op::BarcodeHeight(dots),
        [b'r', what] => Op::AskStatus(digit(what)),
        [b'w', dots] => Op::BarcodeModule(dots),
        [b'L', low, high] => Op::LeftMargin(word(low, high)),
        [b'W', low, high] => Op::AreaWidth(word(low, high)),
        [b'V', mode, ref feed @ ..] => Op::Cut(Cut {
            kind: if mode & 1 == 1 {
                CutKind::Partial
            } else {
                CutKind::Full
            },
            feed: feed.first().copied().unwrap_or(0),
        }),
        [b'k', system @ ..=6, ref data @ .., 0] => barcode(system + 65, data),
        [b'k', system, _, ref data @ ..] => barcode(system, data),
        [b'v', b'0', mode, _, _, _, _, ref bits @ ..] => Op::Raster(raster(rest, mode, bits)),
        [b'(', b'H', 6, 0, b'0', b'0', a, b, c, d] => Op::ProcessId([a, b, c, d]),
        [b'(', b'L', _, _, ref body @ ..] | [b'8', b'L', _, _, _, _, ref body @ ..] => {
            graphics(body)?
        }
        [b'(', b'k', _, _, ref body @ ..] => symbol(body)?,
        _ => return None,
    })
}

/// GS 8: a length of four bytes.
fn long(rest: &[u8]) -> Option<usize> {
    let length = rest.get(2..6)?;
    let length = u32::from_le_bytes(length.try_into().expect("four bytes"));
    Some(length as usize)
}

/// The first form ends with NUL, the second tells its length.
fn barcode_length(rest: &[u8]) -> Length {
    match *rest {
        [_, 0..=6, ref data @ ..] => match to_nul(data, BARCODE_MAX) {
            Length::Known(length) => Length::Known(2 + length),
            open => open,
        },
        [_, 65..=79, length, ..] => Length::Known(3 + usize::from(length)),
        [_] | [_, 65..=79] => Length::More,
        _ => Length::Unknown,
    }
}

fn barcode(system: u8, data: &[u8]) -> Op {
    Op::Barcode {
        system,
        data: data.to_vec(),
    }
}

/// GS v 0 m xL xH yL yH: bytes across × dots down.
fn raster_bytes(rest: &[u8]) -> Option<usize> {
    Some(sized(rest, 3)? * sized(rest, 5)?)
}

fn raster(rest: &[u8], mode: u8, bits: &[u8]) -> Image {
    Image {
        width: u32::from(word(rest[3], rest[4])) * 8,
        height: u32::from(word(rest[5], rest[6])),
        scale_x: 1 + (mode & 1),
        scale_y: 1 + (mode >> 1 & 1),
        bits: bits.to_vec(),
    }
}

/// GS ( L, GS 8 L: function 112 keeps one colour of raster, 50 prints it.
fn graphics(body: &[u8]) -> Option<Op> {
    match *body {
        [48, 2 | 50] => Some(Op::GraphicsPrint),
        [
            48,
            112,
            48,
            scale_x,
            scale_y,
            _,
            xl,
            xh,
            yl,
            yh,
            ref bits @ ..,
        ] => {
            let (width, height) = (u32::from(word(xl, xh)), u32::from(word(yl, yh)));
            let fits = bits.len() == (width.div_ceil(8) * height) as usize;
            fits.then(|| {
                Op::GraphicsStore(Image {
                    width,
                    height,
                    scale_x: scale_x.clamp(1, 2),
                    scale_y: scale_y.clamp(1, 2),
                    bits: bits.to_vec(),
                })
            })
        }
        _ => None,
    }
}

/// GS ( k with the symbol 49: QR code.
fn symbol(body: &[u8]) -> Option<Op> {
    match *body {
        [49, 65, model, _] => Some(Op::QrModel(digit(model))),
        [49, 67, dots] => Some(Op::QrCell(dots)),
        [49, 69, level] => Some(Op::QrLevel(level)),
        [49, 80, 48, ref content @ ..] => Some(Op::QrStore(content.to_vec())),
        [49, 81, 48] => Some(Op::QrPrint),
        _ => None,
    }
}
