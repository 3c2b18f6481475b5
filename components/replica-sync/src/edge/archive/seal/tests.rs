use std::fs::OpenOptions;

use proptest::prelude::*;
use wire::{Integer, Version};

use super::*;
use crate::backup::TableSum;

fn contents() -> Contents {
    Contents {
        v: Version,
        tenant: "chain".parse().unwrap(),
        property: "seaside".parse().unwrap(),
        box_id: "box-1".parse().unwrap(),
        at: Integer::new(1_795_231_800_000).unwrap(),
        postgres: "15.14".to_owned(),
        release: "0.1.0".to_owned(),
        tables: vec![TableSum {
            table: "hotel.rooms".to_owned(),
            rows: 3,
            sha256: Sha256([1; 32]),
        }],
    }
}

fn sealed(secret: &Secret, dump: &[u8]) -> Vec<u8> {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("x");
    let file = File::create(&path).unwrap();
    let mut sealing = Sealing::begin(file, &secret.recipient(), &contents()).unwrap();
    dump.chunks(1000)
        .for_each(|piece| sealing.add(piece).unwrap());
    let (sha256, bytes) = sealing.finish().unwrap();
    let file = std::fs::read(&path).unwrap();
    assert_eq!(
        (sha256, bytes),
        (kit::digest::sha256(&file), file.len() as u64)
    );
    file
}

fn read(file: &[u8], secret: &Secret) -> Result<(Contents, Vec<u8>), String> {
    let mut opened = open(file, secret).map_err(|error| error.to_string())?;
    let mut dump = Vec::new();
    opened
        .dump()
        .read_to_end(&mut dump)
        .map_err(|error| error.to_string())?;
    Ok((opened.contents.clone(), dump))
}

// replica-sync-8.4
#[test]
fn only_the_key_it_is_sealed_for_opens_a_backup() {
    let secret = Secret::generate();
    let file = sealed(&secret, b"rows of guests");
    assert_eq!(
        read(&file, &secret).unwrap(),
        (contents(), b"rows of guests".to_vec())
    );
    let other = open(&*file, &Secret::generate()).unwrap_err();
    assert!(matches!(other, OpenError::OtherKey), "{other}");
    assert!(!file.windows(6).any(|bytes| bytes == b"guests"));
}

// replica-sync-8.4
#[test]
fn a_key_is_read_from_the_file_that_was_made_and_is_shown_nowhere() {
    let secret = Secret::generate();
    let again = Secret::read(&secret.text()).unwrap();
    assert_eq!(again.recipient(), secret.recipient());
    assert_eq!(format!("{secret:?}"), "(secret)");
    assert!(Secret::read("# nothing\n").is_err());
    assert!("age1nonsense".parse::<Recipient>().is_err());
}

// replica-sync-8.6
#[test]
fn a_full_disk_is_an_error_of_its_own_kind() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let begun = Sealing::begin(full, &Secret::generate().recipient(), &contents());
    let error = begun.and_then(Sealing::finish).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    // replica-sync-8.4
    #[test]
    fn whatever_is_changed_or_cut_is_seen(
        dump in prop::collection::vec(any::<u8>(), 0..200_000),
        place in any::<prop::sample::Index>(),
    ) {
        let secret = Secret::generate();
        let file = sealed(&secret, &dump);
        prop_assert_eq!(read(&file, &secret).unwrap(), (contents(), dump));
        let at = place.index(file.len());
        let mut changed = file.clone();
        changed[at] ^= 1;
        prop_assert!(read(&changed, &secret).is_err());
        prop_assert!(read(&file[..at], &secret).is_err());
    }
}
