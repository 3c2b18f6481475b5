//! Deflate (RFC 1951) within bounds. The tables of a thread are used again for its next message: to
//! make them takes longer than to deflate a short one.

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::Broken;

/// By how much the room for an inflated message grows at once.
const STEP: usize = 32 * 1024;

thread_local! {
    static COMPRESS: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
    static DECOMPRESS: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// The octets deflated; nothing when they would be more than `most`.
pub(super) fn deflate(octets: &[u8], most: usize) -> Option<Vec<u8>> {
    COMPRESS.with_borrow_mut(|compress| {
        compress.reset();
        let mut deflated = Vec::new();
        // No more than this is asked for, but a vector may have more.
        deflated.reserve_exact(most);
        let status = compress.compress_vec(octets, &mut deflated, FlushCompress::Finish);
        let is_whole = matches!(status, Ok(Status::StreamEnd));
        (is_whole && deflated.len() <= most).then_some(deflated)
    })
}

/// The octets inflated; at most `most` are ever made.
pub(super) fn inflate(octets: &[u8], most: usize) -> Result<Vec<u8>, Broken> {
    DECOMPRESS.with_borrow_mut(|decompress| {
        decompress.reset(false);
        let mut inflated = Vec::new();
        let mut rest = octets;
        loop {
            if inflated.len() > most {
                return Err(Broken::Large);
            }
            if inflated.len() == inflated.capacity() {
                inflated.reserve_exact(STEP.min(most + 1 - inflated.len()));
            }
            let (taken, made) = (decompress.total_in(), inflated.len());
            let status = decompress
                .decompress_vec(rest, &mut inflated, FlushDecompress::None)
                .map_err(|_| Broken::Deflate)?;
            let step = usize::try_from(decompress.total_in() - taken).map_err(|_| Broken::Large)?;
            rest = &rest[step..];
            let has_moved = step > 0 || inflated.len() > made;
            match status {
                Status::StreamEnd if inflated.len() <= most => return Ok(inflated),
                Status::StreamEnd => return Err(Broken::Large),
                Status::Ok | Status::BufError if has_moved => {}
                Status::Ok | Status::BufError => return Err(Broken::Deflate),
            }
        }
    })
}

#[cfg(test)]
mod tests;
