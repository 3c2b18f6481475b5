use super::*;

// inference-5.1
#[test]
fn a_message_without_words_or_beyond_its_length_is_refused() {
    for (text, code) in [
        (String::new(), Code::Invalid),
        (" …!? ".to_owned(), Code::Invalid),
        ("x".repeat(MESSAGE_MAX + 1), Code::TooLarge),
    ] {
        let problem = words(&text).unwrap_err();
        assert_eq!(
            (problem.code, problem.field.as_deref()),
            (code, Some("text"))
        );
    }
    assert_eq!(words(&"ä".repeat(MESSAGE_MAX)).unwrap().len(), 1);
}

#[test]
fn rows_count_by_their_words() {
    let sentiment = Values::Fp32(vec![0.9, 0.1, 0.0, 0.0, 0.1, 0.9]);
    let topic = Values::Fp32([vec![1.0; 1], vec![0.0; 7]].concat().repeat(2));
    let answer = [sentiment, topic];
    let read = |weights: &[usize]| reading(&answer, weights).unwrap().sentiment.0;
    assert_eq!(read(&[32, 4]), Sentiment::Negative);
    assert_eq!(read(&[4, 32]), Sentiment::Positive);
    assert_eq!(reading(&answer, &[1]), None);
    assert_eq!(reading(&answer[..1], &[1, 1]), None);
}
