use std::os::unix::fs::symlink;

use kit::digest::sha256;
use tempfile::TempDir;

use super::*;

const CONTENT: &[u8] = b"a backup";

struct Place {
    above: TempDir,
    handover: Handover,
}

impl Place {
    fn new() -> Self {
        let above = tempfile::tempdir().unwrap();
        let directory = above.path().join("handover");
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("good.age"), CONTENT).unwrap();
        fs::write(above.path().join("outside.age"), CONTENT).unwrap();
        Self {
            above,
            handover: Handover::at(directory),
        }
    }

    fn path(&self, name: &str) -> String {
        let directory = self.above.path().join("handover");
        directory.join(name).to_str().unwrap().to_owned()
    }

    fn check(&self, path: &str) -> Result<(), Problem> {
        self.handover.check(path, sha256(CONTENT), 8)
    }

    #[track_caller]
    fn refuses(&self, path: &str, detail: &str) {
        let problem = self.check(path).unwrap_err();
        assert_eq!(problem.field.as_deref(), Some("body.path"), "{problem}");
        assert!(problem.detail.contains(detail), "{problem}");
    }
}

// uplink-7.1, uplink-7.2
#[test]
fn only_a_regular_file_directly_in_the_directory_is_taken() {
    let place = Place::new();
    assert_eq!(place.check(&place.path("good.age")), Ok(()));
    place.refuses(&place.path("none.age"), "no such file");
    place.refuses(&place.path("../outside.age"), "is not directly in");
    place.refuses(&place.path(".."), "is not directly in");
    place.refuses("good.age", "is not directly in");
    place.refuses("/etc/passwd", "is not directly in");
    fs::create_dir(place.path("folder")).unwrap();
    place.refuses(&place.path("folder"), "not a regular file");
}

// uplink-7.2
#[test]
fn a_link_is_not_followed_wherever_it_leads() {
    let place = Place::new();
    symlink("good.age", place.path("inside.age")).unwrap();
    symlink("../outside.age", place.path("outside.age")).unwrap();
    symlink(place.above.path(), place.path("up")).unwrap();
    place.refuses(&place.path("inside.age"), "is a link");
    place.refuses(&place.path("outside.age"), "is a link");
    place.refuses(&place.path("up/outside.age"), "is not directly in");
}

// uplink-7.2
#[test]
fn another_size_or_digest_is_refused_by_its_field() {
    let place = Place::new();
    let path = place.path("good.age");
    let size = place.handover.check(&path, sha256(CONTENT), 9).unwrap_err();
    assert_eq!(size.field.as_deref(), Some("body.bytes"));
    let digest = place
        .handover
        .check(&path, sha256(b"other"), 8)
        .unwrap_err();
    assert_eq!(digest.field.as_deref(), Some("body.sha256"));
}
