use super::*;

fn at(seconds: u64) -> Integer {
    Integer::new(seconds * 1_000).unwrap()
}

#[track_caller]
fn check(nonces: &mut Nonces, now: Integer, nonce: &Nonce, expected: Result<(), Unusable>) {
    assert_eq!(nonces.look(now, nonce), expected);
    assert_eq!(nonces.spend(now, nonce), expected);
}

// signaling-5.2
#[test]
fn a_nonce_is_good_once_within_a_minute() {
    let mut nonces = Nonces::new(&[7; 32]);
    let nonce = nonces.give(at(0), [1; 8]);
    check(&mut nonces, at(59), &nonce, Ok(()));
    check(&mut nonces, at(59), &nonce, Err(Unusable::Spent));
    let nonce = nonces.give(at(0), [2; 8]);
    check(&mut nonces, at(60), &nonce, Err(Unusable::Spent));
}

// signaling-5.2
#[test]
fn nobody_makes_a_nonce_or_lengthens_its_life() {
    let mut nonces = Nonces::new(&[7; 32]);
    check(&mut nonces, at(0), &Nonce([0; 32]), Err(Unusable::Foreign));
    let foreign = Nonces::new(&[8; 32]).give(at(0), [1; 8]);
    check(&mut nonces, at(0), &foreign, Err(Unusable::Foreign));
    let mut longer = nonces.give(at(0), [1; 8]);
    longer.0[0] = 1;
    check(&mut nonces, at(0), &longer, Err(Unusable::Foreign));
}

// signaling-5.2
#[test]
fn used_nonces_are_forgotten_when_they_would_have_ended() {
    let mut nonces = Nonces::new(&[7; 32]);
    for number in 0..USED_MAX {
        let nonce = nonces.give(at(0), u64::try_from(number).unwrap().to_be_bytes());
        nonces.spend(at(0), &nonce).unwrap();
    }
    let nonce = nonces.give(at(59), [9; 8]);
    assert_eq!(nonces.spend(at(59), &nonce), Err(Unusable::TooMany));
    assert_eq!(nonces.spend(at(60), &nonce), Ok(()));
    assert_eq!(nonces.used.len(), 1);
}
