use std::fs;

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::manifest::tests::good;

fn key() -> SigningKey {
    SigningKey::read(&SigningKey::generate()).unwrap()
}

/// A bundle as it is made: its model is no model, which is found out later.
pub(crate) fn made() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let golden = json!({
        "inputs": [{ "name": "features", "datatype": "FP32", "shape": [1, 2], "data": [0, 1] }],
        "outputs": [{ "name": "score", "datatype": "FP32", "shape": [1, 1], "data": [0.5] }],
    });
    for (name, content) in [
        (MANIFEST, good().to_string()),
        (MODEL, "weights".to_owned()),
        (GOLDEN, format!("{golden}\n")),
        (CARD, "# card\n".to_owned()),
    ] {
        fs::write(dir.path().join(name), content).unwrap();
    }
    dir
}

// inference-2.2
#[test]
fn a_signed_bundle_is_believed_by_those_who_pinned_the_key() {
    let (dir, [ours, theirs]) = (made(), [key(), key()]);
    sign(dir.path(), &ours).unwrap();
    let bundle = verify(dir.path(), &[theirs.public(), ours.public()]).unwrap();
    assert_eq!(
        (bundle.model().as_str(), bundle.version()),
        ("room-allocation", 3)
    );
    for keys in [vec![theirs.public()], Vec::new()] {
        let refused = verify(dir.path(), &keys).unwrap_err();
        assert!(matches!(refused, BundleError::Signature), "{refused}");
    }
}

// inference-2.3
#[test]
fn no_bit_of_a_bundle_can_be_turned() {
    let (dir, key) = (made(), key());
    sign(dir.path(), &key).unwrap();
    for entry in fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let good = fs::read(&path).unwrap();
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1 << (place % 8);
            fs::write(&path, &bad).unwrap();
            verify(dir.path(), &[key.public()]).expect_err("a bit is turned");
        }
        fs::write(&path, &good).unwrap();
    }
    verify(dir.path(), &[key.public()]).unwrap();
}

// inference-2.3
#[test]
fn a_signature_does_not_pass_to_another_bundle_nor_to_other_files() {
    let (one, other, key) = (made(), made(), key());
    sign(one.path(), &key).unwrap();
    fs::write(other.path().join(MODEL), "other weights").unwrap();
    for name in [SUMS, SIGNATURE] {
        fs::copy(one.path().join(name), other.path().join(name)).unwrap();
    }
    let refused = verify(other.path(), &[key.public()]).unwrap_err();
    assert!(
        matches!(refused, BundleError::Digest { name: MODEL }),
        "{refused}"
    );
    let zeros = "0".repeat(64);
    for sums in [
        String::new(),
        format!("{zeros}  {MODEL}\n"),
        format!("{zeros}  ../../etc/passwd\n").repeat(4),
        format!("{zeros}  {MODEL}\n").repeat(4),
    ] {
        let signature = key.sign(sums.as_bytes());
        fs::write(one.path().join(SUMS), &sums).unwrap();
        fs::write(one.path().join(SIGNATURE), signature).unwrap();
        let refused = verify(one.path(), &[key.public()]).unwrap_err();
        assert!(matches!(refused, BundleError::Sums), "{refused}");
    }
}

// inference-2.3
#[test]
fn what_is_no_file_or_too_large_is_refused_before_it_is_read() {
    let (dir, key) = (made(), key());
    sign(dir.path(), &key).unwrap();
    let model = dir.path().join(MODEL);
    fs::rename(&model, dir.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", &model).unwrap();
    let refused = verify(dir.path(), &[key.public()]).unwrap_err();
    assert!(matches!(refused, BundleError::Large { .. }), "{refused}");
    fs::remove_file(&model).unwrap();
    fs::File::create(&model).unwrap().set_len(1 << 40).unwrap();
    let refused = verify(dir.path(), &[key.public()]).unwrap_err();
    assert!(matches!(refused, BundleError::Large { .. }), "{refused}");
}
