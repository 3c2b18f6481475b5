use super::*;

fn start() -> Instant {
    Clock::system().monotonic()
}

/// How long after a moment the next question comes, in seconds.
fn after(asking: &Asking, moment: Instant) -> u64 {
    asking.at().saturating_duration_since(moment).as_secs()
}

// authority-9.7
#[test]
fn a_device_that_is_not_let_in_asks_soon_and_then_every_two_minutes_at_most() {
    let mut now = start();
    let mut asking = Asking::new(now, false);
    assert!((10..=20).contains(&after(&asking, now)), "{asking:?}");
    for _ in 0..50 {
        now = asking.at();
        asking.asked(now, false);
        let rest = after(&asking, now);
        assert!((1..=121).contains(&rest), "{asking:?}");
    }
}

// authority-9.7
#[test]
fn a_device_that_is_let_in_asks_once_a_day_however_often_its_connection_ends() {
    let mut now = start();
    let mut asking = Asking::new(now, true);
    let first = after(&asking, now);
    assert!((18 * 3_600..=24 * 3_600).contains(&first), "{asking:?}");
    let due = asking.at();
    while now + OFFLINE < due {
        now += OFFLINE.mul_f64(0.9);
        asking.link(now, false);
        assert!(asking.at() > now && asking.at() <= due);
        asking.link(now, true);
        assert_eq!(asking.at(), due);
    }
    asking.asked(due, true);
    assert!((18 * 3_600..=24 * 3_600).contains(&after(&asking, due)));
}
