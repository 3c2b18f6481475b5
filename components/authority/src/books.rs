//! What the authority knows: who has which name, who is invited, who sits where, who is refused.
//!
//! Pure. The books change only by [`Change`]s, the same that the journal keeps: what is in memory
//! is what a restart finds.

use std::collections::BTreeMap;

use wire::credential::{Revocations, Role, Standing};
use wire::{Integer, Principal, PublicKey, Sha256, SittingId, Text, TokenId, Word};

use crate::act::Challenge;

/// Everything the rules decide by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Books {
    /// Holders of leaves, as provisioning wrote them down.
    pub(crate) provisioned: BTreeMap<Principal, Standing>,
    /// Enrolled tablets.
    pub(crate) people: BTreeMap<Principal, Person>,
    /// Invitations by the SHA-256 of their code.
    pub(crate) invitations: BTreeMap<Sha256, Invitation>,
    /// Tokens that have not expired.
    pub(crate) tokens: BTreeMap<TokenId, Token>,
    /// Sittings of today and yesterday.
    pub(crate) sittings: BTreeMap<SittingId, Sitting>,
    /// Guests by sitting, in the order they came.
    pub(crate) guests: BTreeMap<SittingId, Vec<Guest>>,
    /// Who is refused, and until when; for ever when nothing is said.
    pub(crate) refusals: BTreeMap<Refusal, Option<Integer>>,
    /// Number of the revocation list.
    pub(crate) number: Integer,
}

/// An enrolled tablet and its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// What they do.
    pub(crate) role: Role,
    /// What people call it.
    pub(crate) name: Text<63>,
}

/// A name that waits for its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    /// The name.
    pub(crate) principal: Principal,
    /// What its people will do.
    pub(crate) role: Role,
    /// What people will call it.
    pub(crate) name: Text<63>,
    /// Who invited; not known of invitations of an earlier release.
    pub(crate) invited_by: Option<Principal>,
    /// Until when, in Unix milliseconds.
    pub(crate) expires_at: Integer,
    /// How far it has come.
    pub(crate) uptake: Uptake,
}

/// How far an invitation has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Uptake {
    /// No tablet came yet.
    Open,
    /// This key took it up, no other ever will; it has no rights before it was compared.
    Taken(PublicKey, Challenge),
    /// Somebody has compared it: the key gets its token.
    Confirmed(PublicKey),
}

/// A token that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// To whom.
    pub(crate) principal: Principal,
    /// From when, in Unix seconds.
    pub(crate) iat: Integer,
    /// Until when, in Unix seconds.
    pub(crate) exp: Integer,
}

impl Token {
    /// Until when, in Unix milliseconds.
    pub(crate) fn until(&self) -> Integer {
        Integer::new(self.exp.value().saturating_mul(1_000)).unwrap_or_default()
    }
}

/// The time a party sits at a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sitting {
    /// Where.
    pub(crate) table: Word,
    /// Since when, in Unix milliseconds.
    pub(crate) opened_at: Integer,
    /// Until when at most, in Unix milliseconds.
    pub(crate) expires_at: Integer,
    /// Who opened it.
    pub(crate) opened_by: Principal,
    /// When it was closed, in Unix milliseconds.
    pub(crate) closed_at: Option<Integer>,
}

impl Sitting {
    /// Whether guests may still get tokens.
    pub(crate) fn is_open(&self, now: Integer) -> bool {
        self.closed_at.is_none() && now < self.expires_at
    }
}

/// A guest of a sitting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guest {
    /// The page's key.
    pub(crate) key: PublicKey,
    /// The name that was drawn for it.
    pub(crate) principal: Principal,
    /// Its token.
    pub(crate) token: TokenId,
}

/// Who or what is refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    /// Everything a principal holds.
    Principal(Principal),
    /// One token.
    Token(TokenId),
    /// The tokens of a sitting that is over.
    Sitting(SittingId),
}

/// One change of the books, and one write to the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// A tablet is enrolled.
    Person(Principal, Person),
    /// An invitation is made or taken up.
    Invitation(Sha256, Invitation),
    /// A token is given.
    Token(TokenId, Token),
    /// A sitting is opened or closed.
    Sitting(SittingId, Sitting),
    /// A guest joins a sitting.
    Guest(SittingId, Guest),
    /// Somebody is refused from now on.
    Refusal(Refusal, Option<Integer>),
    /// The revocation list has a new number.
    Number(Integer),
    /// Something is of no more use.
    Forgotten(Stale),
    /// An act is written down for ever.
    Audit(Entry),
}

