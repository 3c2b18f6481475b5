use core::net::Ipv4Addr;

use kit::clock::Clock;
use proptest::prelude::*;

use super::*;

fn phone(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(0x0a00_0000 + number).into()
}

fn asked(rates: &mut Rates, now: Instant, times: u32) -> u32 {
    let granted = (0..times).filter(|_| rates.ask(now, phone(1)));
    u32::try_from(granted.count()).unwrap()
}

// console-3.3
#[test]
fn a_household_that_asks_too_often_is_refused_until_its_bucket_fills() {
    let (mut rates, now) = (Rates::default(), Clock::system().monotonic());
    assert_eq!(asked(&mut rates, now, AT_ONCE + 5), AT_ONCE);
    assert!(rates.ask(now, phone(2)), "others are not concerned");
    assert_eq!(asked(&mut rates, now + Duration::from_secs(4), 5), 2);
    assert_eq!(asked(&mut rates, now + FILLED_IN * 3, 100), AT_ONCE);
}

#[test]
fn too_many_households_are_refused_and_forgotten_when_their_buckets_are_full() {
    let (mut rates, now) = (Rates::default(), Clock::system().monotonic());
    let most = u32::try_from(HOUSEHOLDS).unwrap();
    assert!((0..most).all(|number| rates.ask(now, phone(number))));
    assert!(!rates.ask(now, phone(most)));
    assert!(rates.ask(now, phone(0)));
    assert!(rates.ask(now + FILLED_IN, phone(most)));
    assert!(rates.0.len() <= 2);
}

proptest! {
    #[test]
    fn nobody_gets_more_than_a_bucket_and_what_flows_in(pauses in prop::collection::vec(0..9_000_u64, 1..200)) {
        let (mut rates, start) = (Rates::default(), Clock::system().monotonic());
        let (mut now, mut granted) = (start, 0);
        for pause in pauses {
            now += Duration::from_millis(pause);
            granted += u32::from(rates.ask(now, phone(1)));
        }
        let flowed = (now - start).as_secs_f64() / FILLED_IN.as_secs_f64() * f64::from(AT_ONCE);
        prop_assert!(f64::from(granted) <= f64::from(AT_ONCE) + flowed + 1e-6);
    }
}
