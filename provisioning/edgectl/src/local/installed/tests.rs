use std::fs;

use kit::signing::SigningKey;
use release::{Component, Set, Source, Summed};
use tempfile::TempDir;

use super::*;

/// A place for releases, and a hotel that installs them.
struct House {
    dir: TempDir,
    key: SigningKey,
    store: Store,
}

impl House {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = SigningKey::read(&SigningKey::generate()).unwrap();
        let store = Store {
            dir: dir.path().join("installed"),
        };
        Self { dir, key, store }
    }

    /// Packs a release of one program.
    fn pack(&self, version: &str, program: &str) -> Release {
        let dist = self.dir.path().join("dist");
        fs::create_dir_all(dist.join("uplink").join(version)).unwrap();
        let file = |path: String, content: &str| {
            let place = dist.join(&path);
            fs::write(&place, content).unwrap();
            let Summed { bytes, sha256 } = sum(&place).unwrap();
            release::File {
                path: path.parse().unwrap(),
                bytes,
                sha256,
            }
        };
        let component = Component {
            version: version.parse().unwrap(),
            recipe: file(format!("uplink/{version}/recipe.yaml"), "---"),
            artifacts: vec![
                self.pages(version),
                file(format!("uplink/{version}/uplink"), program),
            ],
        };
        let set = Set {
            v: 1,
            version: version.parse().unwrap(),
            source: Source {
                commit: "c".to_owned(),
                compiler: "rustc".to_owned(),
                profile: "release".to_owned(),
            },
            components: [("uplink".parse().unwrap(), component)].into(),
            sbom: file(format!("sbom-{version}.cdx.json"), "{}"),
        };
        let list = release::write(&dist, &set, &self.key).unwrap();
        Release::open(&list, &[self.key.public()]).unwrap()
    }

    /// Packs an archive.
    fn pages(&self, version: &str) -> release::File {
        let pages = self.dir.path().join("pages");
        fs::create_dir_all(&pages).unwrap();
        fs::write(pages.join("index.html"), version).unwrap();
        let path = format!("uplink/{version}/pages.zip");
        let place = self.dir.path().join("dist").join(&path);
        archive::pack(&pages, &place).unwrap();
        let Summed { bytes, sha256 } = sum(&place).unwrap();
        release::File {
            path: path.parse().unwrap(),
            bytes,
            sha256,
        }
    }

    fn runs(&self) -> String {
        fs::read_to_string(self.store.current().unwrap().join("uplink/uplink")).unwrap()
    }
}

// delivery-5.1
#[test]
fn a_release_replaces_the_one_before_and_can_be_gone_back_to() {
    let house = House::new();
    assert!(matches!(
        house.store.current(),
        Err(InstallError::Nothing { .. })
    ));
    let (old, new) = (house.pack("0.1.0", "old"), house.pack("0.2.0", "new"));
    for (release, program) in [(&old, "old"), (&new, "new"), (&new, "new"), (&old, "old")] {
        house.store.install(release).unwrap();
        assert_eq!(house.runs(), program);
        let page = house
            .store
            .current()
            .unwrap()
            .join("uplink/pages/index.html");
        assert_eq!(
            fs::read_to_string(page).unwrap(),
            release.set.version.to_string()
        );
    }
}

// delivery-5.2
#[test]
fn what_was_changed_on_the_way_is_not_installed() {
    let house = House::new();
    let (old, new) = (house.pack("0.1.0", "old"), house.pack("0.2.0", "new"));
    house.store.install(&old).unwrap();
    fs::write(house.dir.path().join("dist/uplink/0.2.0/uplink"), "bad").unwrap();
    let error = house.store.install(&new).unwrap_err().to_string();
    assert!(error.contains("uplink/0.2.0/uplink was changed"), "{error}");
    assert_eq!(house.runs(), "old");
    assert!(!house.store.dir.join("packages/uplink/0.2.0").exists());
}

// delivery-5.2
#[test]
fn what_was_damaged_here_is_brought_again() {
    let house = House::new();
    let old = house.pack("0.1.0", "old");
    house.store.install(&old).unwrap();
    fs::write(house.store.dir.join("packages/uplink/0.1.0/uplink"), "rot").unwrap();
    house.store.install(&old).unwrap();
    assert_eq!(house.runs(), "old");
}

// delivery-5.4
#[test]
fn two_releases_are_kept_and_older_ones_taken_away() {
    let house = House::new();
    for version in ["0.1.0", "0.2.0", "0.3.0"] {
        house.store.install(&house.pack(version, version)).unwrap();
    }
    house.store.tidy().unwrap();
    let there = |version: &str| {
        house
            .store
            .dir
            .join("packages/uplink")
            .join(version)
            .exists()
    };
    assert_eq!(["0.1.0", "0.2.0", "0.3.0"].map(there), [false, true, true]);
    assert_eq!(house.runs(), "0.3.0");
}
