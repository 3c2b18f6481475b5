use proptest::prelude::*;

use super::*;

fn ceilings(failures: usize) -> Vec<u128> {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
    (0..failures)
        .map(|_| backoff.wait_by(u32::MAX).as_millis())
        .collect()
}

#[test]
fn ceilings_double_up_to_the_longest() {
    assert_eq!(
        ceilings(9),
        [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]
    );
}

#[test]
fn success_starts_over() {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
    backoff.wait_by(0);
    backoff.wait_by(0);
    backoff.reset();
    assert_eq!(backoff.wait_by(u32::MAX).as_millis(), 100);
}

proptest! {
    #[test]
    fn no_wait_is_longer_than_the_longest(failures in 0..100_usize, chance: u32) {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        for _ in 0..failures { backoff.wait_by(chance); }
        prop_assert!(backoff.wait_by(chance) <= Duration::from_secs(10));
    }
}
