use wire::credential::Role;

use super::*;

fn start() -> Instant {
    kit::clock::Clock::system().monotonic()
}

fn name(text: &str) -> Principal {
    text.parse().unwrap()
}

// signaling-4.1
#[test]
fn somebody_is_known_for_a_day_and_a_component_always() {
    let (now, guest) = (start(), Standing::Role(Role::Guest));
    let mut known = Known::default();
    known.remember(now, name("guest-1"), guest);
    assert_eq!(known.standing(now, &name("guest-1")), Some(guest));
    assert_eq!(known.standing(now + LIFE, &name("guest-1")), None);
    assert_eq!(known.standing(now, &name("guest-2")), None);
    assert_eq!(
        known.standing(now, &name("device-proxy")),
        Some(Standing::Component)
    );
    known.forget(&name("guest-1"));
    assert_eq!(known.standing(now, &name("guest-1")), None);
}

#[test]
fn the_one_who_went_first_is_forgotten_for_the_newest() {
    let now = start();
    let mut known = Known::default();
    for number in 0..=MOST {
        let at = now + Duration::from_millis(number.try_into().unwrap());
        known.remember(at, name(&format!("peer-{number}")), Standing::Device);
    }
    assert_eq!(known.0.len(), MOST);
    assert_eq!(known.standing(now, &name("peer-0")), None);
    assert_eq!(known.standing(now, &name("peer-1")), Some(Standing::Device));
}
