use serde::Deserialize;

use super::*;
use crate::text;

#[track_caller]
fn check(text: &str, sentiment: Sentiment, topic: MessageTopic) {
    let read = message(&text::words(text));
    assert_eq!(
        (read.sentiment.0, read.topic.0),
        (sentiment, topic),
        "{text}"
    );
}

#[test]
fn words_of_praise_and_complaint_count_and_negations_turn_them_around() {
    check("Lovely room", Sentiment::Positive, MessageTopic::Room);
    check(
        "The soup was not very good",
        Sentiment::Negative,
        MessageTopic::Food,
    );
    check("Not bad at all", Sentiment::Positive, MessageTopic::Other);
    check(
        "What is the wifi password?",
        Sentiment::Neutral,
        MessageTopic::Internet,
    );
    check(
        "Die Rechnung ist falsch",
        Sentiment::Negative,
        MessageTopic::Billing,
    );
}

// inference-5.3
#[test]
fn the_rules_read_most_of_the_sentences_that_were_written_by_hand() {
    #[derive(Deserialize)]
    struct Written {
        text: String,
        sentiment: Sentiment,
        topic: MessageTopic,
    }
    let written = include_str!("../../models/handwritten.json");
    let written: Vec<Written> = serde_json::from_str(written).unwrap();
    let right = |is: fn(&Written, &Reading) -> bool| {
        let read = written
            .iter()
            .map(|each| (each, message(&text::words(&each.text))));
        read.filter(|(each, read)| is(each, read)).count()
    };
    let sentiments = right(|each, read| each.sentiment == read.sentiment.0);
    let topics = right(|each, read| each.topic == read.topic.0);
    println!(
        "sentiments {sentiments}, topics {topics} of {}",
        written.len()
    );
    assert!(sentiments * 3 > written.len() * 2 && topics * 3 > written.len() * 2);
}
