//! Frames of a data channel, and messages cut into them (`docs/spec/peer.md` §4).
//!
//! Pure. Promises: whatever was cut comes out whole or not at all; nothing that arrives makes this
//! side keep more than its bounds, before or after inflation; one broken frame ends the connection
//! instead of being guessed at.

use std::collections::HashMap;

use wire::channel::{
    CHUNK, CHUNK_HEADER, CLOSE, DEFLATE_ABOVE, DEFLATED, FRAME_MAX, HELLO, MESSAGE_MAX, PING, PONG,
    PROOF, UNFINISHED_MAX,
};

mod deflate;

/// Octets of a message in one chunk.
pub(crate) const PIECE: usize = FRAME_MAX - CHUNK_HEADER;
/// Most octets of all unfinished messages together.
const UNFINISHED_BYTES_MAX: usize = 2 * MESSAGE_MAX;

/// A frame, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// `MessagePack` of a [`wire::channel::Hello`].
    Hello(&'a [u8]),
    /// `MessagePack` of a [`wire::channel::Proof`].
    Proof(&'a [u8]),
    /// A piece of a message.
    Chunk(Chunk<'a>),
    /// Are you there?
    Ping(u64),
    /// I am.
    Pong(u64),
    /// `MessagePack` of the [`wire::Problem`] for which the sender ends the connection.
    Close(&'a [u8]),
}

/// A piece of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Whether the message is deflated.
    pub deflated: bool,
    /// Number of the message; its sender's choice, unique among those unfinished.
    pub message: u32,
    /// Place of the piece, from 0.
    pub index: u32,
    /// Octets of all pieces together.
    pub total: u32,
    /// The piece.
    pub octets: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Takes a frame apart.
    pub fn parse(frame: &'a [u8]) -> Result<Self, Broken> {
        if frame.len() > FRAME_MAX {
            return Err(Broken::Long { bytes: frame.len() });
        }
        let (kind, rest) = frame.split_first().ok_or(Broken::Short)?;
        match *kind {
            HELLO => Ok(Self::Hello(rest)),
            PROOF => Ok(Self::Proof(rest)),
            CHUNK => Chunk::parse(rest).map(Self::Chunk),
            PING => number(rest).map(Self::Ping),
            PONG => number(rest).map(Self::Pong),
            CLOSE => Ok(Self::Close(rest)),
            kind => Err(Broken::Kind { kind }),
        }
    }

    /// The octets of the frame.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello(octets) => behind(HELLO, octets),
            Self::Proof(octets) => behind(PROOF, octets),
            Self::Chunk(chunk) => chunk.encode(),
            Self::Ping(number) => behind(PING, &number.to_be_bytes()),
            Self::Pong(number) => behind(PONG, &number.to_be_bytes()),
            Self::Close(octets) => behind(CLOSE, octets),
        }
    }
}

fn behind(kind: u8, octets: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(1 + octets.len());
    frame.push(kind);
    frame.extend_from_slice(octets);
    frame
}

fn number(octets: &[u8]) -> Result<u64, Broken> {
    let octets = octets.try_into().map_err(|_| Broken::Short)?;
    Ok(u64::from_be_bytes(octets))
}

impl<'a> Chunk<'a> {
    fn parse(rest: &'a [u8]) -> Result<Self, Broken> {
        let (header, octets) = rest
            .split_at_checked(CHUNK_HEADER - 1)
            .ok_or(Broken::Short)?;
        let word = |place: usize| {
            let octets = [
                header[place],
                header[place + 1],
                header[place + 2],
                header[place + 3],
            ];
            u32::from_be_bytes(octets)
        };
        let flags = header[0];
        if flags & !DEFLATED != 0 || octets.is_empty() {
            return Err(Broken::Chunk);
        }
        Ok(Self {
            deflated: flags & DEFLATED != 0,
            message: word(3),
            index: word(7),
            total: word(11),
            octets,
        })
    }

    fn encode(&self) -> Vec<u8> {
        let mut frame = Vec::with_capacity(CHUNK_HEADER + self.octets.len());
        frame.extend([CHUNK, if self.deflated { DEFLATED } else { 0 }, 0, 0]);
        for word in [self.message, self.index, self.total] {
            frame.extend(word.to_be_bytes());
        }
        frame.extend_from_slice(self.octets);
        frame
    }
}

/// A message on its way out, cut as it goes.
#[derive(Debug)]
pub struct Outgoing {
    message: u32,
    deflated: bool,
    octets: Vec<u8>,
    index: u32,
}

impl Outgoing {
    /// Cuts a message; deflated when that is worth it.
    pub fn new(message: u32, octets: Vec<u8>) -> Result<Self, Broken> {
        if octets.is_empty() || octets.len() > MESSAGE_MAX {
            return Err(Broken::Large);
        }
        let deflated = deflate_if_worth(&octets);
        Ok(Self {
            message,
            deflated: deflated.is_some(),
            octets: deflated.unwrap_or(octets),
            index: 0,
        })
    }

