use kit::error::Chain;
use serde_json::{Value, json};

use super::*;

fn text(own: &Value) -> Vec<u8> {
    let mut whole = json!({
        "tenant": "acme", "property": "seaside", "box": "box-1", "trust_domain": "hotel.internal",
        "identity_dir": "/i", "data_dir": "/d", "broker": { "host": "localhost", "port": "8883" },
        "admin": { "host": "127.0.0.1", "port": "9107" },
        "s3": { "bucket": "hotel-batches", "region": "eu-central-1" },
    });
    for (key, value) in own.as_object().unwrap() {
        whole[key] = value.clone();
    }
    serde_json::to_vec(&whole).unwrap()
}

#[track_caller]
fn check(own: &Value, expected: &Config) {
    let (_, config) = kit::config::parse::<Config>(&text(own)).expect("must be accepted");
    assert_eq!(config, *expected);
}

#[track_caller]
fn check_refused(own: &Value, expected: &str) {
    let error = kit::config::parse::<Config>(&text(own)).expect_err("must be refused");
    assert_eq!(Chain(&error).to_string(), expected);
}

fn least() -> Config {
    Config {
        s3: S3 {
            bucket: "hotel-batches".to_owned(),
            region: "eu-central-1".to_owned(),
            endpoint: None,
            force_path_style: false,
        },
        batch: Batch {
            bytes: 4_194_304,
            age_ms: 60_000,
        },
        spool: Spool {
            bytes: 2_147_483_648,
            p1_bytes: None,
            p2_bytes: None,
            p3_bytes: None,
            free_percent: 5,
        },
        files: Files::default(),
        link: Link {
            mode: Mode::Normal,
            metered_day_bytes: 10_485_760,
            metered_bytes_per_s: 8_192,
        },
        fields: Fields::default(),
        cost: Cost {
            thousand_requests_microdollars: 5_000,
            gb_month_microdollars: 23_000,
            kept_days: 90,
        },
    }
}

// uplink-6.1
#[test]
fn a_bucket_is_all_that_must_be_named() {
    check(&json!({}), &least());
}

// uplink-6.1
#[test]
fn numbers_may_stand_in_quotes_and_an_empty_endpoint_is_none() {
    let own = json!({
        "s3": { "bucket": "hotel-batches", "region": "eu-central-1", "endpoint": "" },
        "batch": { "bytes": "1048576", "age_ms": "2000" },
        "spool": { "bytes": "1073741824", "p1_bytes": "", "p2_bytes": "2097152", "free_percent": "7" },
        "link": { "mode": "metered", "metered_day_bytes": "1048576", "metered_bytes_per_s": "4096" },
        "files": { "directory": "", "bucket": "" },
    });
    let expected = Config {
        batch: Batch {
            bytes: 1_048_576,
            age_ms: 2_000,
        },
        spool: Spool {
            bytes: 1_073_741_824,
            p2_bytes: Some(2_097_152),
            free_percent: 7,
            ..least().spool
        },
        link: Link {
            mode: Mode::Metered,
            metered_day_bytes: 1_048_576,
            metered_bytes_per_s: 4_096,
        },
        ..least()
    };
    check(&own, &expected);
}

#[test]
fn files_have_a_place_and_may_have_a_bucket_of_their_own() {
    let own = json!({ "files": { "directory": "/handover", "bucket": "hotel-backups" } });
    let files = Files {
        directory: Some("/handover".into()),
        bucket: Some("hotel-backups".to_owned()),
    };
    check(&own, &Config { files, ..least() });
    check_refused(
        &json!({ "files": { "directory": "handover" } }),
        "configuration key files.directory: \"handover\" is not an absolute path",
    );
}

#[test]
fn the_recipe_declares_the_defaults_of_the_code() {
    let recipe = include_str!("../../../../recipes/uplink/recipe.yaml");
    for (key, value) in [
        ("bytes", Batch::default().bytes),
        ("age_ms", Batch::default().age_ms),
        ("bytes", Spool::default().bytes),
        ("free_percent", Spool::default().free_percent),
        ("metered_day_bytes", Link::default().metered_day_bytes),
        ("metered_bytes_per_s", Link::default().metered_bytes_per_s),
        (
            "thousand_requests_microdollars",
            Cost::default().thousand_requests_microdollars,
        ),
        (
            "gb_month_microdollars",
            Cost::default().gb_month_microdollars,
        ),
        ("kept_days", Cost::default().kept_days),
    ] {
        let line = format!("      {key}: \"{value}\"\n");
        assert!(recipe.contains(&line), "the recipe lacks {line}");
    }
}

// uplink-6.2
#[test]
fn a_key_that_nobody_reads_is_named() {
    check_refused(
        &json!({ "batch": { "size": 1 } }),
        "configuration key batch.size: unknown field `size`, expected `bytes` or `age_ms`",
    );
}

// uplink-6.2
#[test]
fn a_value_out_of_range_says_what_it_may_be() {
    check_refused(
        &json!({ "batch": { "age_ms": "5" } }),
        "configuration key batch.age_ms: 5 is not one of 100 to 86400000",
    );
}

// uplink-6.2
#[test]
fn a_bucket_that_is_none_is_refused() {
    check_refused(
        &json!({ "s3": { "bucket": "", "region": "eu-central-1" } }),
        "configuration key s3.bucket: \"\" is not a bucket name of 3 to 63 characters a-z, 0-9, \
         dot or dash",
    );
}

// uplink-6.2
#[test]
fn an_endpoint_without_a_scheme_is_refused() {
    check_refused(
        &json!({ "s3": { "bucket": "hotel", "region": "eu", "endpoint": "localhost:9300" } }),
        "configuration key s3.endpoint: \"localhost:9300\" is not an address that begins with \
         http:// or https://",
    );
}

// uplink-6.2
#[test]
fn quotas_that_leave_alarms_nothing_are_refused() {
    check_refused(
        &json!({ "spool": { "bytes": "10485760", "p1_bytes": "10485760" } }),
        "configuration key spool: p1_bytes, p2_bytes and p3_bytes leave nothing of 10485760 to p0",
    );
    check_refused(
        &json!({ "spool": { "p2_bytes": "12" } }),
        "configuration key spool.p2_bytes: \"12\" is not 0, or one of 1048576 to 1099511627776",
    );
}

// uplink-6.2
#[test]
fn a_field_that_no_record_can_have_is_refused() {
    check_refused(
        &json!({ "fields": { "allow": { "pms-event": ["id", "stay..status"] } } }),
        "configuration key fields.allow: \"stay..status\" is not a field of at most 120 characters \
         such as \"stay.status\"",
    );
    check_refused(
        &json!({ "link": { "mode": "cheap" } }),
        "configuration key link.mode: unknown variant `cheap`, expected one of `normal`, `metered`, \
         `offline`",
    );
}
