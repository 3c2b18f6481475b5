use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Vector {
    text: String,
    tokens: Vec<i64>,
}

#[test]
fn tokens_are_those_that_the_model_was_trained_on() {
    let vectors = include_str!("../../models/tokens.json");
    let vectors: Vec<Vector> = serde_json::from_str(vectors).unwrap();
    for Vector { text, tokens } in vectors {
        assert_eq!(rows(&words(&text), 1)[0].0.to_vec(), tokens, "{text}");
    }
}

#[test]
fn a_long_text_is_read_in_rows_up_to_a_bound() {
    let words = words(&"word ".repeat(100));
    let lengths = |most| -> Vec<usize> {
        let rows = rows(&words, most);
        rows.into_iter().map(|(_, words)| words).collect()
    };
    assert_eq!(lengths(15), [32, 32, 32, 4]);
    assert_eq!(lengths(2), [32, 32]);
}

proptest! {
    #[test]
    fn whatever_is_written_the_tokens_are_in_the_models_range(text in ".{0,400}") {
        for (row, words) in rows(&words(&text), 15) {
            prop_assert!((1..=32).contains(&words));
            prop_assert!(row.iter().all(|token| (0..4_096).contains(token)));
        }
    }
}
