use kit::clock::Clock;

use super::*;

fn now() -> Instant {
    Clock::system().monotonic()
}

// authority-3.3
#[test]
fn a_nonce_is_spent_once_and_within_its_minute() {
    let (mut nonces, now) = (Nonces::default(), now());
    let late = now + Duration::from_millis(NONCE_MS.into());
    assert!(nonces.give(now, Nonce([1; 32])));
    assert!(nonces.spend(now, &Nonce([1; 32])));
    assert!(!nonces.spend(now, &Nonce([1; 32])));
    assert!(nonces.give(now, Nonce([2; 32])));
    assert!(!nonces.spend(late, &Nonce([2; 32])));
    assert!(!nonces.spend(now, &Nonce([3; 32])));
}

#[test]
fn too_many_nonces_are_not_given_until_old_ones_have_ended() {
    let (mut nonces, now) = (Nonces::default(), now());
    let late = now + Duration::from_millis(NONCE_MS.into());
    let nonce = |number: usize| {
        let mut octets = [0; 32];
        octets[..8].copy_from_slice(&number.to_be_bytes());
        Nonce(octets)
    };
    for number in 0..MOST {
        assert!(nonces.give(now, nonce(number)));
    }
    assert!(!nonces.give(now, nonce(MOST)));
    assert!(nonces.give(late, nonce(MOST)));
}
