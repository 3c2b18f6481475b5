use std::io::Write as _;

use tempfile::TempDir;

use super::*;

const NAMES: [&str; 3] = [
    "20261119t033000z-01.dump.zst.age",
    "20261120t033000z-02.dump.zst.age",
    "20261121t033000z-03.dump.zst.age",
];

fn shelf() -> (TempDir, Shelf) {
    let place = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(place.path().join("handover"), &place.path().join("data"));
    shelf.prepare().unwrap();
    (place, shelf)
}

fn make(shelf: &Shelf, name: &str, keep: usize) {
    let draft = shelf.draft(Integer::default()).unwrap();
    draft.file().unwrap().write_all(name.as_bytes()).unwrap();
    draft.keep(name, shelf, keep).unwrap();
}

// replica-sync-8.6
#[test]
fn what_is_not_finished_is_never_handed_over_and_is_removed() {
    let (_place, shelf) = shelf();
    let draft = shelf.draft(Integer::default()).unwrap();
    assert!(shelf.waiting().unwrap().is_empty());
    drop(draft);
    assert!(names(&shelf.directory).unwrap().is_empty());
    // Killed: nobody drops anything.
    std::mem::forget(shelf.draft(Integer::default()).unwrap());
    assert_eq!(names(&shelf.directory).unwrap().len(), 1);
    shelf.prepare().unwrap();
    assert!(names(&shelf.directory).unwrap().is_empty());
}

// replica-sync-8.5
#[test]
fn the_newest_stay_on_the_box_when_uplink_has_taken_them() {
    let (_place, shelf) = shelf();
    for name in NAMES {
        make(&shelf, name, 2);
    }
    assert_eq!(shelf.waiting().unwrap(), NAMES[1..]);
    let offer = shelf.offer(NAMES[2]).unwrap();
    let digest = kit::digest::sha256(NAMES[2].as_bytes());
    assert_eq!((offer.sha256, offer.bytes), (digest, NAMES[2].len() as u64));
    fs::remove_file(offer.path).unwrap();
    let mut kept = names(&shelf.kept).unwrap();
    kept.sort_unstable();
    assert_eq!(kept, NAMES[1..]);
}

// replica-sync-8.5
#[test]
fn a_backup_of_a_clock_that_was_ahead_makes_place_for_the_newest() {
    let (_place, shelf) = shelf();
    make(&shelf, "20310101t033000z-09.dump.zst.age", 1);
    make(&shelf, NAMES[0], 1);
    assert_eq!(shelf.waiting().unwrap(), NAMES[..1]);
    assert_eq!(names(&shelf.kept).unwrap(), NAMES[..1]);
}

// replica-sync-8.5
#[test]
fn a_backup_is_made_although_an_old_one_cannot_be_removed() {
    let (_place, shelf) = shelf();
    // Nobody can remove a directory as if it were a file.
    fs::create_dir(shelf.kept.join(NAMES[0])).unwrap();
    make(&shelf, NAMES[1], 1);
    make(&shelf, NAMES[2], 1);
    assert_eq!(shelf.waiting().unwrap(), NAMES[2..]);
    let mut kept = names(&shelf.kept).unwrap();
    kept.sort_unstable();
    assert_eq!(kept, [NAMES[0], NAMES[2]]);
}

// replica-sync-8.1
#[test]
fn the_last_backup_is_remembered() {
    let (_place, shelf) = shelf();
    assert_eq!(shelf.memory(), None);
    let memory = Memory {
        last: Integer::new(7).unwrap(),
    };
    shelf.remember(memory).unwrap();
    assert_eq!(shelf.memory(), Some(memory));
}
