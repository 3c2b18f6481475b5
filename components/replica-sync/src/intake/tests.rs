use serde_json::json;
use wire::Version;

use super::*;
use crate::relation::{Column, Kind};

fn relations() -> Vec<Relation> {
    let table = serde_json::from_value(json!({"name": "order_items"})).unwrap();
    let column = |name: &str, kind| Column {
        name: name.to_owned(),
        kind,
        required: false,
        blank: None,
    };
    let columns = vec![column("id", Kind::Text), column("quantity", Kind::Integer)];
    vec![Relation::new(1, table, "id".to_owned(), columns).unwrap()]
}

#[track_caller]
fn check(kind: &str, body: &Value, expected: Result<Wish, &str>) {
    let relations = relations();
    let record = Record {
        at: wire::Integer::default(),
        kind: kind.parse().unwrap(),
        body: body.as_object().unwrap().clone(),
    };
    let wish = wish(&relations, record).map(|(_, wish)| wish);
    assert_eq!(wish, expected.map_err(str::to_owned));
}

// replica-sync-7.2
#[test]
fn a_record_is_a_row_or_it_is_said_why_not() {
    let row = json!({"id": "1", "quantity": 2});
    check(
        "order-items",
        &row,
        Ok(Wish::Put(row.as_object().unwrap().clone())),
    );
    let gone = json!({"id": "1", "_deleted": true});
    check("order-items", &gone, Ok(Wish::Delete("1".to_owned())));
    check(
        "towers",
        &json!({"id": "1"}),
        Err("there is no table towers"),
    );
    check("order-items", &json!({"quantity": 2}), Err("id is missing"));
    let text = json!({"id": "1", "quantity": "two"});
    check("order-items", &text, Err("quantity is of another type"));
    let more = json!({"id": "1", "colour": "red"});
    check(
        "order-items",
        &more,
        Err("order_items has no column colour"),
    );
}

#[test]
fn a_batch_of_another_stream_or_without_records_is_refused() {
    let records = Records {
        v: Version,
        records: Vec::new(),
    };
    let body = wire::encode(&records);
    assert_eq!(
        read(&replica::rows(), &body).unwrap_err().field.as_deref(),
        Some("records")
    );
    let other = "p0".parse().unwrap();
    assert_eq!(
        read(&other, &body).unwrap_err().field.as_deref(),
        Some("stream")
    );
}
