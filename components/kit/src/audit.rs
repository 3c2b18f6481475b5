//! The audit trail's chain: linking entries, signing its end, and finding out whether anybody has
//! touched it.
//!
//! Promises: [`verify`] finds every entry that was changed, taken out, put in or moved, and every
//! head that is not the gateway's or not of this chain; with an anchor, a head that was kept where
//! whoever holds the trail cannot reach, also a chain that was cut off or written anew. Without
//! one, the last of those cannot be told from a short life: that is why heads leave the box.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wire::audit::{Body, Entry, Fact, Head, Witness};
use wire::door::{Wanted, canonical};
use wire::{Component, Integer, Octets, Problem, PropertyId, Sha256, Version};

use crate::credential::{Refused, Verifier, verified};
use crate::digest::sha256;
use crate::identity::Identity;

/// The link before the first.
pub const BEGINNING: Sha256 = Sha256([0; 32]);

/// The link of `body` behind `before`.
pub fn link(before: &Sha256, body: &Map<String, Value>) -> Sha256 {
    let mut text = before.0.to_vec();
    text.extend(canonical(body));
    sha256(&text)
}

/// The entry that says `fact` behind the entry of the place and link `last`.
pub fn entry(last: (Integer, Sha256), at: Integer, fact: Fact) -> Entry {
    let body = Body {
        v: Version,
        seq: last.0.next(),
        at,
        fact,
    };
    let Ok(Value::Object(body)) = serde_json::to_value(body) else {
        unreachable!("bodies of entries are objects")
    };
    let sha256 = link(&last.1, &body);
    Entry { body, sha256 }
}

/// The end of a chain, signed.
pub fn head(identity: &Identity, seq: Integer, sha256: Sha256, at: Integer) -> Head {
    let property = identity.spiffe.property.clone();
    let signature = identity.sign(&Head::text(&property, seq, &sha256, at));
    let leaf = identity.chain[0].to_vec();
    Head {
        v: Version,
        property,
        seq,
        sha256,
        at,
        certificate: Octets::new(leaf).expect("a leaf of a property is far below the bound"),
        signature,
    }
}

/// What a sound trail amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sound {
    /// Entries.
    pub entries: u64,
    /// Heads of it that were verified.
    pub heads: u64,
    /// Anchors that stand in it.
    pub anchors: u64,
    /// Entries behind the last head; not signed yet.
    pub unsigned: u64,
    /// Intents without an outcome; more than the few that are under way mean a fault.
    pub open: u64,
}

/// Checks a whole trail, from its first entry on.
///
/// `heads` are those that came with the trail, `anchors` those that were kept elsewhere.
pub fn verify(
    property: &PropertyId,
    verifier: &Verifier,
    entries: &[Entry],
    heads: &[Head],
    anchors: &[Head],
) -> Result<Sound, Broken> {
    let mut links = BTreeMap::new();
    let mut open = BTreeMap::new();
    let mut last = (Integer::default(), BEGINNING);
    for entry in entries {
        let expected = last.0.next();
        let body = entry.read().map_err(|source| Broken::Entry {
            seq: expected,
            source,
        })?;
        if body.seq != expected {
            let found = body.seq;
            return Err(Broken::Gap { expected, found });
        }
        if entry.sha256 != link(&last.1, &entry.body) {
            return Err(Broken::Link { seq: expected });
        }
        check_people(property, &body)?;
        follow(&mut open, &body);
        last = (body.seq, entry.sha256);
        links.insert(body.seq, entry.sha256);
    }
    let of_chain = |head: &Head| -> Result<(), Broken> {
        check_head(property, verifier, head)?;
        match links.get(&head.seq) {
            Some(link) if *link == head.sha256 => Ok(()),
            Some(_) => Err(Broken::Rewritten { seq: head.seq }),
            None => Err(Broken::CutOff {
                seq: head.seq,
                last: last.0,
            }),
        }
    };
    heads.iter().try_for_each(of_chain)?;
    anchors.iter().try_for_each(of_chain)?;
    let signed = heads.iter().map(|head| head.seq.value()).max();
    Ok(Sound {
        entries: last.0.value(),
        heads: count(heads.len()),
        anchors: count(anchors.len()),
        unsigned: last.0.value() - signed.unwrap_or_default(),
        open: count(open.len()),
    })
}