/// What is of no more use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stale {
    /// An invitation whose time is over.
    Invitation(Sha256),
    /// A token that has expired.
    Token(TokenId),
    /// A sitting of the day before yesterday, with its guests.
    Sitting(SittingId),
    /// A refusal of what has expired.
    Refusal(Refusal),
}

/// A line of the audit journal; holds ids only, no secrets and nothing about guests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When, in Unix milliseconds.
    pub(crate) at: Integer,
    /// Who did it.
    pub(crate) actor: String,
    /// What was done.
    pub(crate) act: &'static str,
    /// To what.
    pub(crate) object: String,
}

impl Books {
    /// Carries out changes in their order.
    pub(crate) fn apply_all<'a>(&mut self, changes: impl IntoIterator<Item = &'a Change>) {
        for change in changes {
            self.apply(change);
        }
    }

    /// Carries out a change.
    pub(crate) fn apply(&mut self, change: &Change) {
        match change.clone() {
            Change::Person(principal, person) => {
                self.people.insert(principal, person);
            }
            Change::Invitation(code, invitation) => {
                self.invitations.insert(code, invitation);
            }
            Change::Token(id, token) => {
                self.tokens.insert(id, token);
            }
            Change::Sitting(id, sitting) => {
                self.sittings.insert(id, sitting);
            }
            Change::Guest(sitting, guest) => self.guests.entry(sitting).or_default().push(guest),
            Change::Refusal(refusal, until) => {
                self.refusals.insert(refusal, until);
            }
            Change::Number(number) => self.number = number,
            Change::Forgotten(stale) => self.forget(&stale),
            Change::Audit(_) => {}
        }
    }

    fn forget(&mut self, stale: &Stale) {
        match stale {
            Stale::Invitation(code) => drop(self.invitations.remove(code)),
            Stale::Token(id) => drop(self.tokens.remove(id)),
            Stale::Sitting(id) => {
                self.sittings.remove(id);
                self.guests.remove(id);
            }
            Stale::Refusal(refusal) => drop(self.refusals.remove(refusal)),
        }
    }

    /// The open sitting at a table.
    pub(crate) fn open_at(&self, table: &Word, now: Integer) -> Option<(SittingId, &Sitting)> {
        self.sittings
            .iter()
            .find(|(_, sitting)| sitting.table == *table && sitting.is_open(now))
            .map(|(id, sitting)| (*id, sitting))
    }

    /// The guests of a sitting.
    pub(crate) fn guests(&self, sitting: SittingId) -> &[Guest] {
        self.guests.get(&sitting).map_or(&[], Vec::as_slice)
    }

    /// A sitting as it is shown.
    pub(crate) fn shown(
        &self,
        id: SittingId,
        sitting: &Sitting,
        now: Integer,
    ) -> wire::authority::Sitting {
        wire::authority::Sitting {
            sitting: id,
            table: sitting.table.clone(),
            open: sitting.is_open(now),
            opened_at: sitting.opened_at,
            expires_at: sitting.expires_at,
            opened_by: sitting.opened_by.clone(),
            guests: u32::try_from(self.guests(id).len()).unwrap_or(u32::MAX),
        }
    }

    /// Whether everything of a principal is refused.
    pub(crate) fn refuses(&self, principal: &Principal) -> bool {
        self.is_refused(&Refusal::Principal(principal.clone()))
    }

    /// Whether this very thing is refused.
    pub(crate) fn is_refused(&self, refusal: &Refusal) -> bool {
        self.refusals.contains_key(refusal)
    }

    /// How many sittings are on the list.
    pub(crate) fn listed_sittings(&self) -> usize {
        let listed = |refusal: &&Refusal| matches!(refusal, Refusal::Sitting(_));
        self.refusals.keys().filter(listed).count()
    }

    /// The list for everybody who verifies credentials, signed at `iat` in Unix seconds.
    pub(crate) fn revocations(&self, iat: Integer) -> Revocations {
        let mut list = Revocations {
            number: self.number,
            iat,
            ..Revocations::default()
        };
        for refusal in self.refusals.keys() {
            match refusal {
                Refusal::Principal(principal) => list.principals.push(principal.clone()),
                Refusal::Token(token) => list.tokens.push(*token),
                Refusal::Sitting(sitting) => list.sittings.push(*sitting),
            }
        }
        list
    }
}
