//! The machine's addresses, as the kernel has them now.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv6Addr};

use crate::addresses::Seen;

/// The flags of every address of IPv6 (`net/ipv6/addrconf.c`); none where there is no IPv6.
const FLAGS: &str = "/proc/net/if_inet6";
/// `IFA_F_TEMPORARY` of `linux/if_addr.h`.
const TEMPORARY: u8 = 0x01;

/// Every address of every interface.
pub(crate) fn seen() -> io::Result<Vec<Seen>> {
    let temporary = match fs::read_to_string(FLAGS) {
        Ok(table) => temporary(&table),
        Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeSet::new(),
        Err(error) => return Err(error),
    };
    let interfaces = if_addrs::get_if_addrs()?;
    let seen = interfaces.into_iter().map(|interface| Seen {
        address: interface.ip(),
        tunnel: interface.is_p2p(),
        temporary: temporary.contains(&interface.ip()),
        interface: interface.name,
    });
    Ok(seen.collect())
}

/// The temporary ones of a table: address, index, length of prefix, scope, flags, name.
fn temporary(table: &str) -> BTreeSet<IpAddr> {
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let address = u128::from_str_radix(words.next()?, 16).ok()?;
        let flags = u8::from_str_radix(words.nth(3)?, 16).ok()?;
        (flags & TEMPORARY != 0).then(|| IpAddr::V6(Ipv6Addr::from_bits(address)))
    };
    table.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests;
