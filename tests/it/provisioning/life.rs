//! A member's later days: a new key, and the end.

use std::fs;

use hotel_tests::fleet::{Claims, Fleet, THING};

use super::site::{Site, finish};

const SERIAL: &str = "NUC-0001";

/// A member.
async fn member() -> (Fleet, Site) {
    let fleet = Fleet::with(&[SERIAL], Claims { days: 30 }).await;
    let site = Site::new(&fleet, SERIAL).await;
    let boot = site.boot().await;
    assert_eq!(boot.code, Some(0), "{}", boot.said);
    (fleet, site)
}

// provisioning-5.1 provisioning-5.2
#[tokio::test]
async fn a_key_is_changed_by_the_one_before_it() {
    let (fleet, site) = member().await;
    let read = |name: &str| fs::read(site.path(&format!("provisioning/thing/{name}"))).unwrap();
    let (key, note) = (read("key.pem"), read("thing.json"));
    // Half way, at each point, the power fails; the pair in place is never one that does not fit
    // for longer than until the next run.
    for place in ["rotate.given", "rotate.proved", "rotate.half"] {
        let mut command = site.command(&["rotate"]);
        command.env("HOTEL_POWER_CUT", place);
        let cut = finish(command).await;
        assert_eq!(cut.code, None, "at {place}: {}", cut.said);
    }
    fs::remove_file(site.path("started")).unwrap();
    let rotated = finish(site.command(&["rotate"])).await;
    assert_eq!(rotated.code, Some(0), "{}", rotated.said);
    assert_ne!(read("key.pem"), key);
    assert_ne!(read("thing.json"), note);
    assert!(
        site.path("started").exists(),
        "the nucleus takes the new pair up"
    );
    assert!(!site.path("provisioning/thing/next-key.pem").exists());
    let newest = fleet.state().things[THING].last().unwrap().clone();
    assert!(
        rotated.said.contains(&format!("--keep {newest}")),
        "{}",
        rotated.said
    );
    let certificate = read("cert.pem");
    let again = finish(site.command(&["rotate"])).await;
    assert_eq!(again.code, Some(0), "{}", again.said);
    assert_ne!(read("cert.pem"), certificate);
}

// provisioning-5.5
#[tokio::test]
async fn a_box_that_leaves_forgets_its_hotel() {
    let (_fleet, site) = member().await;
    let other = finish(site.command(&["wipe", "--serial", "NUC-0002"])).await;
    assert_eq!(other.code, Some(16), "{}", other.said);
    assert!(site.path("property/ca.key").exists());
    let key = site.path("property/ca.key");
    let kept = tempfile::NamedTempFile::new_in(site.dir().parent().unwrap()).unwrap();
    fs::remove_file(kept.path()).unwrap();
    fs::hard_link(&key, kept.path()).unwrap();
    let wiped = finish(site.command(&["wipe", "--serial", SERIAL])).await;
    assert_eq!(wiped.code, Some(0), "{}", wiped.said);
    assert_eq!(fs::read_dir(site.dir()).unwrap().count(), 0);
    let overwritten = fs::read(kept.path()).unwrap();
    assert!(
        overwritten.iter().all(|byte| *byte == 0),
        "keys are overwritten"
    );
}

// provisioning-5.5
#[tokio::test]
async fn a_box_that_never_served_forgets_its_claim() {
    let fleet = Fleet::with(&[SERIAL], Claims { days: 30 }).await;
    let mut site = Site::new(&fleet, SERIAL).await;
    let image = tempfile::tempdir().unwrap();
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| image.path().join(name));
    fs::copy(fleet.file("claim-cert.pem"), &certificate).unwrap();
    fs::copy(fleet.file("claim-key.pem"), &key).unwrap();
    let kept = image.path().join("kept");
    fs::hard_link(&key, &kept).unwrap();
    site.set("/claim/certificate", certificate.to_str().unwrap());
    site.set("/claim/key", key.to_str().unwrap());
    let wiped = finish(site.command(&["wipe", "--serial", SERIAL])).await;
    assert_eq!(wiped.code, Some(0), "{}", wiped.said);
    assert!(!certificate.exists() && !key.exists());
    let overwritten = fs::read(kept).unwrap();
    assert!(overwritten.iter().all(|byte| *byte == 0));
}
