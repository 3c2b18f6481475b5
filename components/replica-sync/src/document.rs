//! Rows as RxDB documents: the shown columns that are not empty, and `_deleted`.
//!
//! An absent column and one that is `null` are the same; numbers are compared by value. Pure.

use serde_json::{Map, Value, json};
use wire::replica::DELETED;

use crate::image::Columns;
use crate::relation::{Access, Column, Relation};

/// A document of RxDB.
pub(crate) type Document = Map<String, Value>;

/// The row as somebody with this access sees it.
pub(crate) fn alive(relation: &Relation, access: &Access, columns: &Columns) -> Document {
    let shown = columns.iter().filter(|(name, value)| {
        relation.column(name).is_some() && access.shows(relation, name) && !value.is_null()
    });
    let mut document: Document = shown
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    document.insert(DELETED.to_owned(), json!(false));
    document
}

/// The row that is no more. What it said is not kept; columns that the schema of a tablet may
/// require stand in it with nothing.
pub(crate) fn deleted(relation: &Relation, access: &Access, id: &str) -> Document {
    let shown = relation
        .columns
        .iter()
        .filter(|column| access.shows(relation, &column.name));
    let blank = |column: &Column| Some((column.name.clone(), column.blank.clone()?));
    let mut document: Document = shown.filter_map(blank).collect();
    document.insert(relation.key.clone(), json!(id));
    document.insert(DELETED.to_owned(), json!(true));
    document
}

/// What a document says of a column: nothing given is empty, or the default where a column may not
/// be empty.
pub(crate) fn value<'a>(document: &'a Document, column: &'a Column) -> &'a Value {
    let given = document.get(&column.name).filter(|value| !value.is_null());
    given.or(column.blank.as_ref()).unwrap_or(&Value::Null)
}

/// Whether a document says that it is deleted.
pub(crate) fn is_deleted(document: &Document) -> bool {
    document.get(DELETED).and_then(Value::as_bool) == Some(true)
}

/// Equality of values as the database would keep them.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        // Whole numbers beyond 2^53 are compared as what they are.
        (Some(left_number), Some(right_number)) => {
            left == right
                || (left_number.total_cmp(&right_number).is_eq()
                    && !(left.is_i64() && right.is_i64()))
        }
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => match (left, right) {
            (Value::Array(left), Value::Array(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .zip(right)
                        .all(|(left, right)| same(left, right))
            }
            (Value::Object(left), Value::Object(right)) => {
                let alike = |(name, value): (&String, &Value)| {
                    right.get(name).is_some_and(|other| same(value, other))
                };
                left.len() == right.len() && left.iter().all(alike)
            }
            (left, right) => left == right,
        },
    }
}
