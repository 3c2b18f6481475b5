use serde_json::json;

use super::*;
use crate::relation::{Column, Kind, Table};

fn relation() -> Relation {
    let table: Table = serde_json::from_value(json!({
        "name": "rooms", "owner": "guest", "groups": {"stay": ["arrival", "departure"]},
        "access": [
            {"roles": ["manager"], "rows": "all", "insert": true, "delete": true,
             "write": ["status", "note", "arrival", "departure", "guest", "beds"]},
            {"roles": ["housekeeping"], "rows": "all", "write": ["status"],
             "columns": ["id", "status"]},
            {"roles": ["guest"], "rows": "own", "write": ["note"], "insert": true},
        ],
    }))
    .unwrap();
    let column = |(name, kind): (&str, Kind)| Column {
        name: name.to_owned(),
        kind,
        required: false,
        blank: None,
    };
    let columns = [
        ("id", Kind::Text),
        ("status", Kind::Text),
        ("note", Kind::Text),
        ("arrival", Kind::Text),
        ("departure", Kind::Text),
        ("guest", Kind::Text),
        ("beds", Kind::Integer),
    ];
    Relation::new(1, table, "id".to_owned(), columns.map(column).to_vec()).unwrap()
}

const MANAGER: usize = 0;
const HOUSEKEEPING: usize = 1;
const GUEST: usize = 2;

fn object(value: &Value) -> Document {
    value.as_object().unwrap().clone()
}

#[track_caller]
fn decide(role: usize, assumed: Option<&Value>, new: &Value, current: &Current) -> Decision {
    let relation = relation();
    let principal: Principal = "somebody".parse().unwrap();
    let row = PushRow {
        assumed_master_state: assumed.map(object),
        new_document_state: object(new),
    };
    let writer = Writer {
        principal: &principal,
        access: &relation.table.access[role],
    };
    writer.decide(&relation, "r1", &row, current)
}

fn alive(columns: &Value) -> Current {
    Current::Alive(object(columns))
}

fn document(status: &str, note: &str) -> Value {
    json!({"id": "r1", "status": status, "note": note, "_deleted": false})
}

fn put(decision: &Decision) -> Value {
    match &decision.write {
        Some(Write::Put(columns)) => json!(columns),
        Some(Write::Delete) => json!("delete"),
        None => Value::Null,
    }
}

// replica-sync-4.2
#[test]
fn only_what_the_tablet_changed_is_written() {
    let current = alive(&json!({"id": "r1", "status": "dirty", "note": "other", "beds": null}));
    let decision = decide(
        MANAGER,
        Some(&document("dirty", "old")),
        &document("clean", "old"),
        &current,
    );
    assert_eq!(put(&decision), json!({"id": "r1", "status": "clean"}));
    assert_eq!(decision.answer, Some(object(&document("clean", "other"))));
    assert_eq!(decision.conflict, None);
}

// replica-sync-4.2
#[test]
fn a_column_that_changed_meanwhile_stays_and_the_wish_is_kept_as_a_conflict() {
    let current = alive(&json!({"id": "r1", "status": "inspected", "note": "n"}));
    let decision = decide(
        MANAGER,
        Some(&document("dirty", "n")),
        &document("clean", "n"),
        &current,
    );
    assert_eq!(decision.write, None);
    assert_eq!(decision.answer, Some(object(&document("inspected", "n"))));
    let conflict = decision.conflict.unwrap();
    assert_eq!(json!(conflict.wanted), json!({"status": "clean"}));
    assert_eq!(json!(conflict.kept), json!({"status": "inspected"}));
}

// replica-sync-4.2
#[test]
fn columns_of_a_group_are_taken_together_or_not_at_all() {
    let stay = |arrival: &str, departure: &str| json!({"id": "r1", "arrival": arrival, "departure": departure, "_deleted": false});
    let current = alive(&json!({"id": "r1", "arrival": "01", "departure": "05"}));
    let decision = decide(
        MANAGER,
        Some(&stay("01", "03")),
        &stay("02", "03"),
        &current,
    );
    assert_eq!(decision.write, None);
    assert_eq!(decision.answer, Some(object(&stay("01", "05"))));
}

// replica-sync-4.3
#[test]
fn the_same_push_again_changes_nothing() {
    let current = alive(&json!({"id": "r1", "status": "clean", "note": null, "beds": 2.0}));
    let new = json!({"id": "r1", "status": "clean", "beds": 2, "_deleted": false});
    let old = json!({"id": "r1", "status": "dirty", "beds": 2, "_deleted": false});
    assert_eq!(
        decide(MANAGER, Some(&old), &new, &current),
        Decision::nothing()
    );
    assert_eq!(decide(MANAGER, None, &new, &current), Decision::nothing());
    let gone = json!({"id": "r1", "_deleted": true});
    assert_eq!(
        decide(MANAGER, Some(&new), &gone, &Current::Deleted),
        Decision::nothing()
    );
}

