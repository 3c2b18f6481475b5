use super::*;

/// Those of `docs/cost.md`.
const PRICES: Prices = Prices {
    thousand_requests: 5_000,
    gb_month: 23_000,
    kept_days: 90,
};

fn count(day: &str, of: &str, requests: u64, bytes: u64) -> Count {
    Count {
        day: day.to_owned(),
        of: of.to_owned(),
        requests,
        bytes,
    }
}

#[track_caller]
fn check_dollars(requests: u64, bytes: u64, expected: f64) {
    let dollars = PRICES.dollars(requests, bytes);
    assert!(
        (dollars - expected).abs() < 1e-9,
        "{dollars}, not {expected}"
    );
}

// uplink-10.2
#[test]
fn requests_and_kept_bytes_have_the_prices_of_s3() {
    check_dollars(1_000, 0, 0.005);
    check_dollars(0, 1_000_000_000, 0.069);
    // A month of one stream that sends every quarter of an hour.
    check_dollars(2_880, 0, 0.014_4);
}

// uplink-10.1
#[test]
fn days_add_up_to_months_newest_first() {
    let cost = PRICES.cost(&[
        count("2026-10-31", "p2", 1, 10),
        count("2026-11-01", "p2", 2, 20),
        count("2026-11-01", "p0", 3, 30),
        count("2026-11-02", "p2", 4, 40),
        count("2026-11-02", FILES, 5, 50),
    ]);
    let periods = |spent: &[Spent]| -> Vec<(String, u64)> {
        let of = |spent: &Spent| (spent.period.clone(), spent.cloud.value());
        spent.iter().map(of).collect()
    };
    let told = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
        pairs
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    };
    assert_eq!(
        periods(&cost.days),
        told(&[("2026-11-02", 9), ("2026-11-01", 5), ("2026-10-31", 1)])
    );
    assert_eq!(
        periods(&cost.months),
        told(&[("2026-11", 14), ("2026-10", 1)])
    );
    let november: Vec<_> = cost.months[0]
        .lines
        .iter()
        .map(|line| line.of.as_str())
        .collect();
    assert_eq!(november, ["p0", "p2", FILES]);
    assert_eq!(cost.months[0].lines[1].bytes, Integer::from(60));
}

// uplink-10.3
#[test]
fn what_stays_in_the_house_is_records_beside_requests() {
    let cost = PRICES.cost(&[
        count("2026-11-01", LOCAL, 950, 0),
        count("2026-11-01", "p2", 50, 1),
    ]);
    let day = &cost.days[0];
    assert_eq!((day.local, day.cloud), (950.into(), 50.into()));
    assert!((day.local_percent - 95.0).abs() < 1e-9);
    assert!((share(0, 0) - 100.0).abs() < 1e-9);
}

// uplink-10.1
#[test]
fn a_reply_is_bounded_however_long_the_box_stands() {
    let days: Vec<_> = (0..400)
        .map(|n| {
            count(
                &format!(
                    "{}-{:02}-{:02}",
                    2020 + n / 300,
                    n % 300 / 25 + 1,
                    n % 25 + 1
                ),
                "p2",
                1,
                1,
            )
        })
        .collect();
    let cost = PRICES.cost(&days);
    assert_eq!(
        (cost.days.len(), cost.months.len()),
        (COST_DAYS_MAX, COST_MONTHS_MAX)
    );
}
