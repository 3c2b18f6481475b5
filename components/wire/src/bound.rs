//! The bounds of everything on the bus, checked before a body is believed.

/// Longest topic word, in bytes.
pub const WORD_MAX: usize = 40;
/// Largest body, in bytes.
pub const BODY_MAX: usize = 256 * 1024;
/// Deepest nesting of arrays and objects in a body.
pub const DEPTH_MAX: usize = 16;
/// Most elements of one array or members of one object.
pub const ITEMS_MAX: usize = 1_000;
/// Largest integer that every JSON reader keeps exactly: 2⁵³ − 1 (RFC 8259 §6).
pub const INTEGER_MAX: u64 = (1 << 53) - 1;
/// Largest reported or desired state of a device, in bytes (AWS IoT shadow: 8 KiB).
pub const STATE_MAX: usize = 8 * 1024;
/// Largest body that a device publishes, in bytes: a state with its envelope, twice over.
pub const DEVICE_BODY_MAX: usize = 16 * 1024;
/// Largest record between components, in bytes.
pub const RECORD_MAX: usize = 64 * 1024;
/// Most records of one batch on the bus.
pub const BATCH_RECORDS_MAX: usize = 500;
/// Most bytes of records in one batch on the bus; leaves room for the envelope within [`BODY_MAX`].
pub const BATCH_BYTES_MAX: usize = 192 * 1024;

/// A body is beyond a bound of the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutOfBounds {
    /// More bytes than [`BODY_MAX`].
    #[error("body of {bytes} bytes is larger than {BODY_MAX}")]
    Size {
        /// How many bytes came.
        bytes: usize,
    },
    /// Nested deeper than [`DEPTH_MAX`].
    #[error("body is nested deeper than {DEPTH_MAX}")]
    Depth,
    /// An array or object with more than [`ITEMS_MAX`] entries.
    #[error("body holds an array or object of more than {ITEMS_MAX} entries")]
    Items,
}

/// Checks size, nesting and lengths of a JSON text in one pass, before anything is allocated.
///
/// Texts that are not JSON may pass; the decoder refuses them.
pub fn check(text: &[u8]) -> Result<(), OutOfBounds> {
    if text.len() > BODY_MAX {
        return Err(OutOfBounds::Size { bytes: text.len() });
    }
    check_shape(text)
}

/// Checks nesting and lengths only, of a text whose size is bounded otherwise.
pub fn check_shape(text: &[u8]) -> Result<(), OutOfBounds> {
    let mut commas = [0_usize; DEPTH_MAX + 1];
    let mut depth = 0;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'[' | b'{' if depth == DEPTH_MAX => return Err(OutOfBounds::Depth),
            b'[' | b'{' => {
                depth += 1;
                commas[depth] = 0;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => {
                commas[depth] += 1;
                if commas[depth] >= ITEMS_MAX {
                    return Err(OutOfBounds::Items);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Moves past the closing quote of a string whose opening quote was just read.
fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => return,
            _ => {}
        }
    }
}