// replica-sync-4.5
#[test]
fn an_edit_of_a_deleted_row_does_not_bring_it_back() {
    let (old, new) = (document("dirty", "n"), document("clean", "n"));
    let gone = object(&json!({"id": "r1", "_deleted": true}));
    for current in [Current::Deleted, Current::Unknown] {
        let decision = decide(MANAGER, Some(&old), &new, &current);
        assert_eq!(
            (decision.write, decision.answer),
            (None, Some(gone.clone()))
        );
    }
    let knew = json!({"id": "r1", "_deleted": true});
    let decision = decide(MANAGER, Some(&knew), &new, &Current::Deleted);
    assert_eq!(
        put(&decision),
        json!({"id": "r1", "status": "clean", "note": "n"})
    );
}

// replica-sync-4.7
#[test]
fn what_a_role_may_not_write_stays_and_is_answered() {
    let current = alive(&json!({"id": "r1", "status": "dirty", "note": "secret"}));
    let shown = |status: &str| json!({"id": "r1", "status": status, "_deleted": false});
    let sneaky = json!({"id": "r1", "status": "clean", "note": "mine", "_deleted": false});
    let decision = decide(HOUSEKEEPING, Some(&shown("dirty")), &sneaky, &current);
    assert_eq!(put(&decision), json!({"id": "r1", "status": "clean"}));
    let adopted = decision.answer.unwrap_or_default();
    assert_eq!(adopted.get("note"), None, "a hidden column was shown");
    let decision = decide(
        HOUSEKEEPING,
        Some(&shown("dirty")),
        &json!({"id": "r1", "_deleted": true}),
        &current,
    );
    assert_eq!(decision.write, None);
    assert_eq!(decision.answer, Some(object(&shown("dirty"))));
    let decision = decide(HOUSEKEEPING, None, &shown("clean"), &Current::Unknown);
    assert_eq!(decision.write, None);
    assert!(decision.refused.is_some());
}

// replica-sync-4.6, replica-sync-4.7
#[test]
fn a_row_of_somebody_else_looks_like_none() {
    let current = alive(&json!({"id": "r1", "note": "private", "guest": "another"}));
    let gone = object(&json!({"id": "r1", "_deleted": true}));
    let new = json!({"id": "r1", "note": "hello", "_deleted": false});
    for assumed in [
        None,
        Some(json!({"id": "r1", "note": "private", "_deleted": false})),
    ] {
        let decision = decide(GUEST, assumed.as_ref(), &new, &current);
        assert_eq!(
            (&decision.write, decision.answer.as_ref()),
            (&None, Some(&gone))
        );
        assert_eq!(decision.conflict, None);
    }
    let stolen = json!({"id": "r1", "note": "hello", "guest": "another", "_deleted": false});
    let decision = decide(GUEST, None, &stolen, &Current::Unknown);
    assert_eq!(put(&decision)["guest"], "somebody");
}

// replica-sync-4.4
#[test]
fn a_value_that_cannot_be_kept_leaves_the_row_as_it_is() {
    let current = alive(&json!({"id": "r1", "status": "dirty", "beds": 2}));
    let now = json!({"id": "r1", "status": "dirty", "beds": 2, "_deleted": false});
    for wrong in [
        json!("two"),
        json!(1.5),
        json!([2]),
        json!({"a": 1}),
        json!(true),
    ] {
        let mut new = now.clone();
        new["beds"] = wrong;
        let decision = decide(MANAGER, Some(&now), &new, &current);
        assert_eq!(
            (decision.write, decision.answer),
            (None, Some(object(&now)))
        );
        assert!(decision.refused.is_some());
    }
    let mut new = now.clone();
    new["status"] = json!("a\u{0}b");
    assert!(
        decide(MANAGER, Some(&now), &new, &current)
            .refused
            .is_some()
    );
}

#[test]
fn two_rows_of_one_key_are_a_conflict_and_the_first_stays() {
    let current = alive(&json!({"id": "r1", "status": "dirty"}));
    let decision = decide(MANAGER, None, &document("clean", "mine"), &current);
    assert_eq!(decision.write, None);
    assert_eq!(
        json!(decision.conflict.unwrap().wanted),
        json!({"status": "clean", "note": "mine"})
    );
}
