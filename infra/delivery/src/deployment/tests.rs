use serde_json::json;

use super::*;

#[track_caller]
fn check(merge: &Value, expected: Option<&str>) {
    let defaults = json!({
        "s3": {"bucket": "", "region": ""}, "log": "info", "labels": {}, "keys": [], "age_ms": "60000",
    });
    let merge = merge.as_object().unwrap();
    let found = unfit(&defaults, merge, "").map(|(place, _)| place);
    assert_eq!(found.as_deref(), expected);
}

// delivery-3.2
#[test]
fn a_key_that_no_recipe_declares_is_named_by_its_place() {
    check(&json!({"s3": {"bucket": "b"}, "log": "debug"}), None);
    check(&json!({"labels": {"any": "thing"}, "keys": ["k"]}), None);
    check(&json!({"s3": {"buckt": "b"}}), Some("/s3/buckt"));
    check(&json!({"logg": "info"}), Some("/logg"));
}

// delivery-3.2
#[test]
fn a_value_of_another_kind_than_its_default_is_named_by_its_place() {
    check(&json!({"age_ms": "900000"}), None);
    check(&json!({"age_ms": 900_000}), None);
    check(&json!({"age_ms": "15 minutes"}), Some("/age_ms"));
    check(&json!({"age_ms": true}), Some("/age_ms"));
    check(&json!({"s3": "a-bucket"}), Some("/s3"));
    check(
        &json!({"s3": {"bucket": {"name": "b"}}}),
        Some("/s3/bucket"),
    );
    check(&json!({"keys": "k"}), Some("/keys"));
    check(&json!({"log": ["info"]}), Some("/log"));
}

#[test]
fn a_file_says_nothing_but_what_it_may() {
    let read =
        |text: &str| serde_saphyr::from_str::<Wishes>(text).map_err(|error| error.to_string());
    read("others: {aws.greengrass.Cli: \"2.14.0\"}\nwithout: [inference]\n").unwrap();
    assert!(
        read("onfailure: rollback")
            .unwrap_err()
            .contains("onfailure")
    );
    assert!(read("on_failure: explode").unwrap_err().contains("explode"));
    let wishes = read("rollout: {first_per_minute: 1}").unwrap();
    let pace = wishes.rollout.job().job_executions_rollout_config.unwrap();
    assert_eq!(pace.exponential_rate.base_rate_per_minute, 1);
    assert_eq!(pace.maximum_per_minute, 100);
}
