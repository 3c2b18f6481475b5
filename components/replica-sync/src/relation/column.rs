//! Columns, and which JSON values fit them.

use serde_json::{Value, json};

/// Longest text or document in one column, in bytes; a row must fit a message on the bus.
const TEXT_MAX: usize = 64 * 1024;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: Kind,
    /// Whether a row must give it: it may not be empty and has no default.
    pub(crate) required: bool,
    /// What stands for it in a row that is no more, if it may not be empty: its default, or nothing
    /// of its kind.
    pub(crate) blank: Option<Value>,
}

/// What a column holds, as far as a value must be judged before the database sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text of any sort; also dates and UUIDs, whose form the database judges.
    Text,
    /// True or false.
    Switch,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Any JSON.
    Json,
}

impl Kind {
    /// The kind of a PostgreSQL type by its name in `pg_type`.
    pub(crate) fn of_type(name: &str) -> Option<Self> {
        match name {
            "text" | "varchar" | "bpchar" | "uuid" | "date" | "time" | "timestamp"
            | "timestamptz" => Some(Self::Text),
            "bool" => Some(Self::Switch),
            "int2" | "int4" | "int8" => Some(Self::Integer),
            "float4" | "float8" | "numeric" => Some(Self::Number),
            "jsonb" => Some(Self::Json),
            _ => None,
        }
    }

    /// Nothing of this kind.
    pub(crate) fn blank(self) -> Value {
        match self {
            Self::Text => json!(""),
            Self::Switch => json!(false),
            Self::Integer | Self::Number => json!(0),
            Self::Json => json!({}),
        }
    }

    /// Why a value does not fit.
    pub(crate) fn refuses(self, value: &Value) -> Option<&'static str> {
        let fits = match (self, value) {
            (_, Value::Null)
            | (Self::Text, Value::String(_))
            | (Self::Switch, Value::Bool(_))
            | (Self::Number, Value::Number(_))
            | (Self::Json, _) => true,
            (Self::Integer, Value::Number(number)) => number.is_i64(),
            (Self::Text | Self::Switch | Self::Integer | Self::Number, _) => false,
        };
        if !fits {
            Some("is of another type")
        } else if value.as_str().map_or(0, str::len) > TEXT_MAX {
            Some("is too long")
        } else if has_nul(value) {
            Some("contains U+0000, which the database cannot keep")
        } else {
            None
        }
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
