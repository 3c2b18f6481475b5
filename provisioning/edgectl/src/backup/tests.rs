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

#[test]
fn the_socket_of_a_restored_cluster_is_for_its_owner_only() {
    let place = tempfile::tempdir().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let into = place.path().join("restored");
    scratch::own_dir(&into).unwrap();
    assert_eq!(mode(&into), 0o700);
    let run = into.join("run");
    std::fs::create_dir(&run).unwrap();
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o755)).unwrap();
    scratch::closed_dir(&run).unwrap();
    assert_eq!(mode(&run), 0o700);
}
