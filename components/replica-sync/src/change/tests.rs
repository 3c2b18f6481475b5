use serde_json::json;
use wire::Code;

use super::*;
use crate::place::Place;

fn batch() -> Batch {
    Batch {
        header: Header {
            v: Version,
            batch: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            through: Checkpoint::of("epoch", Place { xid: 7, seq: 3 }),
            more: false,
        },
        changes: vec![Change {
            relation: "rooms".to_owned(),
            id: "101".to_owned(),
            owner: None,
            image: Image {
                life: 1,
                columns: json!({"number": "101"}).as_object().unwrap().clone(),
                ..Image::default()
            },
        }],
    }
}

#[test]
fn what_is_written_is_read_again() {
    assert_eq!(Batch::read(&batch().lines()), Ok(batch()));
}

// replica-sync-6.5
#[test]
fn a_line_at_fault_is_named() {
    let mut text = batch().lines();
    text.extend(b"{\"relation\":\"rooms\"}\n");
    let problem = Batch::read(&text).unwrap_err();
    assert_eq!(problem.code, Code::Malformed);
    assert!(problem.field.unwrap().starts_with("line 3"));
    let problem = Batch::read(b"").unwrap_err();
    assert!(problem.field.unwrap().starts_with("line 1"));
}

#[test]
fn a_batch_of_too_many_rows_is_refused() {
    let mut long = batch();
    long.changes = vec![long.changes[0].clone(); ROWS_MAX + 1];
    assert_eq!(Batch::read(&long.lines()).unwrap_err().code, Code::TooLarge);
}
