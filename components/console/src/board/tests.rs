use wire::{Integer, Version};

use super::*;

fn status(ready: bool) -> Status {
    Status {
        v: Version,
        version: "0.1.0".to_owned(),
        ready,
        checks: Vec::new(),
        backlog: Integer::default(),
    }
}

// console-4.1
#[test]
fn the_newest_word_of_each_component_counts() {
    let mut board = Board::default();
    board.take(Component::Uplink, Some(status(true)));
    board.take(Component::Authority, Some(status(true)));
    board.take(Component::Uplink, Some(status(false)));
    let rows: Vec<_> = board
        .rows()
        .map(|(component, status)| (component, status.ready))
        .collect();
    assert_eq!(
        rows,
        [(Component::Authority, true), (Component::Uplink, false)]
    );
    board.take(Component::Uplink, None);
    assert_eq!(board.rows().count(), 1);
}
