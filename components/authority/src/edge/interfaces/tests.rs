use super::*;

#[test]
fn this_machine_has_at_least_itself() {
    let seen = seen().unwrap();
    let itself = seen.iter().find(|one| one.address.is_loopback()).unwrap();
    assert!(!itself.temporary);
}

#[test]
fn temporary_addresses_are_known_by_their_flag() {
    let table = "\
fd000000000000000000000000000005 02 40 00 80     eth0
fd00000000000000000000000000abcd 02 40 00 01     eth0
00000000000000000000000000000001 01 80 10 80       lo
garbage
";
    let expected: BTreeSet<IpAddr> = ["fd00::abcd".parse().unwrap()].into();
    assert_eq!(temporary(table), expected);
}
