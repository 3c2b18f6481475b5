//! Networks: which addresses are the hotel's own.

use core::net::{IpAddr, Ipv6Addr};
use core::str::FromStr;

/// Whatever cannot come from outside a site: private use, link-local and loopback (RFC 1918,
/// RFC 3927, RFC 4193, RFC 4291).
pub(crate) const PRIVATE: &[&str] = &[
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
];

/// The addresses that share some leading bits (RFC 4632).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address belongs to it; an IPv4 address in IPv6 clothes is an IPv4 address.
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                first.to_bits().checked_shr(shift) == address.to_bits().checked_shr(shift)
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.bits);
                first.to_bits().checked_shr(shift) == address.to_bits().checked_shr(shift)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (first, bits) = text.split_once('/').ok_or(NotANetwork)?;
        let first: IpAddr = first.parse().map_err(|_| NotANetwork)?;
        let bits: u8 = bits.parse().map_err(|_| NotANetwork)?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        if bits <= most {
            Ok(Self { first, bits })
        } else {
            Err(NotANetwork)
        }
    }
}

/// Whose requests are counted together: an IPv4 address, or the 64 bits that one holder of IPv6
/// addresses can vary at will are left out.
pub(crate) fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
    }
}

/// The text is not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a network such as \"192.168.0.0/16\"")]
pub struct NotANetwork;

#[cfg(test)]
mod tests;
