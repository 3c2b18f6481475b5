use super::*;

#[track_caller]
fn check(zone: &str, wall_s: u64, expected: (i64, i64, i64)) {
    let zone = TimeZone::get(zone).unwrap();
    let (days, hour, minute) = expected;
    let wall = Integer::new(wall_s * 1_000).unwrap();
    assert_eq!(local(&zone, wall), (days * 24 + hour) * 60 + minute);
}

// replica-sync-8.1
#[test]
fn the_clock_of_the_wall_is_that_of_the_zone() {
    // 2026-11-21 03:30 UTC; in summer Berlin is two hours ahead.
    check("Etc/UTC", 1_795_231_800, (20_778, 3, 30));
    check("Europe/Berlin", 1_795_231_800, (20_778, 4, 30));
    check("America/New_York", 1_795_231_800, (20_777, 22, 30));
    check("Europe/Berlin", 1_782_012_600, (20_625, 5, 30));
}

/// A maker whose database is a socket in `place`.
fn maker(place: &std::path::Path, longest: Duration) -> Maker {
    let common = serde_json::json!({
        "tenant": "acme", "property": "seaside", "box": "box-1", "trust_domain": "hotel.internal",
        "identity_dir": place, "data_dir": place,
        "broker": {"host": "localhost", "port": "1"}, "admin": {"host": "127.0.0.1", "port": "1"},
    });
    Maker {
        database: config::Database {
            host: place.to_str().unwrap().to_owned(),
            port: 5432,
            name: "hotel".to_owned(),
            user: "replica_sync".to_owned(),
            owner: "hotel_owner".to_owned(),
            password: None,
        },
        backup: config::Backup {
            at: 0,
            zone: TimeZone::UTC,
            recipient: crate::archive::Secret::generate().recipient(),
            directory: place.join("handover"),
            keep: 1,
        },
        shelf: Shelf::new(place.join("handover"), place),
        common: Arc::new(serde_json::from_value(common).unwrap()),
        clock: Clock::system(),
        longest,
    }
}

// replica-sync-8.6
#[tokio::test]
async fn a_database_that_stands_still_is_not_waited_for_for_ever() {
    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join(".s.PGSQL.5432");
    // Takes the connection, and never says a word.
    let _silent = tokio::net::UnixListener::bind(socket).unwrap();
    let late = maker(place.path(), Duration::from_millis(100)).make().await;
    let error = late.unwrap_err();
    assert!(matches!(error, MakeError::Late { .. }), "{error}");
    assert_eq!(error.problem().code, Code::Unavailable);
}
