//! Rules that answer when no model is healthy: simple, and always there.

use wire::inference::{Allocate, MessageTopic, Sentiment};

use crate::guest::Reading;
use crate::rooms::{FEATURES, features};

mod words;

use words::{NEGATING, NEGATIVE, POSITIVE, TOPICS};

/// Share that the rules give to what they found: they do not measure it.
const SURE: f64 = 0.6;
/// How far a word turns the next ones around: "not very clean".
const REACH: usize = 3;

/// How a message is read by its words alone.
pub(crate) fn message(words: &[String]) -> Reading {
    let feeling: i32 = (0..words.len()).map(|place| feeling(words, place)).sum();
    let sentiment = match feeling {
        1.. => Sentiment::Positive,
        0 => Sentiment::Neutral,
        ..=-1 => Sentiment::Negative,
    };
    Reading {
        sentiment: (sentiment, SURE),
        topic: (topic(words), SURE),
    }
}

/// What a word adds: turned around after a negation.
fn feeling(words: &[String], place: usize) -> i32 {
    let is_one_of = |list: &[&str], word: &String| list.contains(&word.as_str());
    let word = &words[place];
    let feeling = if is_one_of(POSITIVE, word) {
        1
    } else if is_one_of(NEGATIVE, word) {
        -1
    } else {
        return 0;
    };
    let before = &words[place.saturating_sub(REACH)..place];
    let turned = before.iter().any(|word| is_one_of(NEGATING, word));
    if turned { -feeling } else { feeling }
}

/// The topic with the most words; the first of equals.
fn topic(words: &[String]) -> MessageTopic {
    let found = |list: &[&str]| {
        words
            .iter()
            .filter(|word| list.contains(&word.as_str()))
            .count()
    };
    let counted = TOPICS.iter().map(|(topic, list)| (*topic, found(list)));
    let best = counted.rev().max_by_key(|(_, found)| *found);
    best.filter(|(_, found)| *found > 0)
        .map_or(MessageTopic::Other, |(topic, _)| topic)
}

/// Weights of the features of [`crate::rooms`].
const TASTE: [f64; FEATURES] = [
    -1.5, 1.2, 1.6, -1.0, -4.0, 1.0, -2.2, -1.6, -1.4, -1.8, -0.5, -1.4, -2.0, -1.0, 0.0, 0.0,
];

/// A score for each room, between 0 and 1.
pub(crate) fn scores(asked: &Allocate) -> Vec<f64> {
    let score = |room| {
        let features = features(&asked.wishes, room).map(f64::from);
        let worth: f64 = features
            .iter()
            .zip(TASTE)
            .map(|(share, weight)| share * weight)
            .sum();
        1.0 / (1.0 + (-worth).exp())
    };
    asked.rooms.iter().map(score).collect()
}

#[cfg(test)]
mod tests;
