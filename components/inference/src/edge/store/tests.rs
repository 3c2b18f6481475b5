use std::fs;

use tempfile::TempDir;

use super::*;

fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("model")).unwrap();
    (dir, store)
}

fn keep(store: &Store, version: u32) {
    let incoming = store.incoming(version).unwrap();
    fs::write(incoming.join("model.onnx"), version.to_string()).unwrap();
    store.keep(version).unwrap();
}

fn activate(store: &Store, version: u32) {
    keep(store, version);
    store.take(&store.activation(version)).unwrap();
    store.tidy().unwrap();
}

/// What a start finds: versions that are linked, not quarantined, and whole.
fn found(store: &Store) -> Option<u32> {
    let store = Store::open(store.root.clone()).unwrap();
    let bad = store.quarantined();
    [Link::Current, Link::Previous]
        .into_iter()
        .find_map(|link| {
            let version = store.linked(link)?;
            let kept = fs::read_to_string(store.version(version).join("model.onnx")).ok()?;
            let good = bad.iter().all(|(bad, _)| *bad != version);
            (good && kept == version.to_string()).then_some(version)
        })
}

// inference-3.6
#[test]
fn after_any_step_of_an_activation_a_start_finds_the_old_version_or_the_new_one() {
    for last in 0..=3 {
        let (_dir, store) = store();
        activate(&store, 1);
        activate(&store, 2);
        keep(&store, 3);
        let steps = store.activation(3);
        assert_eq!(steps.len(), 3);
        store.take(&steps[..last]).unwrap();
        let version = found(&store);
        assert_eq!(
            version,
            Some(if last < 2 { 2 } else { 3 }),
            "after {last} steps"
        );
        assert!(store.highest() >= version.unwrap());
        // The interrupted version can still be brought in.
        activate(&store, 3);
        assert_eq!(found(&store), Some(3));
    }
}

// inference-3.6
#[test]
fn after_any_step_of_a_rollback_a_start_finds_a_version_that_is_not_quarantined() {
    for last in 0..=4 {
        let (_dir, store) = store();
        activate(&store, 1);
        activate(&store, 2);
        let steps = store.rollback(2, "bad", Some(1));
        assert_eq!(steps.len(), 4);
        store.take(&steps[..last]).unwrap();
        assert_eq!(
            found(&store),
            Some(if last < 2 { 2 } else { 1 }),
            "after {last} steps"
        );
        // inference-2.4
        assert_eq!(store.highest(), 2, "the bad version stays the highest");
    }
}

#[test]
fn without_a_version_before_a_rollback_leaves_none() {
    let (_dir, store) = store();
    activate(&store, 5);
    store.take(&store.rollback(5, "bad", None)).unwrap();
    assert_eq!((found(&store), store.highest()), (None, 5));
    assert_eq!(store.quarantined(), [(5, "bad".to_owned())]);
}

#[test]
fn only_versions_that_are_linked_are_kept() {
    let (_dir, store) = store();
    for version in 1..=4 {
        activate(&store, version);
    }
    let mut kept: Vec<_> = fs::read_dir(store.root.join(VERSIONS)).unwrap().collect();
    kept.sort_by_key(|entry| entry.as_ref().unwrap().file_name());
    let names = kept.into_iter().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["3", "4"]);
}
