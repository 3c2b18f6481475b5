//! SPIFFE ids: the name of a principal, written into its certificate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use wire::{Component, DeviceId, Principal, PropertyId, TenantId};

/// Longest trust domain, in bytes (SPIFFE-ID §2.1).
const TRUST_DOMAIN_MAX: usize = 255;
/// How much of a wrong id its error shows, in characters.
const SHOWN_MAX: usize = 200;

/// The domain that vouches for every hotel of one operator of the suite: `[a-z0-9._-]{1,255}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustDomain(String);

impl TrustDomain {
    /// The domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrustDomain {
    type Err = NotATrustDomain;

    fn from_str(text: &str) -> Result<Self, NotATrustDomain> {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_')
        };
        if (1..=TRUST_DOMAIN_MAX).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotATrustDomain {
                text: text.chars().take(SHOWN_MAX).collect(),
            })
        }
    }
}

impl TryFrom<String> for TrustDomain {
    type Error = NotATrustDomain;

    fn try_from(text: String) -> Result<Self, NotATrustDomain> {
        text.parse()
    }
}

impl From<TrustDomain> for String {
    fn from(domain: TrustDomain) -> Self {
        domain.0
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a trust domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a trust domain of 1 to 255 characters a-z, 0-9, dot, dash or underscore")]
pub struct NotATrustDomain {
    text: String,
}

/// One property, seen from the whole world: everything inside trusts one CA.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Realm {
    /// Who vouches for the tenant.
    pub trust_domain: TrustDomain,
    /// The company.
    pub tenant: TenantId,
    /// The hotel.
    pub property: PropertyId,
}

impl Realm {
    /// The SPIFFE id of a principal of the property.
    pub fn spiffe(&self, holder: &Holder) -> SpiffeId {
        SpiffeId {
            trust_domain: self.trust_domain.clone(),
            tenant: self.tenant.clone(),
            property: self.property.clone(),
            role: holder.kind(),
            id: holder.principal(),
        }
    }
}

/// What sort of principal holds a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// A program of the suite.
    Component,
    /// A thermostat, lock or sensor.
    Device,
    /// A tablet, display or browser.
    Peer,
    /// A person at a command line, or their tool.
    Operator,
}

impl PrincipalKind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Component, Self::Device, Self::Peer, Self::Operator];

    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Device => "device",
            Self::Peer => "peer",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for PrincipalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A principal with its kind: whom a certificate is issued to and a policy grants to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A program of the suite.
    Component(Component),
    /// A thermostat, lock or sensor.
    Device(DeviceId),
    /// A tablet, display or browser.
    Peer(Principal),
    /// A person at a command line, or their tool.
    Operator(Principal),
}

impl Holder {
    /// What sort of principal it is.
    pub fn kind(&self) -> PrincipalKind {
        match self {
            Self::Component(_) => PrincipalKind::Component,
            Self::Device(_) => PrincipalKind::Device,
            Self::Peer(_) => PrincipalKind::Peer,
            Self::Operator(_) => PrincipalKind::Operator,
        }
    }

    /// Its id; the certificate's CN and the client's name at the broker.
    pub fn principal(&self) -> Principal {
        match self {
            Self::Component(component) => (*component).into(),
            Self::Device(device) => device.clone().into(),
            Self::Peer(id) | Self::Operator(id) => id.clone(),
        }
    }
}

/// `spiffe://<trust domain>/<tenant>/<property>/<role>/<id>`: a principal, seen from the whole
/// world.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId {
    /// Who vouches for the tenant.
    pub trust_domain: TrustDomain,
    /// The company.
    pub tenant: TenantId,
    /// The hotel.
    pub property: PropertyId,
    /// What sort of principal.
    pub role: PrincipalKind,
    /// Which one.
    pub id: Principal,
}

impl SpiffeId {
    /// The property it belongs to.
    pub fn realm(&self) -> Realm {
        Realm {
            trust_domain: self.trust_domain.clone(),
            tenant: self.tenant.clone(),
            property: self.property.clone(),
        }
    }

    /// The component of the same property; what a client expects behind an address.
    #[must_use]
    pub fn sibling(&self, component: Component) -> Self {
        self.realm().spiffe(&Holder::Component(component))
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            trust_domain,
            tenant,
            property,
            role,
            id,
        } = self;
        write!(f, "spiffe://{trust_domain}/{tenant}/{property}/{role}/{id}")
    }
}

impl FromStr for SpiffeId {
    type Err = NotASpiffeId;

    fn from_str(text: &str) -> Result<Self, NotASpiffeId> {
        parse(text).ok_or_else(|| NotASpiffeId {
            text: text.chars().take(SHOWN_MAX).collect(),
        })
    }
}

fn parse(text: &str) -> Option<SpiffeId> {
    let mut words = text.strip_prefix("spiffe://")?.split('/');
    let id = SpiffeId {
        trust_domain: words.next()?.parse().ok()?,
        tenant: words.next()?.parse().ok()?,
        property: words.next()?.parse().ok()?,
        role: kind(words.next()?)?,
        id: words.next()?.parse().ok()?,
    };
    words.next().is_none().then_some(id)
}

fn kind(word: &str) -> Option<PrincipalKind> {
    PrincipalKind::ALL
        .iter()
        .copied()
        .find(|kind| kind.as_str() == word)
}

/// The text is not the SPIFFE id of a principal of a property.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not spiffe://<trust domain>/<tenant>/<property>/<role>/<id>")]
pub struct NotASpiffeId {
    text: String,
}
