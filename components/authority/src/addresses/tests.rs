use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::*;

const HOLD: Duration = Duration::from_mins(10);
const LOOK: Duration = Duration::from_secs(5);

fn seen(interface: &str, address: &str) -> Seen {
    Seen {
        interface: interface.to_owned(),
        address: address.parse().unwrap(),
        tunnel: false,
        temporary: false,
    }
}

fn addresses(texts: &[&str]) -> BTreeSet<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[track_caller]
fn check(there: &[Seen], named: &[&str], expected: &[&str]) {
    let named: Vec<_> = named.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(of_the_hotel(there, &named), addresses(expected));
}

// authority-1.6
#[test]
fn only_private_addresses_of_real_interfaces_count() {
    let there = [
        seen("lo", "127.0.0.1"),
        seen("lo", "::1"),
        seen("eth0", "192.168.1.5"),
        seen("eth0", "fe80::1"),
        seen("eth0", "fd00::5"),
        seen("eth0", "2001:db8::5"),
        seen("wlan0", "10.0.0.7"),
        seen("wwan0", "203.0.113.7"),
        seen("docker0", "172.17.0.1"),
        seen("br-1234", "172.18.0.1"),
        seen("veth77", "10.7.7.7"),
        seen("virbr0", "192.168.122.1"),
        Seen {
            tunnel: true,
            ..seen("hq", "10.8.0.2")
        },
        Seen {
            temporary: true,
            ..seen("eth0", "fd00::abcd")
        },
    ];
    check(&there, &[], &["192.168.1.5", "fd00::5", "10.0.0.7"]);
    check(&there, &["wlan0"], &["10.0.0.7"]);
    // Whoever names a bridge means it.
    check(&there, &["br-1234", "hq"], &["172.18.0.1", "10.8.0.2"]);
}

// authority-1.6
#[test]
fn addresses_that_a_machine_gave_itself_count_where_there_is_nothing_else() {
    let own = seen("eth0", "169.254.7.7");
    let container = seen("docker0", "172.17.0.1");
    check(&[own.clone(), container.clone()], &[], &["169.254.7.7"]);
    check(
        &[own, container, seen("eth1", "10.0.0.7")],
        &[],
        &["10.0.0.7"],
    );
    check(
        &[seen("lo", "127.0.0.1"), seen("eth0", "fe80::1")],
        &[],
        &[],
    );
}

/// The rule, looked at every five seconds.
struct House {
    now: Instant,
    addresses: Addresses,
    changes: Vec<Instant>,
}

impl House {
    fn with(carried: &[&str]) -> Self {
        let now = kit::clock::Clock::system().monotonic();
        Self {
            now,
            addresses: Addresses::new(now, HOLD, addresses(carried)),
            changes: Vec::new(),
        }
    }

    /// What is there stays for a while.
    fn stay(&mut self, there: &BTreeSet<IpAddr>, long: Duration) {
        let until = self.now + long;
        while self.now < until {
            if self.addresses.look(self.now, there) == Look::Changed {
                self.changes.push(self.now);
            }
            self.now += LOOK;
        }
    }

    #[track_caller]
    fn check(&self, carried: &[&str], changes: usize) {
        assert_eq!(self.addresses.carried(), addresses(carried));
        assert_eq!(self.changes.len(), changes);
    }
}

// authority-1.6
#[test]
fn another_address_joins_at_once_and_the_old_one_goes_later() {
    let mut house = House::with(&["10.0.0.5"]);
    house.stay(&addresses(&["10.0.0.5"]), HOLD * 2);
    house.check(&["10.0.0.5"], 0);
    house.stay(&addresses(&["10.0.0.9"]), LOOK * 2);
    house.check(&["10.0.0.5", "10.0.0.9"], 1);
    house.stay(&addresses(&["10.0.0.9"]), HOLD);
    house.check(&["10.0.0.9"], 2);
}

// authority-1.6
#[test]
fn a_cable_that_is_put_back_changes_nothing() {
    let mut house = House::with(&["10.0.0.5"]);
    for _ in 0..100 {
        house.stay(&addresses(&["10.0.0.5"]), LOOK);
        house.stay(&addresses(&[]), HOLD.saturating_sub(LOOK));
    }
    house.check(&["10.0.0.5"], 0);
    house.stay(&addresses(&[]), HOLD + LOOK);
    house.check(&[], 1);
}

// authority-1.6
#[test]
fn an_address_that_does_not_stay_never_joins() {
    let mut house = House::with(&[]);
    for _ in 0..100 {
        house.stay(&addresses(&["10.0.0.5"]), LOOK);
        house.stay(&addresses(&[]), LOOK);
    }
    house.check(&[], 0);
}

fn some() -> impl Strategy<Value = BTreeSet<IpAddr>> {
    btree_set(
        (1..20_u8).prop_map(|last| IpAddr::from([10, 0, 0, last])),
        0..12,
    )
}

proptest! {
    // authority-1.6
    #[test]
    fn whatever_a_network_does_changes_are_few_and_addresses_real(
        carried in some(),
        network in vec((some(), 1..400_u32), 0..12),
    ) {
        let now = kit::clock::Clock::system().monotonic();
        let mut house = House {
            now,
            addresses: Addresses::new(now, HOLD, carried.clone()),
            changes: Vec::new(),
        };
        let mut ever = carried;
        for (there, looks) in network {
            ever.extend(&there);
            house.stay(&there, LOOK * looks);
            let carried = house.addresses.carried();
            prop_assert!(carried.is_subset(&ever));
            prop_assert!(carried.len() <= ADDRESSES_MAX);
        }
        for begin in &house.changes {
            let within = house.changes.iter().filter(|at| *at >= begin && **at < *begin + HOUR);
            prop_assert!(within.count() <= CHANGES);
        }
    }

    // authority-1.6
    #[test]
    fn a_network_that_rests_has_its_addresses_in_leaves(
        before in vec((some(), 1..50_u32), 0..6),
        rests in btree_set((1..20_u8).prop_map(|last| IpAddr::from([10, 0, 0, last])), 0..=ADDRESSES_MAX),
    ) {
        let mut house = House::with(&[]);
        for (there, looks) in before {
            house.stay(&there, LOOK * looks);
        }
        house.stay(&rests, HOUR + HOLD);
        prop_assert_eq!(house.addresses.carried(), rests);
    }
}
