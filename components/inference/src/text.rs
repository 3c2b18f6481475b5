//! What a guest wrote, as numbers: hashed words and pairs of words.
//!
//! The same as in `models/guest_message.py`; golden vectors made there are read by both.

/// Tokens of one row of the model.
pub(crate) const TOKENS: usize = 64;
/// Words of one row: with their pairs they fit [`TOKENS`].
const WORDS: usize = 32;
/// Hash buckets; 0 is nothing.
const BUCKETS: u32 = 4_096;

/// The lower-case runs of letters and digits.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Rows of [`TOKENS`] tokens, at most `rows`, each with how many words it holds; words beyond are
/// not read.
pub(crate) fn rows(words: &[String], rows: usize) -> Vec<([i64; TOKENS], usize)> {
    words
        .chunks(WORDS)
        .take(rows)
        .map(|words| (row(words), words.len()))
        .collect()
}

fn row(words: &[String]) -> [i64; TOKENS] {
    let pairs = words.windows(2).map(|pair| pair.join(" "));
    let tokens = words.iter().cloned().chain(pairs);
    let mut row = [0; TOKENS];
    for (place, token) in row.iter_mut().zip(tokens) {
        *place = bucket(&token);
    }
    row
}

/// FNV-1a with 32 bits (RFC 9923), folded to the buckets that mean something.
fn bucket(token: &str) -> i64 {
    let hash = token.bytes().fold(0x811C_9DC5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    i64::from(hash % (BUCKETS - 1) + 1)
}

#[cfg(test)]
mod tests;
