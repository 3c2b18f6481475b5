//! One message of the event stream: prelude, headers, payload, two checksums (big endian).
//!
//! ```text
//! total u32 | headers u32 | CRC of these u32 | headers | payload | CRC of everything u32
//! header: length u8, name, type u8, value; type 4 is an i32, 7 a text with its length as u16
//! ```

use std::collections::BTreeMap;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest message that is taken, in bytes; that of the classic nucleus is 10 MB.
const TOTAL_MAX: usize = 1024 * 1024;
/// Bytes of the prelude with its checksum, and of the last checksum.
const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;

/// The types of messages that are used here.
pub(super) const MESSAGE: i32 = 0;
pub(super) const ERROR: i32 = 1;
pub(super) const CONNECT: i32 = 4;
pub(super) const CONNECT_ACK: i32 = 5;

/// Flags.
pub(super) const ACCEPTED: i32 = 1;
pub(super) const LAST: i32 = 2;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: i32,
    pub(super) flags: i32,
    pub(super) stream: i32,
    /// Every other header that is a text.
    pub(super) texts: BTreeMap<String, String>,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    /// The bytes of the message.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut headers = Vec::new();
        let numbers = [
            (":message-type", self.kind),
            (":message-flags", self.flags),
            (":stream-id", self.stream),
        ];
        for (name, value) in numbers {
            header(&mut headers, name, 4);
            headers.extend(value.to_be_bytes());
        }
        for (name, value) in &self.texts {
            header(&mut headers, name, 7);
            headers.extend(length16(value.len()).to_be_bytes());
            headers.extend(value.as_bytes());
        }
        let total = PRELUDE + headers.len() + self.payload.len() + CHECKSUM;
        let mut bytes = Vec::with_capacity(total);
        bytes.extend(length32(total).to_be_bytes());
        bytes.extend(length32(headers.len()).to_be_bytes());
        bytes.extend(crc32(&bytes).to_be_bytes());
        bytes.extend(headers);
        bytes.extend(&self.payload);
        bytes.extend(crc32(&bytes).to_be_bytes());
        bytes
    }

    /// Reads the next message; an error when the other side ended or what it says is wrong.
    pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut prelude = [0; PRELUDE];
        from.read_exact(&mut prelude).await?;
        let [total, headers, checksum] = words(&prelude);
        if crc32(&prelude[..8]) != checksum {
            return Err(wrong("the prelude's checksum"));
        }
        let (total, headers) = (size(total), size(headers));
        if !(PRELUDE + CHECKSUM + headers..=TOTAL_MAX).contains(&total) {
            return Err(wrong("the length"));
        }
        let mut rest = vec![0; total - PRELUDE];
        from.read_exact(&mut rest).await?;
        let (body, checksum) = rest.split_at(rest.len() - CHECKSUM);
        let mut whole = prelude.to_vec();
        whole.extend(body);
        if crc32(&whole).to_be_bytes() != *checksum {
            return Err(wrong("the checksum"));
        }
        Self::parse(&body[..headers], &body[headers..]).ok_or_else(|| wrong("a header"))
    }

    fn parse(mut headers: &[u8], payload: &[u8]) -> Option<Self> {
        let mut frame = Self {
            kind: -1,
            flags: 0,
            stream: 0,
            texts: BTreeMap::new(),
            payload: payload.to_vec(),
        };
        while !headers.is_empty() {
            let length = usize::from(headers[0]) + 1;
            let name = take(&mut headers, length)?;
            let name = std::str::from_utf8(&name[1..]).ok()?;
            match take(&mut headers, 1)? {
                [4] => {
                    let value = i32::from_be_bytes(take(&mut headers, 4)?.try_into().ok()?);
                    match name {
                        ":message-type" => frame.kind = value,
                        ":message-flags" => frame.flags = value,
                        ":stream-id" => frame.stream = value,
                        _ => return None,
                    }
                }
                [7] => {
                    let length = u16::from_be_bytes(take(&mut headers, 2)?.try_into().ok()?);
                    let text = take(&mut headers, usize::from(length))?;
                    let text = String::from_utf8(text.to_vec()).ok()?;
                    frame.texts.insert(name.to_owned(), text);
                }
                _ => return None,
            }
        }
        (frame.kind >= 0).then_some(frame)
    }
}

fn header(headers: &mut Vec<u8>, name: &str, kind: u8) {
    headers.push(u8::try_from(name.len()).expect("names are short"));
    headers.extend(name.as_bytes());
    headers.push(kind);
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn words(prelude: &[u8; PRELUDE]) -> [u32; 3] {
    [0, 4, 8].map(|at| {
        let word = prelude[at..at + 4].try_into();
        u32::from_be_bytes(word.expect("a prelude has three words"))
    })
}

fn length16(length: usize) -> u16 {
    u16::try_from(length).expect("texts of headers are short")
}

fn length32(length: usize) -> u32 {
    u32::try_from(length).expect("messages are short")
}

fn size(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} is wrong"))
}

/// CRC-32 as in ISO 3309, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specimen() -> Frame {
        Frame {
            kind: MESSAGE,
            flags: LAST,
            stream: 3,
            texts: [("operation".to_owned(), "aws.greengrass#X".to_owned())].into(),
            payload: b"{}".to_vec(),
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[tokio::test]
    async fn what_was_written_is_read() {
        let bytes = specimen().encode();
        assert_eq!(Frame::read(&mut &bytes[..]).await.unwrap(), specimen());
    }

    #[tokio::test]
    async fn a_changed_byte_anywhere_is_noticed() {
        let bytes = specimen().encode();
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x40;
            assert!(Frame::read(&mut &bytes[..]).await.is_err(), "byte {at}");
        }
    }
}
