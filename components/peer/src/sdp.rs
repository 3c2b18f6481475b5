//! The one thing of a session description that is looked at here: the certificate it promises.

use wire::Sha256;

/// How a description begins the line of a fingerprint (RFC 8122 §5).
const FINGERPRINT: &str = "a=fingerprint:";

/// The certificate that a description promises: exactly one SHA-256 fingerprint, however often it
/// is repeated.
pub fn fingerprint(sdp: &str) -> Result<Sha256, NotOneFingerprint> {
    let mut found = None;
    for line in sdp.lines() {
        let Some(value) = line.trim_end().strip_prefix(FINGERPRINT) else {
            continue;
        };
        let digest = parse(value).ok_or(NotOneFingerprint::Other)?;
        if found.is_some_and(|first| first != digest) {
            return Err(NotOneFingerprint::Several);
        }
        found = Some(digest);
    }
    found.ok_or(NotOneFingerprint::None)
}

fn parse(value: &str) -> Option<Sha256> {
    let (method, digits) = value.split_once(' ')?;
    if !method.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    digits.replace(':', "").to_ascii_lowercase().parse().ok()
}

/// A description does not fix the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOneFingerprint {
    /// No fingerprint.
    #[error("description carries no fingerprint")]
    None,
    /// Different ones.
    #[error("description carries more than one fingerprint")]
    Several,
    /// Another digest than SHA-256, or none.
    #[error("description carries a fingerprint that is no SHA-256")]
    Other,
}

#[cfg(test)]
mod tests;
