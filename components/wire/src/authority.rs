//! What can be asked of `authority`, on the bus and over HTTPS.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Integer, Version};
use crate::credential::{CERTIFICATE_MAX, Role};
use crate::digest::Sha256;
use crate::id::{Principal, PropertyId, SittingId, TokenId, Word};
use crate::octets::{Nonce, Octets, PublicKey, Signature};
use crate::text::Text;

/// Operation: let somebody enrol a tablet; [`Invite`] → [`Invitation`].
pub const INVITE: &str = "invite";
/// Operation: a guest's token; [`MintGuest`] → [`Minted`].
pub const MINT_GUEST: &str = "mint-guest";
/// Operation: the asker's next leaf; [`RenewLeaf`] → [`Leaf`].
pub const RENEW_LEAF: &str = "renew-leaf";
/// Operation: a party sits down; [`OpenSitting`] → [`Sitting`].
pub const OPEN_SITTING: &str = "open-sitting";
/// Operation: a party leaves; [`CloseSitting`] → [`Sitting`].
pub const CLOSE_SITTING: &str = "close-sitting";
/// Operation: open sittings; [`crate::request::Nothing`] → [`Sittings`].
pub const SITTINGS: &str = "sittings";
/// Operation: end a principal's rights; [`Revoke`] → [`crate::request::Nothing`].
pub const REVOKE: &str = "revoke";
/// Operation: who was ever given a name; [`crate::request::Nothing`] → [`Principals`].
pub const PRINCIPALS: &str = "principals";
/// Operation: tablets that wait to be compared; [`crate::request::Nothing`] → [`Enrolments`].
pub const ENROLMENTS: &str = "enrolments";
/// Operation: the tablet in hand shows these digits; [`Confirm`] → [`crate::request::Nothing`].
pub const CONFIRM: &str = "confirm";
/// Operation: an invitation is for nobody any more; [`Withdraw`] → [`crate::request::Nothing`].
pub const WITHDRAW: &str = "withdraw";
/// Every operation of `authority`.
pub const OPERATIONS: &[&str] = &[
    INVITE,
    MINT_GUEST,
    RENEW_LEAF,
    OPEN_SITTING,
    CLOSE_SITTING,
    SITTINGS,
    REVOKE,
    PRINCIPALS,
    ENROLMENTS,
    CONFIRM,
    WITHDRAW,
];
/// Event of `authority`, retained: [`SignedRevocations`].
pub const REVOCATIONS_EVENT: &str = "revocations";

/// Life of an enrolment code, in milliseconds.
pub const INVITATION_MS: u32 = 10 * 60 * 1_000;
/// Longest life of a sitting, in milliseconds.
pub const SITTING_MAX_MS: u32 = 12 * 60 * 60 * 1_000;
/// Life of a nonce, in milliseconds.
pub const NONCE_MS: u32 = 60_000;

/// Invites somebody to enrol a tablet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Invite {
    /// The tablet's name in the property, never used before.
    pub principal: Principal,
    /// What its people do.
    pub role: Role,
    /// What people call it.
    #[serde(default)]
    pub name: Text<63>,
}

/// What a tablet needs to enrol, once, within ten minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Invitation {
    /// The tablet's name.
    pub principal: Principal,
    /// The one-time code.
    pub code: Nonce,
    /// SHA-256 of the property CA's certificate in DER.
    pub ca: Sha256,
    /// Page to open, with code and digest behind `#`.
    pub url: String,
    /// The same as a QR code, SVG.
    pub qr_svg: String,
    /// Until when, in Unix milliseconds.
    pub expires_at: Integer,
}

/// Body of `POST /enrol`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Enrol {
    /// Version of this body.
    pub v: Version<1>,
    /// The one-time code.
    pub code: Nonce,
    /// The tablet's key.
    pub key: PublicKey,
    /// [`crate::credential::label::ENROL`] over code and key.
    pub proof: Signature,
}

/// Answer of `POST /enrol` (202) until somebody has compared the tablet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pending {
    /// The tablet's name, should it be confirmed.
    pub principal: Principal,
    /// What its people will do.
    pub role: Role,
    /// The tablet shows the digits of its key and this nonce.
    pub nonce: Nonce,
    /// Until when it may be confirmed, in Unix milliseconds.
    pub expires_at: Integer,
}

/// Six digits that two people compare: [`crate::credential::label::COMPARE`] over the authority's nonce
/// and the tablet's key, SHA-256, the first four octets as a number, its last six decimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Digits(String);

impl Digits {
    /// The digits of a SHA-256.
    pub fn of(sha256: &Sha256) -> Self {
        let [a, b, c, d, ..] = sha256.0;
        Self(format!(
            "{:06}",
            u32::from_be_bytes([a, b, c, d]) % 1_000_000
        ))
    }
}

impl std::str::FromStr for Digits {
    type Err = NotDigits;

    fn from_str(text: &str) -> Result<Self, NotDigits> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for Digits {
    type Error = NotDigits;

    /// People write them in two groups.
    fn try_from(text: String) -> Result<Self, NotDigits> {
        let digits: String = text.chars().filter(|letter| *letter != ' ').collect();
        if digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(NotDigits)
        }
    }
}

