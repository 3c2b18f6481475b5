//! A guest's message: what goes into the model, and what its answer means.
//!
//! Nothing here keeps or shows the text.

use wire::inference::{MESSAGE_MAX, MessageTopic, Sentiment};
use wire::{Code, Problem};

use crate::tensor::{Question, Values};
use crate::text;

/// Sentiments in the order of the model's output.
const SENTIMENTS: [Sentiment; 3] = [Sentiment::Negative, Sentiment::Neutral, Sentiment::Positive];
/// Topics in the order of the model's output.
const TOPICS: [MessageTopic; 8] = [
    MessageTopic::Room,
    MessageTopic::Cleanliness,
    MessageTopic::Noise,
    MessageTopic::Food,
    MessageTopic::Staff,
    MessageTopic::Internet,
    MessageTopic::Billing,
    MessageTopic::Other,
];
/// Rows of one message: with 32 words each, more words than [`MESSAGE_MAX`] characters usually hold.
const ROWS: usize = 15;

/// How a message is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    pub(crate) sentiment: (Sentiment, f64),
    pub(crate) topic: (MessageTopic, f64),
}

/// The words of a message, or why there are none.
pub(crate) fn words(message: &str) -> Result<Vec<String>, Problem> {
    let length = message.chars().count();
    if length > MESSAGE_MAX {
        let detail = format!("{length} characters are more than {MESSAGE_MAX}");
        return Err(Problem::new(Code::TooLarge, detail).at("text"));
    }
    let words = text::words(message);
    if words.is_empty() {
        return Err(Problem::new(Code::Invalid, "holds no word").at("text"));
    }
    Ok(words)
}

/// What the model is asked, with the words of each row.
pub(crate) fn question(words: &[String]) -> (Question, Vec<usize>) {
    let rows = text::rows(words, ROWS);
    let tokens = rows.iter().flat_map(|(row, _)| *row).collect();
    let weights = rows.iter().map(|(_, words)| *words).collect();
    let question = Question {
        rows: rows.len(),
        inputs: vec![Values::Int64(tokens)],
    };
    (question, weights)
}

/// What the model's answer means; none when it is not of this model's form.
pub(crate) fn reading(answer: &[Values], weights: &[usize]) -> Option<Reading> {
    let [sentiment, topic] = answer else {
        return None;
    };
    let (sentiment, score) = best(&sentiment.numbers(), weights, SENTIMENTS.len())?;
    let (topic, topic_score) = best(&topic.numbers(), weights, TOPICS.len())?;
    Some(Reading {
        sentiment: (SENTIMENTS[sentiment], score),
        topic: (TOPICS[topic], topic_score),
    })
}

/// The label with the largest share over all rows, each as heavy as it has words.
fn best(shares: &[f64], weights: &[usize], labels: usize) -> Option<(usize, f64)> {
    if shares.len() != weights.len() * labels {
        return None;
    }
    let weight = |words: &usize| f64::from(u32::try_from(*words).unwrap_or(u32::MAX));
    let all: f64 = weights.iter().map(weight).sum();
    let share = |label: usize| {
        let rows = shares.chunks(labels).zip(weights);
        rows.map(|(row, words)| row[label] * weight(words))
            .sum::<f64>()
            / all
    };
    (0..labels)
        .map(|label| (label, share(label)))
        .max_by(|left, right| left.1.total_cmp(&right.1))
        .map(|(label, share)| (label, share.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests;