    /// The next frame; none when all are out.
    pub fn next_frame(&mut self) -> Option<Vec<u8>> {
        let piece = self.octets.chunks(PIECE).nth(self.index as usize)?;
        let chunk = Chunk {
            deflated: self.deflated,
            message: self.message,
            index: self.index,
            total: u32::try_from(self.octets.len()).expect("a message is below 8 MiB"),
            octets: piece,
        };
        self.index += 1;
        Some(chunk.encode())
    }

    /// Whether no frame is out yet.
    pub fn is_untouched(&self) -> bool {
        self.index == 0
    }

    /// Whether all frames are out.
    pub fn is_done(&self) -> bool {
        self.index as usize * PIECE >= self.octets.len()
    }
}

/// The message deflated, when it is long enough and its first piece gains a tenth.
fn deflate_if_worth(octets: &[u8]) -> Option<Vec<u8>> {
    if octets.len() <= DEFLATE_ABOVE {
        return None;
    }
    let first = &octets[..octets.len().min(PIECE)];
    let deflated = deflate::deflate(first, first.len() * 9 / 10)?;
    if first.len() == octets.len() {
        return Some(deflated);
    }
    deflate::deflate(octets, octets.len() - 1)
}

/// Messages on their way in.
#[derive(Debug, Default)]
pub struct Assembly {
    unfinished: HashMap<u32, Unfinished>,
}

#[derive(Debug)]
struct Unfinished {
    deflated: bool,
    total: u32,
    next: u32,
    octets: Vec<u8>,
}

impl Assembly {
    /// Takes a piece; the message when it is its last.
    pub fn take(&mut self, chunk: &Chunk<'_>) -> Result<Option<Vec<u8>>, Broken> {
        if chunk.index == 0 {
            self.begin(chunk)?;
        }
        let unfinished = self
            .unfinished
            .get_mut(&chunk.message)
            .ok_or(Broken::Order)?;
        if (unfinished.deflated, unfinished.total, unfinished.next)
            != (chunk.deflated, chunk.total, chunk.index)
        {
            return Err(Broken::Order);
        }
        unfinished.next += 1;
        unfinished.octets.extend_from_slice(chunk.octets);
        let (had, total) = (unfinished.octets.len(), unfinished.total as usize);
        if had > total || (had < total && chunk.octets.len() != PIECE) {
            return Err(Broken::Chunk);
        }
        if had < total {
            return Ok(None);
        }
        let Some(whole) = self.unfinished.remove(&chunk.message) else {
            return Ok(None);
        };
        if whole.deflated {
            deflate::inflate(&whole.octets, MESSAGE_MAX).map(Some)
        } else {
            Ok(Some(whole.octets))
        }
    }

    fn begin(&mut self, chunk: &Chunk<'_>) -> Result<(), Broken> {
        let total = chunk.total as usize;
        let held: usize = self
            .unfinished
            .values()
            .map(|message| message.total as usize)
            .sum();
        if total == 0 || total > MESSAGE_MAX {
            return Err(Broken::Large);
        }
        if self.unfinished.contains_key(&chunk.message) {
            return Err(Broken::Order);
        }
        if self.unfinished.len() >= UNFINISHED_MAX || held + total > UNFINISHED_BYTES_MAX {
            return Err(Broken::Flood);
        }
        let begun = Unfinished {
            deflated: chunk.deflated,
            total: chunk.total,
            next: 0,
            octets: Vec::new(),
        };
        self.unfinished.insert(chunk.message, begun);
        Ok(())
    }
}

/// The other side does not keep to the frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A frame without its header.
    #[error("frame is too short")]
    Short,
    /// More octets than a frame may have.
    #[error("frame of {bytes} bytes is longer than {FRAME_MAX}")]
    Long {
        /// How many came.
        bytes: usize,
    },
    /// A kind that nobody defined.
    #[error("frame of unknown kind {kind}")]
    Kind {
        /// Its first octet.
        kind: u8,
    },
    /// Flags or lengths that do not fit.
    #[error("chunk contradicts itself")]
    Chunk,
    /// A piece out of order, or of no message.
    #[error("chunk is out of order")]
    Order,
    /// Empty, or more than a message may hold, before or after inflation.
    #[error("message is empty or larger than {MESSAGE_MAX} bytes")]
    Large,
    /// Too much begun and not finished.
    #[error("more than {UNFINISHED_MAX} messages are unfinished, or too many bytes")]
    Flood,
    /// Not what deflate writes.
    #[error("message cannot be inflated")]
    Deflate,
}

#[cfg(test)]
mod tests;
