use std::os::unix::fs::PermissionsExt as _;

use super::*;

// replica-sync-8.4
#[test]
fn a_key_is_for_its_owner_only_and_is_never_replaced() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("backup.key");
    let public = make_key(&file).unwrap();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(read_key(&file).unwrap().recipient(), public);
    let again = make_key(&file).unwrap_err();
    assert!(matches!(again, BackupError::KeyExists { .. }), "{again}");
    assert_eq!(read_key(&file).unwrap().recipient(), public);
}
