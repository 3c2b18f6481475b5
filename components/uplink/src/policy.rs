//! What of a record may leave the house: nothing that is not named here or in the configuration.
//!
//! Pure. A kind has a list of fields; what is not on it is removed before the record is kept, and a
//! kind without a list keeps no field at all. Where the form of a field is a device's own business,
//! only words are kept (ids, names of states, numbers), never sentences: what a guest writes is made
//! of sentences. Card numbers are masked wherever they stand, listed or not.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wire::record::Record;
use wire::{Word, audit};

use crate::card;

/// Longest text that is a word: ids, digests in hexadecimal, names of states.
const WORD_MAX: usize = 80;

/// How a field is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// As it is: the component that sends it writes it, in a documented form.
    Whole,
    /// Words, numbers and yes or no, however deep; other texts are removed.
    Words,
    /// An object, whose members are named by themselves: `message.value`.
    Members,
}

/// Fields of the kinds that our components send. A test compares it with what they do send.
const BUILT_IN: &[(&str, &[(&str, Rule)])] = &[
    ("telemetry", DEVICE),
    ("reported", DEVICE),
    ("device-event", DEVICE),
    (
        "device-gap",
        &[
            ("device", Rule::Words),
            ("boot", Rule::Words),
            ("first_seq", Rule::Words),
            ("last_seq", Rule::Words),
        ],
    ),
    // Links of a chain: whoever takes anything out of one breaks it.
    (
        audit::ENTRY_RECORD,
        &[("body", Rule::Whole), ("sha256", Rule::Words)],
    ),
    (
        audit::HEAD_RECORD,
        &[
            ("v", Rule::Words),
            ("property", Rule::Words),
            ("seq", Rule::Words),
            ("at", Rule::Words),
            ("sha256", Rule::Words),
            ("certificate", Rule::Whole),
            ("signature", Rule::Whole),
        ],
    ),
];

/// A message of a device.
const DEVICE: &[(&str, Rule)] = &[
    ("device", Rule::Words),
    ("room", Rule::Whole),
    ("boot", Rule::Words),
    ("seq", Rule::Words),
    ("digest", Rule::Words),
    ("capability", Rule::Words),
    ("message", Rule::Members),
    ("message.at", Rule::Words),
    ("message.value", Rule::Words),
    ("message.version", Rule::Words),
    ("message.state", Rule::Words),
    ("message.kind", Rule::Words),
    ("message.alarm", Rule::Words),
    ("message.data", Rule::Words),
];

/// Which fields of which kinds are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    kinds: BTreeMap<String, BTreeMap<String, Rule>>,
}

/// What was taken out of a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Removed {
    /// Fields that were removed, with everything in them.
    pub(crate) fields: u64,
    /// Card numbers that were masked.
    pub(crate) cards: u64,
}

impl Policy {
    /// The built-in lists, and those of a deployment beside them: fields of further kinds, or further
    /// fields, of which words are kept.
    pub(crate) fn new(allowed: &BTreeMap<Word, Vec<String>>) -> Self {
        let mut kinds: BTreeMap<String, BTreeMap<String, Rule>> = BTreeMap::new();
        for (kind, fields) in BUILT_IN {
            let fields = fields
                .iter()
                .map(|(name, rule)| ((*name).to_owned(), *rule));
            kinds.insert((*kind).to_owned(), fields.collect());
        }
        for (kind, fields) in allowed {
            let rules = kinds.entry(kind.as_str().to_owned()).or_default();
            for field in fields {
                for (dot, _) in field.match_indices('.') {
                    rules
                        .entry(field[..dot].to_owned())
                        .or_insert(Rule::Members);
                }
                rules.entry(field.clone()).or_insert(Rule::Words);
            }
        }
        Self { kinds }
    }

    /// Whether the kind has a list.
    pub(crate) fn knows(&self, kind: &Word) -> bool {
        self.kinds.contains_key(kind.as_str())
    }

    /// Takes out of a record whatever may not leave.
    pub(crate) fn apply(&self, record: &mut Record) -> Removed {
        let mut removed = Removed::default();
        let none = BTreeMap::new();
        let rules = self.kinds.get(record.kind.as_str()).unwrap_or(&none);
        members(rules, "", &mut record.body, &mut removed);
        removed
    }
}

fn members(
    rules: &BTreeMap<String, Rule>,
    place: &str,
    body: &mut Map<String, Value>,
    removed: &mut Removed,
) {
    body.retain(|name, value| {
        let path = if place.is_empty() {
            name.clone()
        } else {
            format!("{place}.{name}")
        };
        let keep = match (rules.get(&path), value) {
            (Some(Rule::Members), Value::Object(inner)) => {
                members(rules, &path, inner, removed);
                true
            }
            (Some(Rule::Whole), value) => {
                mask(value, removed);
                true
            }
            (Some(Rule::Words), value) => words(value, removed),
            // What should be an object and is none has members that nobody named.
            (Some(Rule::Members) | None, _) => false,
        };
        removed.fields += u64::from(!keep);
        keep
    });
}

/// Keeps words; whether the value itself is to be kept.
fn words(value: &mut Value, removed: &mut Removed) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(_) => {
            mask(value, removed);
            true
        }
        Value::String(text) => {
            if let Some(masked) = card::masked(text) {
                removed.cards += 1;
                *text = masked;
            }
            text == card::MASK || is_word(text)
        }
        Value::Array(values) => {
            values.retain_mut(|value| {
                let keep = words(value, removed);
                removed.fields += u64::from(!keep);
                keep
            });
            true
        }
        Value::Object(inner) => {
            inner.retain(|name, value| {
                let keep = is_word(name) && card::masked(name).is_none() && words(value, removed);
                removed.fields += u64::from(!keep);
                keep
            });
            true
        }
    }
}

/// Masks the card numbers in a value that is kept otherwise.
fn mask(value: &mut Value, removed: &mut Removed) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => {
            if number.as_u64().is_some_and(card::is_number) {
                removed.cards += 1;
                *value = card::MASK.into();
            }
        }
        Value::String(text) => {
            if let Some(masked) = card::masked(text) {
                removed.cards += 1;
                *text = masked;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| mask(value, removed)),
        Value::Object(inner) => inner.values_mut().for_each(|value| mask(value, removed)),
    }
}

/// Whether a text is one word, as ids, names of states and addresses are.
fn is_word(text: &str) -> bool {
    let allowed = |char: char| char.is_ascii_alphanumeric() || "-_.:/+%".contains(char);
    text.len() <= WORD_MAX && text.chars().all(allowed)
}

#[cfg(test)]
mod tests;
