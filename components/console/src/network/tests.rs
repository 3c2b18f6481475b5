use super::*;

#[track_caller]
fn check(network: &str, address: &str, expected: bool) {
    let network: Network = network.parse().unwrap();
    let held = network.holds(address.parse().unwrap());
    assert_eq!(held, expected, "{address} in {network:?}");
}

#[test]
fn a_network_holds_what_shares_its_leading_bits() {
    check("10.0.0.0/8", "10.255.1.2", true);
    check("10.0.0.0/8", "11.0.0.1", false);
    check("172.16.0.0/12", "172.31.255.255", true);
    check("172.16.0.0/12", "172.32.0.0", false);
    check("192.168.7.9/32", "192.168.7.9", true);
    check("192.168.7.9/32", "192.168.7.8", false);
    check("fd00::/8", "fd12:3456::1", true);
    check("fe80::/10", "fec0::1", false);
}

#[test]
fn no_bits_hold_everything_of_one_family() {
    check("0.0.0.0/0", "203.0.113.9", true);
    check("0.0.0.0/0", "2001:db8::1", false);
    check("::/0", "2001:db8::1", true);
}

#[test]
fn an_ipv4_address_in_ipv6_clothes_is_recognised() {
    check("192.168.0.0/16", "::ffff:192.168.3.4", true);
    check("::/0", "::ffff:203.0.113.9", false);
}

// console-3.2
#[test]
fn private_networks_hold_a_hotel_and_nobody_outside() {
    let inside = |address: &str| {
        let address = address.parse().unwrap();
        let mut networks = PRIVATE
            .iter()
            .map(|network| network.parse::<Network>().unwrap());
        networks.any(|network| network.holds(address))
    };
    for address in [
        "192.168.1.7",
        "10.1.2.3",
        "172.20.0.5",
        "127.0.0.1",
        "fd00::7",
        "::1",
    ] {
        assert!(inside(address), "{address}");
    }
    for address in ["203.0.113.9", "100.64.0.1", "2001:db8::1", "::ffff:8.8.8.8"] {
        assert!(!inside(address), "{address}");
    }
}

#[test]
fn what_is_no_network_is_refused() {
    for text in [
        "",
        "10.0.0.0",
        "10.0.0.0/33",
        "10.0.0/8",
        "::/129",
        "10.0.0.0/-1",
        "/8",
    ] {
        assert_eq!(text.parse::<Network>(), Err(NotANetwork), "{text:?}");
    }
}

#[test]
fn a_household_of_ipv6_has_many_addresses() {
    let of = |address: &str| household(address.parse().unwrap()).to_string();
    assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_eq!(of("192.168.1.7"), "192.168.1.7");
    assert_eq!(of("::ffff:192.168.1.7"), "192.168.1.7");
}