impl From<Digits> for String {
    fn from(digits: Digits) -> Self {
        digits.0
    }
}

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", &self.0[..3], &self.0[3..])
    }
}

/// A text is no six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not six digits, such as \"042 917\"")]
pub struct NotDigits;

/// The tablet in hand shows these digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confirm {
    /// The tablet's name.
    pub principal: Principal,
    /// What it shows.
    pub digits: Digits,
}

/// An invitation is for nobody any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Withdraw {
    /// The name, which is free again.
    pub principal: Principal,
}

/// Invitations that are open, those of the asker; an operator sees all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Enrolments {
    /// By name.
    pub enrolments: Vec<Enrolment>,
}

/// One name that waits for its tablet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Enrolment {
    /// The name.
    pub principal: Principal,
    /// What its people will do.
    pub role: Role,
    /// What people will call it.
    #[serde(default)]
    pub name: Text<63>,
    /// What the tablet that took it up shows; absent while none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<Digits>,
    /// Until when, in Unix milliseconds.
    pub expires_at: Integer,
}

/// Answer of `POST /enrol` (200), `POST /token` and [`MINT_GUEST`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Minted {
    /// The token, bound to the key.
    pub token: String,
    /// Whose.
    pub principal: Principal,
    /// What they do.
    pub role: Role,
    /// The hotel.
    pub property: PropertyId,
    /// Until when, in Unix milliseconds.
    pub expires_at: Integer,
    /// The table, for guests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Word>,
}

/// Answer of `POST /challenge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Challenged {
    /// To be signed once, within a minute.
    pub nonce: Nonce,
}

/// Body of `POST /bearer` ([`crate::credential::label::BEARER`]) and of `POST /token`
/// ([`crate::credential::label::RENEW`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Present {
    /// Version of this body.
    pub v: Version<1>,
    /// The token, bound to the key.
    pub token: String,
    /// From `POST /challenge`.
    pub nonce: Nonce,
    /// Over the nonce and the SHA-256 of the token.
    pub proof: Signature,
}

/// Body of `POST /renew-leaf`; the answer is a [`Leaf`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenewByProof {
    /// Version of this body.
    pub v: Version<1>,
    /// The present leaf, DER, also when it has lapsed.
    pub certificate: Octets<CERTIFICATE_MAX>,
    /// The signing request (PKCS #10), PEM; only its key counts.
    pub csr: String,
    /// From `POST /challenge`.
    pub nonce: Nonce,
    /// [`crate::credential::label::RENEW_LEAF`], by the key of the present leaf.
    pub proof: Signature,
}

/// Answer of `GET /server-names`: what the leaf of every component that is issued now carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerNames {
    /// DNS names and addresses under which the box is reached.
    pub names: Vec<Text<253>>,
}

/// Answer of `POST /bearer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bearer {
    /// The bearer token.
    pub bearer: String,
    /// Until when, in Unix milliseconds.
    pub expires_at: Integer,
}

/// Asks for a guest's token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MintGuest {
    /// Where the guest sits.
    pub table: Word,
    /// The page's key.
    pub key: PublicKey,
    /// [`crate::credential::label::GUEST`] over table and key.
    pub proof: Signature,
}

/// Asks for the asker's next leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenewLeaf {
    /// Certificate signing request (PKCS #10), PEM; only its key counts.
    pub csr: String,
}

/// A leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leaf {
    /// The certificate, PEM.
    pub certificate: String,
    /// The property's CA, PEM.
    pub ca: String,
    /// Until when, in Unix milliseconds.
    pub not_after: Integer,
}

/// A party sits down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenSitting {
    /// Where; at most one open sitting at a time.
    pub table: Word,
    /// For how long at most, in milliseconds, up to [`SITTING_MAX_MS`]; 4 hours when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_ms: Option<Integer>,
}

/// A party leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CloseSitting {
    /// Which sitting.
    pub sitting: SittingId,
}

/// The time a party sits at a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sitting {
    /// The sitting.
    pub sitting: SittingId,
    /// Where.
    pub table: Word,
    /// Whether guests may still get tokens for it.
    pub open: bool,
    /// Since when, in Unix milliseconds.
    pub opened_at: Integer,
    /// Until when at most, in Unix milliseconds.
    pub expires_at: Integer,
    /// Who opened it.
    pub opened_by: Principal,
    /// How many guests have a token for it.
    pub guests: u32,
}

/// Open sittings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sittings {
    /// By table.
    pub sittings: Vec<Sitting>,
}

/// Ends rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Revoke {
    /// Of everything a principal holds.
    Principal(Principal),
    /// Of one token.
    Token(TokenId),
}

/// Who was ever given a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Principals {
    /// By name; guests are left out.
    pub principals: Vec<RegisteredPrincipal>,
}

/// One principal of the property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegisteredPrincipal {
    /// Who.
    pub principal: Principal,
    /// What they are.
    pub standing: crate::credential::Standing,
    /// What people call it.
    #[serde(default)]
    pub name: Text<63>,
    /// Whether its rights have ended.
    pub revoked: bool,
}

/// The revocation list, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedRevocations {
    /// Version of this body.
    pub v: Version<1>,
    /// JWS compact serialisation; type [`crate::credential::REVOCATIONS_TYPE`], payload
    /// [`crate::credential::Revocations`].
    pub list: String,
}
