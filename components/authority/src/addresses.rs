//! Which addresses of the machine leaves carry, and when that changes.
//!
//! Pure. A leaf carries addresses that somebody in the hotel may type: private ones of real
//! interfaces. One joins when it has stayed for a moment and leaves when it has been gone for long, so
//! that a cable that is pulled and put back changes nothing; whatever the network does, there are at
//! most [`CHANGES`] changes an hour, each of which gives every component a new leaf.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Most addresses in a leaf; tokens carry the authority's, and must fit what reads them.
pub(crate) const ADDRESSES_MAX: usize = 8;
/// How long an address has to stay before leaves carry it.
const SETTLED: Duration = Duration::from_secs(5);
/// Most changes an hour.
pub(crate) const CHANGES: usize = 6;
const HOUR: Duration = Duration::from_hours(1);

/// How names of interfaces begin that programs make for themselves: containers, virtual machines,
/// tunnels. Nobody in the hotel is behind them.
const VIRTUAL: &[&str] = &[
    "br-",
    "cali",
    "cni",
    "docker",
    "dummy",
    "flannel",
    "ifb",
    "kube",
    "lxc",
    "podman",
    "ppp",
    "sit",
    "tailscale",
    "tap",
    "tun",
    "utun",
    "veth",
    "virbr",
    "vmnet",
    "vnet",
    "wg",
    "zt",
];

/// The machine's way to itself, on which some put private addresses.
const LOOPBACK: &str = "lo";

/// An address of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Whose it is.
    pub(crate) interface: String,
    /// The address.
    pub(crate) address: IpAddr,
    /// Whether it is a way to one other machine only.
    pub(crate) tunnel: bool,
    /// Whether the machine gives it up again by itself soon (RFC 8981).
    pub(crate) temporary: bool,
}

/// The addresses under which the hotel reaches the machine, on these interfaces, or on all real ones
/// when none is named. Those that a machine gives itself when nobody gives it any (RFC 3927) count
/// where there is nothing else.
pub(crate) fn of_the_hotel(seen: &[Seen], interfaces: &[String]) -> BTreeSet<IpAddr> {
    let meant = |one: &&Seen| {
        let named = if interfaces.is_empty() {
            is_real(one)
        } else {
            interfaces.contains(&one.interface)
        };
        named && !one.temporary
    };
    let meant: Vec<_> = seen.iter().filter(meant).map(|one| one.address).collect();
    let of = |kind: fn(IpAddr) -> bool| meant.iter().copied().filter(|one| kind(*one)).collect();
    let private: BTreeSet<_> = of(is_private);
    if private.is_empty() {
        of(is_self_given)
    } else {
        private
    }
}

fn is_real(one: &Seen) -> bool {
    let made = VIRTUAL.iter().any(|begin| one.interface.starts_with(begin));
    !made && !one.tunnel && one.interface != LOOPBACK
}

/// Private use (RFC 1918, RFC 4193).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

/// Browsers cannot name the interface that a link-local address of IPv6 needs.
fn is_self_given(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(_) => false,
    }
}

/// The addresses that leaves carry.
#[derive(Debug)]
pub(crate) struct Addresses {
    /// How long one that is gone stays.
    hold: Duration,
    /// With the moment since when they are gone, if they are.
    carried: BTreeMap<IpAddr, Option<Instant>>,
    /// Those that are there and not carried yet, with the moment since when.
    new: BTreeMap<IpAddr, Instant>,
    /// When something changed in the last hour.
    changes: VecDeque<Instant>,
}

impl Addresses {
    /// Goes on with what leaves carry already; what is not seen again is gone since now.
    pub(crate) fn new(
        now: Instant,
        hold: Duration,
        carried: impl IntoIterator<Item = IpAddr>,
    ) -> Self {
        let carried = carried.into_iter().take(ADDRESSES_MAX);
        Self {
            hold,
            carried: carried.map(|address| (address, Some(now))).collect(),
            new: BTreeMap::new(),
            changes: VecDeque::new(),
        }
    }

    /// What leaves carry.
    pub(crate) fn carried(&self) -> BTreeSet<IpAddr> {
        self.carried.keys().copied().collect()
    }

    /// Takes in what is there now.
    pub(crate) fn look(&mut self, now: Instant, there: &BTreeSet<IpAddr>) -> Look {
        self.note(now, there);
        let next = self.next(now);
        if next == self.carried() {
            return Look::Same;
        }
        self.changes.retain(|at| now.duration_since(*at) < HOUR);
        if self.changes.len() >= CHANGES {
            return Look::TooSoon;
        }
        self.changes.push_back(now);
        self.carried.retain(|address, _| next.contains(address));
        for address in next {
            self.carried.entry(address).or_insert(None);
            self.new.remove(&address);
        }
        Look::Changed
    }

    fn note(&mut self, now: Instant, there: &BTreeSet<IpAddr>) {
        for (address, gone) in &mut self.carried {
            *gone = if there.contains(address) {
                None
            } else {
                gone.or(Some(now))
            };
        }
        self.new.retain(|address, _| there.contains(address));
        for address in there {
            if !self.carried.contains_key(address) {
                self.new.entry(*address).or_insert(now);
            }
        }
    }

    /// What leaves should carry: what is there, then what has not been gone for long, as many as fit.
    fn next(&self, now: Instant) -> BTreeSet<IpAddr> {
        let there = self.carried.iter().filter(|(_, gone)| gone.is_none());
        let settled = self
            .new
            .iter()
            .filter(|(_, since)| now.duration_since(**since) >= SETTLED);
        let there = there
            .map(|(address, _)| *address)
            .chain(settled.map(|(address, _)| *address));
        let mut gone: Vec<_> = self
            .carried
            .iter()
            .filter_map(|(address, gone)| Some((gone.as_ref().copied()?, *address)))
            .filter(|(since, _)| now.duration_since(*since) < self.hold)
            .collect();
        // Whoever went last comes back soonest.
        gone.sort_by(|one, other| other.cmp(one));
        let gone = gone.into_iter().map(|(_, address)| address);
        there.chain(gone).take(ADDRESSES_MAX).collect()
    }
}

/// What came of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Leaves are right.
    Same,
    /// Leaves carry something else from now on.
    Changed,
    /// They should, and it has changed too often in the last hour.
    TooSoon,
}

#[cfg(test)]
mod tests;
