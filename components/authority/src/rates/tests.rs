use std::net::{IpAddr, Ipv4Addr};

use kit::clock::Clock;

use super::*;

const TABLET: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 8));

fn now() -> Instant {
    Clock::system().monotonic()
}

#[test]
fn an_address_that_asks_too_often_waits_and_others_do_not() {
    let (mut rates, now) = (Rates::default(), now());
    let heard = (0..1_000).filter(|_| rates.ask(now, TABLET)).count();
    assert_eq!(heard, 600);
    assert!(rates.ask(now, OTHER));
    assert!(rates.ask(now + Duration::from_secs(1), TABLET));
}

// authority-6.3
#[test]
fn an_address_that_is_often_wrong_is_not_heard_for_a_while() {
    let (mut rates, now) = (Rates::default(), now());
    for _ in 0..30 {
        assert!(rates.ask(now, TABLET));
        rates.refuse(now, TABLET);
    }
    assert!(!rates.ask(now, TABLET));
    assert!(rates.ask(now, OTHER));
    assert!(rates.ask(now + Duration::from_secs(3), TABLET));
}

#[test]
fn more_addresses_than_a_hotel_has_are_not_heard() {
    let (mut rates, now) = (Rates::default(), now());
    let address = |number: usize| IpAddr::from(u32::try_from(number).unwrap().to_be_bytes());
    for number in 0..ADDRESSES {
        assert!(rates.ask(now, address(number)));
    }
    assert!(!rates.ask(now, address(ADDRESSES)));
    assert!(rates.ask(now + MINUTE, address(ADDRESSES)));
}
