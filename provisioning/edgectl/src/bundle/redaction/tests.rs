use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(line: &str, expected: &str) {
    assert_eq!(log(line).trim_end(), expected);
}

#[test]
fn our_own_words_and_ids_are_told() {
    check(
        r#"{"level":"INFO","message":"batch is uploaded","stream":"p0","bytes":42}"#,
        r#"{"bytes":42,"level":"INFO","message":"batch is uploaded","stream":"p0"}"#,
    );
}

#[test]
fn what_is_not_ours_is_not_told() {
    check(
        "panicked at 'Anna Schmidt'",
        "[redacted] 26 bytes that are not JSON",
    );
    check(
        r#"{"remark":"my wife must not know"}"#,
        r#"{"remark":"[redacted]"}"#,
    );
    check(r#"{"guest_text":"ok"}"#, r#"{"guest_text":"[redacted]"}"#);
    check(r#"{"message":"token=abc"}"#, r#"{"message":"[redacted]"}"#);
}

#[test]
fn the_shapes_of_secrets_are_found_in_our_own_words() {
    let hidden = |word: &str| {
        let line = format!("{{\"message\":\"seen {word} here\"}}");
        check(&line, "{\"message\":\"seen [redacted] here\"}");
    };
    hidden("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln");
    hidden("AKIAIOSFODNN7EXAMPLE");
    hidden("postgres://hotel:hunter2@localhost/hotel");
    hidden("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY");
    check(
        r#"{"message":"-----BEGIN PRIVATE KEY-----\nMIG"}"#,
        r#"{"message":"[redacted]"}"#,
    );
}

#[test]
fn digests_are_told() {
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    check(
        &format!("{{\"message\":\"CA {digest}\"}}"),
        &format!("{{\"message\":\"CA {digest}\"}}"),
    );
}

proptest! {
    /// No sentence in a member that is not ours comes through, wherever it stands.
    #[test]
    fn sentences_of_others_never_come_through(
        member in "[a-z]{1,12}",
        sentence in "[A-Za-z]{3,10}( [A-Za-z]{3,10}){1,6}",
    ) {
        prop_assume!(!OUR_WORDS.contains(&member.as_str()));
        let line = serde_json::json!({ "fields": { member: [sentence.clone()] } }).to_string();
        prop_assert!(!log(&line).contains(&sentence));
    }
}
