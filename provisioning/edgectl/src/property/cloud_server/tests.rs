use std::fs;

use tempfile::TempDir;

use super::super::tests::{NOW, founding};
use super::*;

fn server(dir: &TempDir, renew: bool) -> CloudServer {
    CloudServer {
        dir: dir.path().to_owned(),
        out: dir.path().join("hub"),
        chain_root_key: None,
        names: vec!["hub.example".to_owned()],
        renew,
    }
}

#[test]
fn a_cloud_server_is_issued_once_and_again_when_asked_to() {
    let dir = TempDir::new().unwrap();
    drop(Property::found(dir.path(), founding(), NOW).unwrap());
    let clock = Clock::system();
    let certificate = || fs::read(dir.path().join("hub").join(CERT_FILE)).unwrap();

    server(&dir, false).run(&clock).unwrap();
    let first = certificate();
    server(&dir, false).run(&clock).unwrap();
    assert_eq!(certificate(), first);
    server(&dir, true).run(&clock).unwrap();
    assert_ne!(certificate(), first);
}

#[test]
fn a_root_key_of_another_root_is_refused() {
    let dir = TempDir::new().unwrap();
    drop(Property::found(dir.path(), founding(), NOW).unwrap());
    let other = dir.path().join("other.key");
    write_secret(&other, Key::generate().secret_pem().as_bytes()).unwrap();
    let server = CloudServer {
        chain_root_key: Some(other),
        ..server(&dir, false)
    };
    assert!(matches!(
        server.run(&Clock::system()),
        Err(PropertyError::Authority { .. })
    ));
}
