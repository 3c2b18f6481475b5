//! ESC/POS: what receipt printers are told, and what they answer.
//!
//! Pure. Promises: a document becomes the same bytes every time; no byte of a text acts as a
//! command; no picture holds a command that printers carry out in real time; raw documents are
//! parsed, and whatever could open a drawer (only [`Document::Drawer`] does), ask the printer something or change it for good is
//! refused by its offset. Commands are those of Epson's reference, which most printers share.
//! Deliberately left out: page mode, bar codes and character sets of two bytes, but in raw documents.

use wire::Problem;
use wire::print::{Document, DrawerPin};

use crate::print::{Profile, Token};
use crate::receipt::lay_out;

mod encode;
mod raw;
mod reply;

pub(crate) use raw::check as check_raw;
pub(crate) use reply::{Replies, Reply};

/// What stands above whatever may be there twice.
pub(crate) const MARK: &str = "*** POSSIBLE DUPLICATE ***";
/// Longest command of a laid out document, and more: as many NULs end whatever was interrupted.
pub(crate) const COMMAND_MAX: usize = 8_192;

/// ESC @: settings as after power on; whatever stands in the line is dropped.
pub(crate) const INITIALIZE: &[u8] = b"\x1b@";
/// DLE EOT 1 to 4: how the printer is, why offline, which error, which paper; answered at once.
pub(crate) const STATUS: &[u8] = b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04";
/// GS a: tells from now on when being online, errors or paper change.
pub(crate) const REPORT: &[u8] = b"\x1da\x0e";
/// GS r 1: paper, answered in the order of the buffer.
pub(crate) const PAPER: &[u8] = b"\x1dr\x01";
/// GS V 66 0: feeds to the cutter and cuts.
pub(crate) const CUT: &[u8] = b"\x1dVB\x00";

/// The bytes of a document for one type of printer, from a known state on; with the mark when it
/// may be there already.
pub(crate) fn encode(
    document: &Document,
    profile: &Profile,
    is_marked: bool,
) -> Result<Vec<u8>, Problem> {
    match document {
        Document::Receipt(receipt) => {
            let rows = lay_out(receipt, profile)?;
            Ok(encode::rows(&rows, profile, is_marked))
        }
        Document::Raw { octets } => {
            check_raw(octets.as_slice())?;
            let mut bytes = encode::rows(&[], profile, is_marked);
            bytes.extend_from_slice(INITIALIZE);
            bytes.extend_from_slice(octets.as_slice());
            Ok(bytes)
        }
        Document::Drawer { pin } => Ok(kick(*pin)),
    }
}

/// ESC p: a pulse of 50 ms to one contact of the drawer socket, and none to it for 500 ms after.
fn kick(pin: DrawerPin) -> Vec<u8> {
    let contact = match pin {
        DrawerPin::Two => 0,
        DrawerPin::Five => 1,
    };
    [INITIALIZE, &[0x1b, b'p', contact, 25, 250]].concat()
}

/// How many NULs end whatever command of the document was interrupted.
pub(crate) fn longest_command(document: &Document) -> usize {
    match document {
        Document::Receipt(_) | Document::Drawer { .. } => COMMAND_MAX,
        Document::Raw { octets } => octets.as_slice().len().max(COMMAND_MAX),
    }
}

/// GS ( H function 48: the printer sends the token back when everything before is on paper.
pub(crate) fn process_id(token: Token) -> Vec<u8> {
    [b"\x1d(H\x06\x0000".as_slice(), &token.bytes()].concat()
}

#[cfg(test)]
mod tests;