/// Intents that wait for their outcome.
fn follow(open: &mut BTreeMap<wire::ExecutionId, Integer>, body: &Body) {
    match &body.fact {
        Fact::Intent(intent) => drop(open.insert(intent.execution, body.seq)),
        Fact::Outcome(ended) => drop(open.remove(&ended.execution)),
        Fact::Late(_) | Fact::Refused(_) | Fact::LockOperation(_) => {}
    }
}

/// Whether those whom an intent names have signed it.
fn check_people(property: &PropertyId, body: &Body) -> Result<(), Broken> {
    let Fact::Intent(intent) = &body.fact else {
        return Ok(());
    };
    let wanted = Wanted {
        property,
        execution: intent.execution,
        device: &intent.device,
        operation: &intent.operation,
        arguments: &intent.arguments,
        expires_at: intent.expires_at,
    };
    let text = wanted.text();
    let signed = |witness: &Witness| verified(&witness.key, &text, &witness.signature);
    if sha256(&text) == intent.request
        && signed(&intent.actor)
        && intent.approver.as_ref().is_none_or(signed)
    {
        return Ok(());
    }
    Err(Broken::People { seq: body.seq })
}

/// Whether a head is the gateway's own.
fn check_head(property: &PropertyId, verifier: &Verifier, head: &Head) -> Result<(), Broken> {
    let seq = head.seq;
    let refused = |source| Broken::Signer { seq, source };
    let leaf = wire::credential::Credential::Certificate(head.certificate.clone());
    // A leaf lives for months, a trail for years: it was good when it signed.
    let caller = verifier.credential(&leaf, head.at).map_err(refused)?;
    if caller.component != Some(Component::IotGateway) || head.property != *property {
        return Err(Broken::NotTheGateways { seq });
    }
    let text = Head::text(&head.property, seq, &head.sha256, head.at);
    if caller.proves(&text, &head.signature) {
        return Ok(());
    }
    Err(Broken::NotTheGateways { seq })
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The trail is not as it was written.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// An entry cannot be read.
    #[error("entry {seq} cannot be read")]
    Entry {
        /// Its place.
        seq: Integer,
        /// Why.
        source: Problem,
    },
    /// Entries are missing, doubled or in another order.
    #[error("where entry {expected} belongs stands entry {found}")]
    Gap {
        /// The place.
        expected: Integer,
        /// What stands there.
        found: Integer,
    },
    /// An entry, or one before it, was changed.
    #[error("entry {seq} does not follow from those before it: one was changed")]
    Link {
        /// The first that does not fit.
        seq: Integer,
    },
    /// An intent is not signed by the people that it names.
    #[error("entry {seq} is not signed by those whom it names")]
    People {
        /// Its place.
        seq: Integer,
    },
    /// The certificate of a head is not believed.
    #[error("the head at entry {seq} has no certificate of this property")]
    Signer {
        /// The last entry that it covers.
        seq: Integer,
        /// Why.
        source: Refused,
    },
    /// A head is signed by somebody else, or is of another property.
    #[error("the head at entry {seq} is not signed by this property's gateway")]
    NotTheGateways {
        /// The last entry that it covers.
        seq: Integer,
    },
    /// A head or anchor shows another link: the chain was written anew.
    #[error("entry {seq} is not the one that was signed: the trail was written anew")]
    Rewritten {
        /// The place.
        seq: Integer,
    },
    /// A head or anchor stands beyond the end: the chain was cut off.
    #[error("entry {seq} was signed and the trail ends at {last}: it was cut off")]
    CutOff {
        /// The place.
        seq: Integer,
        /// Where it ends.
        last: Integer,
    },
}

#[cfg(test)]
mod tests;
