use kit::clock::Clock;

use super::*;

/// 2026-11-21T00:00:00Z.
const MIDNIGHT: u64 = 1_795_219_200_000;

const RULES: Rules = Rules {
    mode: Mode::Normal,
    day_bytes: 100_000,
    bytes_per_s: 1_000,
};

fn at(ms: u64) -> Integer {
    Integer::new(MIDNIGHT + ms).unwrap()
}

fn link(mode: Mode) -> Link {
    Link::new(RULES, Some(mode), at(0), 0)
}

fn ask(link: &mut Link, stream: Stream, bytes: u64) -> Permit {
    link.permit(
        at(0),
        Clock::system().monotonic(),
        Load::Batch(stream),
        bytes,
    )
}

// uplink-8.1
#[test]
fn in_normal_mode_everything_leaves_and_offline_nothing() {
    for stream in Stream::ALL {
        assert_eq!(ask(&mut link(Mode::Normal), *stream, 1 << 40), Permit::Now);
        assert_eq!(ask(&mut link(Mode::Offline), *stream, 1), Permit::Never);
    }
}

// uplink-8.1
#[test]
fn a_metered_link_is_for_what_is_precious() {
    let permits = Stream::ALL
        .iter()
        .map(|stream| ask(&mut link(Mode::Metered), *stream, 1));
    let expected = [Permit::Now, Permit::Now, Permit::Never, Permit::Never];
    assert!(permits.eq(expected));
    let file = link(Mode::Metered).permit(at(0), Clock::system().monotonic(), Load::File, 1);
    assert_eq!(file, Permit::Never);
    assert_eq!(link(Mode::Metered).packing(), Packing::Tight);
    assert_eq!(link(Mode::Normal).packing(), Packing::Quick);
}

// uplink-8.2
#[test]
fn a_days_budget_is_kept_and_the_next_day_has_another() {
    let mut link = link(Mode::Metered);
    let now = Clock::system().monotonic();
    let hour = Duration::from_hours(1);
    let mut sent = 0;
    for n in 0..100 {
        let now = now + hour * n;
        if link.permit(at(0), now, Load::Batch(Stream::P0), 5_000) == Permit::Now {
            link.sent(at(0), now, 5_000);
            sent += 1;
        }
    }
    // Each is 5,000 bytes, 200 of frames and 7,000 around them.
    assert_eq!((sent, link.sent_today(at(0))), (8, 97_600));
    let late = link.permit(
        at(DAY_MS - 1_000),
        now + hour * 200,
        Load::Batch(Stream::P0),
        5_000,
    );
    assert_eq!(late, Permit::In(Duration::from_secs(1)));
    let next = link.permit(at(DAY_MS), now + hour * 200, Load::Batch(Stream::P0), 5_000);
    assert_eq!((next, link.sent_today(at(DAY_MS))), (Permit::Now, 0));
    // A clock that was set back does not give the budget twice.
    link.sent(at(DAY_MS), now, 5_000);
    assert_eq!(link.sent_today(at(0)), 12_200);
}

// uplink-8.2
#[test]
fn what_was_sent_before_a_restart_counts() {
    let mut link = Link::new(RULES, Some(Mode::Metered), at(7), 99_000);
    assert!(matches!(ask(&mut link, Stream::P0, 1), Permit::In(_)));
}

// uplink-8.2
#[test]
fn a_batch_that_is_larger_than_the_budget_leaves_alone() {
    let mut link = link(Mode::Metered);
    assert_eq!(ask(&mut link, Stream::P1, 1_000_000), Permit::Now);
    link.sent(at(0), Clock::system().monotonic(), 1_000_000);
    assert!(matches!(ask(&mut link, Stream::P0, 1), Permit::In(_)));
}

// uplink-8.3
#[test]
fn a_metered_link_is_paid_for_before_it_is_used_again() {
    let mut link = link(Mode::Metered);
    let now = Clock::system().monotonic();
    link.sent(at(0), now, 1_000);
    // 8,040 bytes at 1,000 a second.
    let ask = |link: &mut Link, passed_ms| {
        let now = now + Duration::from_millis(passed_ms);
        link.permit(at(0), now, Load::Batch(Stream::P0), 10)
    };
    assert_eq!(ask(&mut link, 0), Permit::In(Duration::from_millis(8_040)));
    assert_eq!(ask(&mut link, 8_039), Permit::In(Duration::from_millis(1)));
    assert_eq!(ask(&mut link, 8_040), Permit::Now);
}

// uplink-8.4
#[test]
fn an_operator_chooses_the_mode_or_leaves_it_to_the_configuration() {
    let mut link = Link::new(RULES, None, at(0), 0);
    assert_eq!((link.mode(), link.is_chosen()), (Mode::Normal, false));
    link.choose(Some(Mode::Offline));
    assert_eq!((link.mode(), link.is_chosen()), (Mode::Offline, true));
    link.choose(None);
    assert_eq!((link.mode(), link.is_chosen()), (Mode::Normal, false));
}
