//! Base64 (RFC 4648 §4), the form of checksums in S3.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let octet = |index: usize| u32::from(group.get(index).copied().unwrap_or_default());
        let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
        for place in 0..4 {
            text.push(if place <= group.len() {
                digit(bits >> (18 - 6 * place) & 0x3f)
            } else {
                '='
            });
        }
    }
    text
}

fn digit(value: u32) -> char {
    ALPHABET[value as usize].into()
}
