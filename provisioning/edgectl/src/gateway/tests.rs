use serde_json::json;

use super::*;

#[track_caller]
fn check(text: &str, expected: &Value) {
    assert_eq!(member(text).map(|(_, value)| value), Ok(expected.clone()));
}

#[test]
fn a_value_is_json_where_it_can_be_and_text_otherwise() {
    check("target_celsius=19.5", &json!(19.5));
    check("mode=heat", &json!("heat"));
    check("mode=", &json!(""));
    check("mode=null", &Value::Null);
    check("window={\"open\":true}", &json!({ "open": true }));
    check("note=a=b", &json!("a=b"));
}

#[test]
fn a_member_without_a_value_is_refused() {
    assert!(member("target_celsius").is_err());
}
