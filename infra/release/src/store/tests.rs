use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::digest::Summed;
use crate::set::{Component, File, Source};
use crate::{BadPlace, BadVersion};

/// A signed release of one component with one artifact.
struct Packed {
    dir: TempDir,
    list: PathBuf,
    key: SigningKey,
}

const ARTIFACT: &str = "uplink/0.2.0/uplink";

impl Packed {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("uplink/0.2.0")).unwrap();
        let file = |path: &str, content: &str| {
            let place = dir.path().join(path);
            fs::write(&place, content).unwrap();
            let Summed { bytes, sha256 } = sum(&place).unwrap();
            File {
                path: path.parse().unwrap(),
                bytes,
                sha256,
            }
        };
        let component = Component {
            version: "0.2.0".parse().unwrap(),
            recipe: file("uplink/0.2.0/recipe.yaml", "---"),
            artifacts: vec![file(ARTIFACT, "program")],
        };
        let set = Set {
            v: 1,
            version: "0.2.0".parse().unwrap(),
            source: Source {
                commit: "c".to_owned(),
                compiler: "rustc".to_owned(),
                profile: "release".to_owned(),
            },
            components: [("uplink".parse().unwrap(), component)].into(),
            sbom: file("sbom-0.2.0.cdx.json", "{}"),
        };
        let key = SigningKey::read(&SigningKey::generate()).unwrap();
        let list = write(dir.path(), &set, &key).unwrap();
        Self { dir, list, key }
    }

    fn open(&self) -> Result<Release, ReleaseError> {
        Release::open(&self.list, &[self.key.public()])
    }

    /// Lets somebody else sign what the owner of the key would not.
    fn forge(&self, from: &str, to: &str) -> String {
        let text = fs::read_to_string(&self.list).unwrap();
        assert!(text.contains(from), "{text}");
        let text = text.replace(from, to);
        let signature = self.dir.path().join("set-0.2.0.json.sig");
        fs::write(signature, self.key.sign(text.as_bytes())).unwrap();
        fs::write(&self.list, text).unwrap();
        self.open().unwrap_err().to_string()
    }
}

#[test]
fn a_release_that_was_not_touched_is_believed() {
    let packed = Packed::new();
    packed.open().unwrap().verify().unwrap();
}

// delivery-1.3
#[test]
fn a_changed_file_is_named() {
    let packed = Packed::new();
    for changed in ["PROGRAM", "longer program"] {
        fs::write(packed.dir.path().join(ARTIFACT), changed).unwrap();
        let error = packed.open().unwrap().verify().unwrap_err();
        assert!(matches!(&error, ReleaseError::Tampered { file, .. } if file.as_str() == ARTIFACT));
    }
    fs::remove_file(packed.dir.path().join(ARTIFACT)).unwrap();
    let error = packed.open().unwrap().verify().unwrap_err();
    assert!(matches!(error, ReleaseError::Read { .. }));
}

// delivery-1.3
#[test]
fn a_list_that_a_stranger_signed_is_not_believed() {
    let packed = Packed::new();
    let stranger = SigningKey::read(&SigningKey::generate()).unwrap().public();
    let error = Release::open(&packed.list, &[stranger]).unwrap_err();
    assert!(matches!(error, ReleaseError::Signature { .. }));

    let text = fs::read_to_string(&packed.list).unwrap();
    fs::write(&packed.list, text + " ").unwrap();
    let error = packed.open().unwrap_err();
    assert!(matches!(error, ReleaseError::Signature { .. }));
}

// delivery-1.4
#[test]
fn a_list_cannot_point_outside_its_own_directories() {
    let forged = |to| Packed::new().forge(ARTIFACT, to);
    for to in ["../../etc/passwd", "/etc/passwd", "uplink/../x"] {
        assert!(forged(to).contains("is not the list"), "{to}");
    }
    for to in [
        "authority/0.2.0/uplink",
        "uplink/0.1.0/uplink",
        "uplink/0.2.0/a/b",
    ] {
        assert!(
            forged(to).contains("is not a file of uplink/0.2.0/"),
            "{to}"
        );
    }
    assert!(
        Packed::new()
            .forge("\"v\": 1", "\"v\": 2")
            .contains("v is 2")
    );
}

proptest! {
    // delivery-1.4
    #[test]
    fn a_place_stays_below_its_directory(text in "[a-z./_-]{0,12}") {
        let place: Result<Place, BadPlace> = text.parse();
        if let Ok(place) = place {
            let joined = PathBuf::from("/dist").join(place.as_str());
            prop_assert!(joined.components().all(|part| part.as_os_str() != ".."));
            prop_assert!(joined.starts_with("/dist") && joined.components().count() > 2);
        }
    }

    #[test]
    fn a_version_is_written_as_it_was_read(text in "[0-9.]{0,12}") {
        let version: Result<Version, BadVersion> = text.parse();
        if let Ok(version) = version {
            prop_assert_eq!(version.to_string(), text);
        }
    }
}
