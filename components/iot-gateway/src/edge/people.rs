//! Whom the gateway believes, and how locks are shown that it is the gateway.

use kit::credential::{Refusals, Verifier};
use kit::digest::sha256;
use kit::identity::Identity;
use kit::ids;
use wire::device::Command;
use wire::door::{CHALLENGE_MAX, Petition, Signed, Warrant, warrant_text};
use wire::request::Request as Body;
use wire::{Code, DeviceId, Integer, Octets, Problem, PropertyId};

use crate::doors::policy::LocalTime;
use crate::doors::wish::{What, Wish};
use crate::person::{People, Person};
use crate::requests::Request;

/// Finds out who answers for a petition, whoever carried it here.
#[derive(Debug, Clone)]
pub struct Believer {
    property: PropertyId,
    verifier: Verifier,
    refusals: Refusals,
}

impl Believer {
    /// Believes the people of the property that `identity` belongs to, except those whom `refusals`
    /// name.
    pub fn new(identity: &Identity, refusals: Refusals) -> Self {
        Self {
            property: identity.spiffe.property.clone(),
            verifier: Verifier::of(identity),
            refusals,
        }
    }

    /// What a request wants, and who answers for it. A request that cannot be read, or is not the
    /// petition for its own operation, is a problem.
    pub fn wish(&self, now: Integer, local: LocalTime, request: &Request) -> Result<Wish, Problem> {
        let Body {
            v: _,
            deadline,
            body: petition,
        } = wire::decode::<Body<Petition>>(&request.body)?;
        if petition.operation != request.operation {
            let detail = format!("asked for {}", request.operation);
            return Err(Problem::new(Code::Invalid, detail).at("operation"));
        }
        let text = petition.text(&self.property);
        let people = self.people(now, &text, &petition);
        let Petition {
            device,
            operation,
            arguments,
            execution,
            expires_at,
            actor: _,
            approver: _,
        } = petition;
        Ok(Wish {
            asker: request.asker.clone(),
            deadline,
            what: What {
                execution,
                device,
                operation,
                arguments,
                expires_at,
            },
            request: sha256(&text),
            people,
            is_repeated: false,
            challenge: ids::new(now),
            local,
        })
    }

    fn people(&self, now: Integer, text: &[u8], petition: &Petition) -> Result<People, Problem> {
        let person = |signed, field: &str| {
            self.person(now, text, signed)
                .map_err(|problem| named(problem, field))
        };
        let approver = petition.approver.as_ref();
        Ok(People {
            actor: person(&petition.actor, "actor")?,
            approver: approver
                .map(|signed| person(signed, "approver"))
                .transpose()?,
        })
    }

    fn person(&self, now: Integer, text: &[u8], signed: &Signed) -> Result<Person, Problem> {
        let caller = self
            .verifier
            .credential(&signed.credential, now)
            .map_err(|refused| refused.problem())?;
        if self.refusals.refuses(&caller) {
            let problem = Problem::new(Code::Forbidden, "this credential was revoked");
            return Err(problem.at("credential"));
        }
        let key = caller
            .key
            .filter(|_| caller.proves(text, &signed.signature));
        let key = key.ok_or_else(|| {
            let detail = "not signed by the holder of the credential, or changed since";
            Problem::new(Code::Forbidden, detail).at("signature")
        })?;
        let standing = caller.standing;
        Ok(Person::vouched(
            caller.principal,
            standing,
            key,
            signed.signature,
        ))
    }
}

/// The problem, of somebody's part of the petition.
fn named(problem: Problem, whose: &str) -> Problem {
    match problem.field.clone() {
        Some(field) => problem.at(format!("{whose}.{field}")),
        None => problem.at(whose),
    }
}

/// A command with what shows the lock that it is this gateway's, for its challenge.
pub fn sealed(
    identity: &Identity,
    device: &DeviceId,
    command: Command,
    challenge: Octets<CHALLENGE_MAX>,
    within_ms: u32,
) -> Command {
    let property = &identity.spiffe.property;
    let text = warrant_text(property, device, &command, challenge.as_slice(), within_ms);
    let leaf = identity.chain[0].to_vec();
    let warrant = Warrant {
        challenge,
        within_ms,
        certificate: Octets::new(leaf).expect("a leaf of a property is far below the bound"),
        signature: identity.sign(&text),
    };
    Command {
        warrant: Some(warrant),
        ..command
    }
}

#[cfg(test)]
mod tests;
