use proptest::prelude::*;

use super::*;

const MOST: usize = 1 << 20;

#[test]
fn whatever_gains_nothing_is_left() {
    assert_eq!(deflate(&[1, 2, 3], 2), None);
    let deflated = deflate(&[7; 1_000], 100).unwrap();
    assert_eq!(inflate(&deflated, 1_000), Ok(vec![7; 1_000]));
}

// peer-4.4
#[test]
fn no_more_than_the_bound_comes_out() {
    let bomb = deflate(&vec![0; MOST], MOST).unwrap();
    assert!(bomb.len() < MOST / 100);
    assert_eq!(inflate(&bomb, MOST).unwrap().len(), MOST);
    assert_eq!(inflate(&bomb, MOST - 1), Err(Broken::Large));
}

#[test]
fn what_is_cut_off_or_no_deflate_is_refused() {
    let deflated = deflate(b"two soups, two soups, two soups", MOST).unwrap();
    for length in 0..deflated.len() {
        assert_eq!(inflate(&deflated[..length], MOST), Err(Broken::Deflate));
    }
    assert_eq!(inflate(&[0xff; 40], MOST), Err(Broken::Deflate));
}

proptest! {
    #[test]
    fn what_was_deflated_comes_out_whole(pattern in "[a-z]{0,40}", times in 0_usize..5_000) {
        let octets = pattern.repeat(times).into_bytes();
        let deflated = deflate(&octets, octets.len() + 100).unwrap();
        prop_assert_eq!(inflate(&deflated, octets.len()).unwrap(), octets);
    }

    #[test]
    fn no_octets_make_it_panic(octets in prop::collection::vec(any::<u8>(), 0..2_000)) {
        if let Ok(inflated) = inflate(&octets, 10_000) {
            prop_assert!(inflated.len() <= 10_000);
        }
    }
}
