//! Writes down what was granted: tokens, leaves, invitations.

use std::sync::Arc;

use kit::credential::{jwk, sign_token};
use kit::digest::sha256;
use kit::error::Chain;
use kit::fault::{self, Point};
use kit::identity::{Identity, Particulars};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Serialize;
use tokio::sync::watch;
use wire::authority::{
    Enrolments, Invitation, Leaf, Minted, Pending, Principals, REVOCATIONS_EVENT,
    SignedRevocations, Sitting, Sittings,
};
use wire::credential::{
    Claims, Confirmation, POP_TYPE, REVOCATIONS_MAX, REVOCATIONS_TYPE, Revocations,
};
use wire::octets::to_base64url;
use wire::request::Nothing;
use wire::{Code, Integer, Principal, Problem, Sha256, Version};

use super::ca::{Ca, IssueError};
use super::provisioned::Provisioned;
use super::qr;
use crate::act::{Granted, Mint};

/// Signs with the CA's key and with the authority's own.
#[derive(Debug)]
pub(crate) struct Scribe {
    pub(crate) ca: Arc<Ca>,
    pub(crate) identity: watch::Receiver<Arc<Identity>>,
    pub(crate) console_url: String,
}

/// An answer as it leaves.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Invitation(Box<Invitation>),
    Minted(Box<Minted>),
    Pending(Pending),
    Enrolments(Enrolments),
    Leaf(Box<Leaf>),
    Sitting(Sitting),
    Sittings(Sittings),
    Principals(Principals),
    Nothing(Nothing),
}

impl Scribe {
    /// Until when what is signed now is believed, in Unix milliseconds.
    pub(crate) fn leaf_until(&self) -> Integer {
        self.identity.borrow().not_after
    }

    /// The answer to whom something was granted.
    pub(crate) fn write(
        &self,
        provisioned: &Provisioned,
        now: Integer,
        granted: Granted,
    ) -> Result<Answer, Problem> {
        Ok(match granted {
            Granted::Invitation(principal, code, expires_at) => {
                let code = code.code;
                let (ca, url) = self.enrolment(&to_base64url(&code.0));
                let qr_svg = qr::svg(&url).ok_or_else(|| {
                    Problem::new(Code::TooLarge, "the address does not fit a QR code")
                })?;
                Answer::Invitation(Box::new(Invitation {
                    principal,
                    code,
                    ca,
                    url,
                    qr_svg,
                    expires_at,
                }))
            }
            Granted::Pending(pending) => Answer::Pending(pending),
            Granted::Enrolments(enrolments) => Answer::Enrolments(enrolments),
            Granted::Token(mint) => Answer::Minted(Box::new(self.mint(mint))),
            Granted::Leaf(principal, csr) => {
                let leaf = self.leaf(provisioned, &principal, &csr, now)?;
                Answer::Leaf(Box::new(leaf))
            }
            Granted::Sitting(sitting) => Answer::Sitting(sitting),
            Granted::Sittings(sittings) => Answer::Sittings(sittings),
            Granted::Principals(principals) => Answer::Principals(principals),
            Granted::Done => Answer::Nothing(Nothing {}),
        })
    }

    /// The CA's digest and the page's address; what stands behind `#` never leaves the browser.
    fn enrolment(&self, code: &str) -> (Sha256, String) {
        let ca = sha256(&self.identity.borrow().anchor[0]);
        let url = format!("{}/enrol#code={code}&ca={ca}", self.console_url);
        (ca, url)
    }

    fn mint(&self, mint: Mint) -> Minted {
        let identity = self.identity.borrow().clone();
        let realm = identity.spiffe.realm();
        let (sitting, table) = mint.seat.unzip();
        let claims = Claims {
            tenant: realm.tenant,
            property: realm.property.clone(),
            sub: mint.principal.clone(),
            role: mint.role,
            jti: mint.token,
            iat: mint.iat,
            exp: mint.exp,
            cnf: Some(Confirmation {
                jwk: jwk(&mint.key),
            }),
            sitting,
            table: table.clone(),
        };
        Minted {
            token: sign_token(&identity, POP_TYPE, &claims),
            principal: mint.principal,
            role: mint.role,
            property: realm.property,
            expires_at: Integer::new(mint.exp.value().saturating_mul(1_000)).unwrap_or_default(),
            table,
        }
    }

    fn leaf(
        &self,
        provisioned: &Provisioned,
        principal: &Principal,
        csr: &str,
        now: Integer,
    ) -> Result<Leaf, Problem> {
        let holder = provisioned.holder(principal).ok_or_else(|| {
            let detail = format!("provisioning gave nobody the name {principal}");
            Problem::new(Code::NotFound, detail).at("principal")
        })?;
        let certificate = self.ca.issue(&holder, csr, now).map_err(|error| {
            let detail = Chain(&error).to_string();
            match error {
                IssueError::Issue(_) => Problem::new(Code::Invalid, detail).at("csr"),
                IssueError::Read { .. }
                | IssueError::Authority(_)
                | IssueError::Record { .. }
                | IssueError::OwnLeaf(_)
                | IssueError::Write(_)
                | IssueError::Identity(_) => {
                    tracing::error!(error = detail, "cannot issue a leaf");
                    Problem::new(
                        Code::Unavailable,
                        "the certificate authority cannot be used",
                    )
                }
            }
        })?;
        fault::pass(Point::AuthorityLeafSigned);
        let not_after = not_after(&certificate).ok_or_else(|| {
            Problem::new(Code::Internal, "the certificate just issued cannot be read")
        })?;
        Ok(Leaf {
            certificate,
            ca: self.ca.certificate().to_owned(),
            not_after,
        })
    }
}

fn not_after(pem: &str) -> Option<Integer> {
    let leaf = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    Some(Particulars::of(&leaf).ok()?.not_after)
}

/// The list as it is published.
pub(crate) fn signed(identity: &Identity, list: &Revocations) -> SignedRevocations {
    let list = sign_token(identity, REVOCATIONS_TYPE, list);
    if list.len() > REVOCATIONS_MAX {
        let (bytes, event) = (list.len(), REVOCATIONS_EVENT);
        tracing::error!(
            bytes,
            event,
            "revocation list is larger than verifiers read"
        );
    }
    SignedRevocations { v: Version, list }
}
