//! STUN and TURN servers, and the passwords for the latter.
//!
//! A TURN server shares a secret with us and nothing else: a name is the moment of its end and a
//! principal, its password an authentication code of the name (the REST scheme of coturn). Nothing
//! is stored, and whoever is given one can relay only until then.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use wire::signaling::{IceServer, IceServers};
use wire::{Integer, Principal};

/// Life of a TURN password, in seconds: a shift.
pub(crate) const TURN_LIFE_S: u64 = 12 * 60 * 60;

/// What clients are told about STUN and TURN.
#[derive(Debug, Default)]
pub(crate) struct Ice {
    stun: Vec<String>,
    turn: Option<Turn>,
}

/// TURN servers and the key of their passwords.
#[derive(Debug)]
struct Turn {
    urls: Vec<String>,
    key: hmac::Key,
}

impl Ice {
    /// Servers by address; TURN servers only with the secret they share with us.
    pub(crate) fn new(stun: Vec<String>, turn: Vec<String>, secret: &str) -> Self {
        let usable = !turn.is_empty() && !secret.is_empty();
        let turn = usable.then(|| Turn {
            urls: turn,
            // The scheme of TURN servers knows no other digest.
            key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes()),
        });
        Self { stun, turn }
    }

    /// What one peer is told at `now`, in Unix milliseconds.
    pub(crate) fn servers(&self, now: Integer, principal: &Principal) -> IceServers {
        let stun = (!self.stun.is_empty()).then(|| IceServer {
            urls: self.stun.clone(),
            username: None,
            credential: None,
        });
        let turn = self.turn.as_ref().map(|turn| turn.server(now, principal));
        IceServers {
            ice_servers: stun.into_iter().chain(turn).collect(),
        }
    }
}

impl Turn {
    fn server(&self, now: Integer, principal: &Principal) -> IceServer {
        let until = now.value() / 1_000 + TURN_LIFE_S;
        let username = format!("{until}:{principal}");
        let code = hmac::sign(&self.key, username.as_bytes());
        IceServer {
            urls: self.urls.clone(),
            username: Some(username),
            credential: Some(STANDARD.encode(code)),
        }
    }
}

#[cfg(test)]
mod tests;
