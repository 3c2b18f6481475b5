use super::*;

/// Compares what the clock of a zone shows at a moment.
#[track_caller]
fn check(zone: &str, seconds: u64, day: Day, time: (u16, u16)) {
    let wall = Integer::new(seconds * 1_000).unwrap();
    let minute = time.0 * 60 + time.1;
    assert_eq!(
        Zone::named(zone).unwrap().local(wall),
        LocalTime { day, minute }
    );
}

// iot-gateway-8.3
#[test]
fn the_clock_of_the_hotel_follows_its_zone_and_its_summer() {
    check("Etc/UTC", 0, Day::Thu, (0, 0));
    // 2026-03-29, when Lisbon's 01:00 becomes 02:00.
    check("Europe/Lisbon", 1_774_745_999, Day::Sun, (0, 59));
    check("Europe/Lisbon", 1_774_746_000, Day::Sun, (2, 0));
    check("Asia/Tokyo", 1_774_746_000, Day::Sun, (10, 0));
}

#[test]
fn a_zone_that_nobody_knows_is_refused_by_name() {
    let error = Zone::named("Europe/Atlantis").unwrap_err();
    assert!(error.to_string().contains("Atlantis"), "{error}");
}
