//! Under which name somebody reached us.
//!
//! A page of somebody else's that has its name point to our address (DNS rebinding) still says that
//! name. So only names of the box are served. An address written out is served as well: no name
//! was asked for it, nothing could be rebound.

use core::fmt;
use core::net::{IpAddr, Ipv6Addr};
use core::str::FromStr;

/// Longest DNS name, in characters (RFC 1035 §3.1).
const NAME_MAX: usize = 253;

/// A host without its port, as the `Host` header names it (RFC 9110 §7.2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Host {
    /// A DNS name, in small letters.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl Host {
    /// Reads a `Host` header; its port says nothing that is needed here.
    pub(crate) fn of_header(header: &str) -> Result<Self, NotAHost> {
        if let Some(rest) = header.strip_prefix('[') {
            let (address, port) = rest.split_once(']').ok_or(NotAHost)?;
            let address: Ipv6Addr = address.parse().map_err(|_| NotAHost)?;
            return without_port(port).map(|()| Self::Address(address.into()));
        }
        match header.split_once(':') {
            Some((host, port)) if is_port(port) => host.parse(),
            Some(_) => Err(NotAHost),
            None => header.parse(),
        }
    }

    /// Whether it is one of our names, or an address.
    pub(crate) fn is_one_of<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        match self {
            Self::Address(_) => true,
            Self::Name(host) => names
                .into_iter()
                .any(|name| name.eq_ignore_ascii_case(host)),
        }
    }
}

fn without_port(rest: &str) -> Result<(), NotAHost> {
    let is_one = rest.strip_prefix(':').is_some_and(is_port);
    if rest.is_empty() || is_one {
        Ok(())
    } else {
        Err(NotAHost)
    }
}

fn is_port(text: &str) -> bool {
    !text.starts_with('+') && text.parse::<u16>().is_ok()
}

/// A name or an IPv4 address; IPv6 stands in brackets.
impl FromStr for Host {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(IpAddr::V4(address)));
        }
        let label = |label: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            !label.is_empty() && label.bytes().all(allowed)
        };
        let ends_in_digits = text.rsplit('.').next().is_some_and(is_number);
        if text.len() <= NAME_MAX && text.split('.').all(label) && !ends_in_digits {
            Ok(Self::Name(text.to_ascii_lowercase()))
        } else {
            Err(NotAHost)
        }
    }
}

/// Browsers read a name that ends so as an address of a form we do not.
fn is_number(label: &str) -> bool {
    label.bytes().all(|byte| byte.is_ascii_digit())
}

/// As it stands in a URL (RFC 3986 §3.2.2).
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// The text does not name a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a host: a name, an IPv4 address, or an IPv6 address in brackets")]
pub(crate) struct NotAHost;

#[cfg(test)]
mod tests;
