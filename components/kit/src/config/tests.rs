use super::*;
use crate::error::Chain;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    #[serde(deserialize_with = "quoted")]
    age_ms: u32,
}

fn text(own: &str) -> String {
    format!(
        r#"{{"tenant":"acme","property":"seaside","box":"box-1","trust_domain":"hotel.internal",
        "identity_dir":"/i","data_dir":"/d","broker":{{"host":"127.0.0.1","port":"8883"}},
        "admin":{{"host":"127.0.0.1","port":9107}},"accessControl":{{}}{own}}}"#
    )
}

#[track_caller]
fn check_refused(text: &str, expected: &str) {
    let error = parse::<Own>(text.as_bytes()).expect_err("must be refused");
    assert_eq!(Chain(&error).to_string(), expected);
}

#[test]
fn numbers_may_stand_in_quotes() {
    let (common, own) = parse::<Own>(text(r#","age_ms":"2000""#).as_bytes()).unwrap();
    assert_eq!((common.broker.port, own.age_ms), (8883, 2000));
}

#[test]
fn an_unknown_key_is_named() {
    check_refused(
        &text(r#","age_ms":1,"agems":2"#),
        "configuration key agems: unknown field `agems`, expected `age_ms`",
    );
}

#[test]
fn a_wrong_value_is_shown_with_its_key() {
    check_refused(
        &text(r#","age_ms":"soon""#),
        "configuration key age_ms: \"soon\": invalid digit found in string",
    );
}

#[test]
fn a_missing_key_is_named() {
    check_refused(&text(""), "configuration key .: missing field `age_ms`");
}

#[test]
fn a_secret_is_never_shown() {
    let secret: Secret<String> = serde_json::from_str(r#""hunter2""#).unwrap();
    assert_eq!(
        format!("{secret:?} {}", secret.expose().len()),
        "(secret) 7"
    );
}
