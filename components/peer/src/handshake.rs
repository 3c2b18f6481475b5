//! The handshake on a channel that has just opened (`docs/spec/peer.md` §3).
//!
//! ```text
//! both: Hello ──▶   on Hello: check, Proof ──▶   on Proof: check, established
//! ```
//!
//! Pure but for the randomness of signatures. Invariant: [`Step::Established`] is reached only with
//! the peer that was meant, of the same property, who holds the key of a valid credential, over the
//! very DTLS certificates that both sides use. Whoever sits in the middle has other certificates,
//! so both fingerprints differ and both proofs fail.

use kit::credential::{Caller, Passport, Refusals, Refused, Verifier};
use kit::digest::sha256;
use wire::channel::{Hello, Proof};
use wire::credential::{label, proof};
use wire::{
    Code, ConnectionId, Integer, Nonce, Principal, Problem, PropertyId, PublicKey, Sha256, Version,
    Word,
};

use crate::framing::Frame;
use crate::message::{decode, encode};

/// Longest Hello that is read, in bytes; a token and its certificate take 3,000.
const HELLO_MAX: usize = 14 * 1024;
/// Most capabilities that a peer names.
const CAPABILITIES_MAX: usize = 32;

/// Which side made the first offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// This one.
    Offerer,
    /// The other one.
    Answerer,
}

impl Position {
    fn word(self) -> &'static [u8] {
        match self {
            Self::Offerer => b"offerer",
            Self::Answerer => b"answerer",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Offerer => Self::Answerer,
            Self::Answerer => Self::Offerer,
        }
    }
}

/// SHA-256 of the DTLS certificates in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprints {
    /// Of this side.
    pub local: Sha256,
    /// Of the other side, as DTLS saw it.
    pub remote: Sha256,
}

/// What is fixed before the first frame.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Who made the first offer.
    pub position: Position,
    /// Which connection it is.
    pub connection: ConnectionId,
    /// Who is meant.
    pub them: Principal,
    /// What this side can do for the other.
    pub capabilities: Vec<Word>,
    /// The certificates in use.
    pub fingerprints: Fingerprints,
    /// Random, used once.
    pub nonce: Nonce,
    /// Made for this connection.
    pub ephemeral: PublicKey,
}

/// A handshake under way.
#[derive(Debug)]
pub struct Handshake {
    terms: Terms,
    passport: Passport,
    verifier: Verifier,
    refusals: Refusals,
    /// As it was sent.
    hello: Vec<u8>,
    heard: Option<Heard>,
}

/// What the other side said of itself, found valid and not yet proven.
#[derive(Debug)]
struct Heard {
    hello: Vec<u8>,
    caller: Caller,
    capabilities: Vec<Word>,
    ephemeral: PublicKey,
}

/// What follows from a frame.
#[derive(Debug)]
pub enum Step {
    /// A frame to send; more is awaited.
    Send(Vec<u8>),
    /// It is who was meant.
    Established(Box<Established>),
}

/// Who is at the other end.
#[derive(Debug, Clone)]
pub struct Established {
    /// Proven.
    pub caller: Caller,
    /// What they can do for this side.
    pub capabilities: Vec<Word>,
    /// Their key for this connection.
    pub ephemeral: PublicKey,
}

impl Handshake {
    /// Begins; the frame is to be sent at once.
    pub fn begin(
        terms: Terms,
        passport: Passport,
        verifier: Verifier,
        refusals: Refusals,
    ) -> Result<(Self, Vec<u8>), Problem> {
        let hello = encode(&Hello {
            v: Version,
            property: passport.property().clone(),
            connection: terms.connection,
            from: passport.principal().clone(),
            to: terms.them.clone(),
            capabilities: terms.capabilities.clone(),
            fingerprint: terms.fingerprints.local,
            nonce: terms.nonce,
            credential: passport.credential().clone(),
            ephemeral: terms.ephemeral,
        })?;
        let frame = Frame::Hello(&hello).encode();
        let handshake = Self {
            terms,
            passport,
            verifier,
            refusals,
            hello,
            heard: None,
        };
        Ok((handshake, frame))
    }

    /// Takes a frame; after an error the connection is to be closed with its problem.
    pub fn handle(&mut self, now: Integer, frame: &[u8]) -> Result<Step, Unproven> {
        match (Frame::parse(frame), &self.heard) {
            (Ok(Frame::Hello(hello)), None) => self.hello(now, hello).map(Step::Send),
            (Ok(Frame::Proof(proof)), Some(_)) => self.proof(proof),
            (Ok(Frame::Close(problem)), _) => {
                let problem = decode(problem).unwrap_or_else(|unreadable| unreadable);
                Err(Unproven::Closed(problem))
            }
            (_, _) => Err(Unproven::OutOfTurn),
        }
    }

