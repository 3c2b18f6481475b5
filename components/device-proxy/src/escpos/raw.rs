//! Raw documents: which commands they hold, and which of them are refused.
//!
//! A closed list: a command that is not in it is refused, because nobody knows how long it is nor
//! what it does. Arguments are passed over by their length, and looked at only for commands of the
//! real-time kind, which printers carry out wherever they stand.

use wire::{Code, Problem};

const DLE: u8 = 0x10;
const ESC: u8 = 0x1b;
const FS: u8 = 0x1c;
const GS: u8 = 0x1d;

/// Most bytes of tab stops or of a bar code that ends with NUL.
const UNTIL_NUL_MAX: usize = 255;

/// Refuses a document with a command that it must not hold, or that is not known.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Problem> {
    let refuse = |offset: usize, why: &str| {
        let detail = format!("byte {offset}: {why}");
        Problem::new(Code::Forbidden, detail).at("document.octets")
    };
    if let Some(offset) = real_time(bytes) {
        return Err(refuse(
            offset,
            "commands in real time are not for documents",
        ));
    }
    let mut offset = 0;
    while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
        let length = length(rest).map_err(|why| refuse(offset, why))?;
        if length > rest.len() {
            return Err(refuse(offset, "the document ends amid a command"));
        }
        offset += length;
    }
    Ok(())
}

/// Where the first command of the real-time kind stands.
fn real_time(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(2)
        .position(|pair| pair[0] == DLE && matches!(pair[1], 0x04 | 0x05 | 0x14 | 0x18))
}

/// The length of the command or character at the beginning.
fn length(bytes: &[u8]) -> Result<usize, &'static str> {
    match bytes[0] {
        ESC => escape(bytes),
        FS => kanji(bytes),
        GS => group(bytes),
        // NUL is ignored; tab, line feed, form feed, carriage return, and page mode's CAN.
        0x00 | 0x09 | 0x0a | 0x0c | 0x0d | 0x18 | 0x20..=0xff => Ok(1),
        0x01..=0x1f => Err("a control character that is not known"),
    }
}

fn at(bytes: &[u8], index: usize) -> usize {
    bytes.get(index).copied().unwrap_or(0).into()
}

/// A number of two bytes, the lower first.
fn two(bytes: &[u8], index: usize) -> usize {
    at(bytes, index) + 256 * at(bytes, index + 1)
}

/// The length up to and with the next NUL.
fn until_nul(bytes: &[u8], from: usize) -> Result<usize, &'static str> {
    let mut list = bytes.iter().skip(from).take(UNTIL_NUL_MAX);
    let end = list.position(|byte| *byte == 0);
    end.map(|end| from + end + 1).ok_or("a list without an end")
}

fn escape(bytes: &[u8]) -> Result<usize, &'static str> {
    match bytes.get(1).copied().unwrap_or(0) {
        b'@' | b'2' | b'<' | b'L' | b'S' | 0x0c | b'i' | b'm' => Ok(2),
        b' ' | b'!' | b'%' | b'-' | b'3' | b'E' | b'G' | b'J' | b'K' | b'M' | b'R' | b'T'
        | b'U' | b'V' | b'a' | b'd' | b'e' | b'r' | b't' | b'{' => Ok(3),
        b'$' | b'\\' => Ok(4),
        b'c' if matches!(at(bytes, 2), 0x33..=0x35) => Ok(4),
        b'*' => {
            let rows = if at(bytes, 2) >= 32 { 3 } else { 1 };
            Ok(5 + rows * two(bytes, 3))
        }
        b'W' => Ok(10),
        b'D' => until_nul(bytes, 2),
        b'p' => Err("opening a drawer is not for documents"),
        b'=' => Err("switching printers off is not for documents"),
        b'u' | b'v' => Err("asking the printer is not for documents"),
        b'&' | b'?' => Err("defining characters is not for documents"),
        _ => Err("a command that is not known"),
    }
}

fn kanji(bytes: &[u8]) -> Result<usize, &'static str> {
    match bytes.get(1).copied().unwrap_or(0) {
        b'&' | b'.' => Ok(2),
        b'!' | b'-' | b'C' | b'W' => Ok(3),
        b'S' | b'p' => Ok(4),
        b'(' if at(bytes, 2) == usize::from(b'C') => Ok(5 + two(bytes, 3)),
        b'q' | b'g' | b'(' => Err("writing the printer's memory is not for documents"),
        _ => Err("a command that is not known"),
    }
}

fn group(bytes: &[u8]) -> Result<usize, &'static str> {
    match bytes.get(1).copied().unwrap_or(0) {
        b'!' | b'/' | b'B' | b'H' | b'T' | b'b' | b'f' | b'h' | b'w' => Ok(3),
        b'V' if matches!(at(bytes, 2), 0 | 1 | 48 | 49) => Ok(3),
        b'$' | b'L' | b'P' | b'V' | b'W' | b'\\' => Ok(4),
        b'k' if at(bytes, 2) <= 6 => until_nul(bytes, 3),
        b'k' => Ok(4 + at(bytes, 3)),
        b'v' if at(bytes, 2) == usize::from(b'0') => Ok(8 + two(bytes, 4) * two(bytes, 6)),
        b'(' => function(bytes),
        b'8' if at(bytes, 2) == usize::from(b'L') => graphics(bytes),
        b'*' => Err("defining pictures is not for documents"),
        b'I' | b'a' | b'r' | b'j' | b'g' | b'i' => Err("asking the printer is not for documents"),
        b':' | b'^' | b'z' | b'c' | b'C' => Err("a command that changes the printer"),
        _ => Err("a command that is not known"),
    }
}

/// GS ( and a letter, with the length of its arguments.
fn function(bytes: &[u8]) -> Result<usize, &'static str> {
    let length = 5 + two(bytes, 3);
    let function = at(bytes, 6);
    match bytes.get(2).copied().unwrap_or(0) {
        // QR codes and the like, unless their size is asked for.
        b'k' if function == 82 => Err("asking the printer is not for documents"),
        b'k' | b'N' | b'P' | b'Q' => Ok(length),
        // Pictures kept until they are printed: 112 and 113 keep, 2 and 50 print.
        b'L' if matches!(function, 2 | 49 | 50 | 112 | 113) => Ok(length),
        b'H' | b'D' => Err("asking the printer is not for documents"),
        _ => Err("a command that changes the printer"),
    }
}

/// GS 8 L: the same with a length of four bytes; only keeping a picture until it is printed.
fn graphics(bytes: &[u8]) -> Result<usize, &'static str> {
    if matches!(at(bytes, 8), 112 | 113) {
        return Ok(7 + two(bytes, 3) + 65_536 * two(bytes, 5));
    }
    Err("a command that changes the printer")
}