    fn hello(&mut self, now: Integer, octets: &[u8]) -> Result<Vec<u8>, Unproven> {
        if octets.len() > HELLO_MAX {
            return Err(Unproven::Long);
        }
        let hello: Hello = decode(octets).map_err(Unproven::Malformed)?;
        self.check(&hello)?;
        let caller = self
            .verifier
            .credential(&hello.credential, now)
            .map_err(Unproven::Credential)?;
        if caller.principal != hello.from || &caller.realm.property != self.property() {
            return Err(Unproven::NotTheirCredential);
        }
        if self.refusals.refuses(&caller) {
            return Err(Unproven::Revoked);
        }
        if caller.standing.is_guest() && self.is_guest(now) {
            return Err(Unproven::Guests);
        }
        self.heard = Some(Heard {
            hello: octets.to_vec(),
            caller,
            capabilities: hello.capabilities,
            ephemeral: hello.ephemeral,
        });
        let text = self.text(self.terms.position, octets);
        let signature = self.passport.sign(&text);
        let proof = encode(&Proof { signature }).map_err(Unproven::Malformed)?;
        Ok(Frame::Proof(&proof).encode())
    }

    /// Whether this side is a guest: as its own credential says, which the other side reads too.
    fn is_guest(&self, now: Integer) -> bool {
        let own = self.verifier.credential(self.passport.credential(), now);
        own.is_ok_and(|caller| caller.standing.is_guest())
    }

    /// Everything that a Hello must say, but for the credential.
    fn check(&self, hello: &Hello) -> Result<(), Unproven> {
        let wrong = |field| Err(Unproven::Wrong { field });
        if &hello.property != self.property() {
            wrong("property")
        } else if hello.connection != self.terms.connection {
            wrong("connection")
        } else if &hello.to != self.passport.principal() {
            wrong("to")
        } else if hello.from != self.terms.them || &hello.from == self.passport.principal() {
            wrong("from")
        } else if hello.fingerprint != self.terms.fingerprints.remote {
            wrong("fingerprint")
        } else if hello.nonce == self.terms.nonce {
            wrong("nonce")
        } else if hello.capabilities.len() > CAPABILITIES_MAX {
            wrong("capabilities")
        } else {
            Ok(())
        }
    }

    fn proof(&mut self, octets: &[u8]) -> Result<Step, Unproven> {
        let proof: Proof = decode(octets).map_err(Unproven::Malformed)?;
        let Some(heard) = self.heard.take() else {
            return Err(Unproven::OutOfTurn);
        };
        let text = self.text(self.terms.position.other(), &heard.hello);
        if !heard.caller.proves(&text, &proof.signature) {
            return Err(Unproven::Signature);
        }
        Ok(Step::Established(Box::new(Established {
            caller: heard.caller,
            capabilities: heard.capabilities,
            ephemeral: heard.ephemeral,
        })))
    }

    /// What the side in `position` signs.
    fn text(&self, position: Position, theirs: &[u8]) -> Vec<u8> {
        let (offerer, answerer) = match self.terms.position {
            Position::Offerer => (&self.hello[..], theirs),
            Position::Answerer => (theirs, &self.hello[..]),
        };
        transcript(position, offerer, answerer)
    }

    fn property(&self) -> &PropertyId {
        self.passport.property()
    }
}

/// What the side in `position` signs: label, position, and the digest of both Hellos.
pub(crate) fn transcript(position: Position, offerer: &[u8], answerer: &[u8]) -> Vec<u8> {
    let mut both = Vec::with_capacity(8 + offerer.len() + answerer.len());
    for hello in [offerer, answerer] {
        both.extend(u32::try_from(hello.len()).unwrap_or(u32::MAX).to_be_bytes());
        both.extend_from_slice(hello);
    }
    proof(label::PEER_HANDSHAKE, &[position.word(), &sha256(&both).0])
}

/// The other side is not proven to be who was meant.
#[derive(Debug, thiserror::Error)]
pub enum Unproven {
    /// A Hello longer than any.
    #[error("hello is longer than {HELLO_MAX} bytes")]
    Long,
    /// Not readable.
    #[error("handshake is malformed")]
    Malformed(#[source] Problem),
    /// A field that says something else than it must.
    #[error("{field} of the hello is not what it must be")]
    Wrong {
        /// Which.
        field: &'static str,
    },
    /// A credential that is not believed.
    #[error("credential is refused")]
    Credential(#[source] Refused),
    /// Somebody else's credential.
    #[error("credential is somebody else's")]
    NotTheirCredential,
    /// A credential that was ended.
    #[error("credential is revoked")]
    Revoked,
    /// A guest, for a guest.
    #[error("guests are not connected to guests")]
    Guests,
    /// A proof of something else, or by another key.
    #[error("proof is wrong")]
    Signature,
    /// A frame that does not belong here.
    #[error("frame out of turn")]
    OutOfTurn,
    /// The other side gave up.
    #[error("the other side closed: {0}")]
    Closed(Problem),
}

impl Unproven {
    /// What the other side is told.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Malformed(problem) | Self::Closed(problem) => problem.clone(),
            Self::Credential(refused) => refused.problem(),
            Self::Wrong { field } => Problem::new(Code::Forbidden, self.to_string()).at(*field),
            Self::Long => Problem::new(Code::TooLarge, self.to_string()),
            Self::NotTheirCredential
            | Self::Revoked
            | Self::Guests
            | Self::Signature
            | Self::OutOfTurn => Problem::new(Code::Forbidden, self.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
