//! Programs that anybody can make again.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotel_tests::faults::long;
use hotel_tests::hotel::{artifacts, repository};
use hotel_tests::releases::{Workshop, said, told};
use release::Release;
use tempfile::TempDir;

/// The smallest program of the workspace, as if it were a component.
const RECIPE: &str = "---\n\
    RecipeFormatVersion: \"2020-01-25\"\n\
    ComponentName: xtask\n\
    ComponentVersion: \"0.1.0\"\n\
    Manifests:\n  - Platform: {os: linux, runtime: \"*\"}\n    Artifacts:\n      \
    - URI: s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/xtask\n";

/// A place with the committed tree.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let cloned = Command::new("git")
            .args(["clone", "--quiet", "--no-hardlinks"])
            .args([repository(), place.tree()])
            .status()
            .unwrap();
        assert!(cloned.success());
        place
    }

    fn tree(&self) -> PathBuf {
        self.0.path().join("tree")
    }

    /// Makes what cargo does not build, as `tests/run.sh` does.
    fn prepare(&self) {
        let steps = "source provisioning/prerequisites.sh\n\
            require_npm components/console\n\
            build_pages \"$PWD/target/debug\"";
        let made = Command::new("bash")
            .current_dir(self.tree())
            .args(["-euo", "pipefail", "-c", steps])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", told(&made));
        let runtime = "libonnxruntime.so";
        let to = self.tree().join("target/debug").join(runtime);
        fs::copy(artifacts().join(runtime), to).unwrap();
    }

    /// Builds and packs; returns the list.
    fn pack(&self, key: &Path, more: &[&OsStr]) -> PathBuf {
        let output = Command::new(artifacts().join("delivery"))
            .current_dir(self.tree())
            .args(["package", "--version", "1.0.0", "--key"])
            .arg(key)
            .args(more)
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("CARGO_BUILD_TARGET_DIR")
            .env("RUSTFLAGS", "--cfg of_somebody")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", told(&output));
        self.tree().join(said(&output).trim())
    }

    /// Whether a file tells where it was built.
    fn shows_in(&self, file: &Path) -> bool {
        let place = self.0.path().to_str().unwrap().as_bytes();
        let bytes = fs::read(file).unwrap();
        bytes.windows(place.len()).any(|window| window == place)
    }
}

/// In the long run it is the whole release, whose crates are all built twice.
// delivery-1.7
#[test]
fn what_is_built_in_two_places_is_the_same_to_the_byte() {
    let workshop = Workshop::new();
    let (key, recipes) = (workshop.place("release.key"), workshop.place("recipes"));
    fs::create_dir_all(recipes.join("xtask")).unwrap();
    fs::write(recipes.join("xtask/recipe.yaml"), RECIPE).unwrap();
    let places = [(); 2].map(|()| Place::new());
    let lists = places.each_ref().map(|place| {
        if long() {
            place.prepare();
            return place.pack(&key, &[]);
        }
        place.pack(&key, &[OsStr::new("--recipes"), recipes.as_os_str()])
    });
    let [first, second] = lists
        .each_ref()
        .map(|list| fs::read_to_string(list).unwrap());
    assert_eq!(first, second);

    let release = Release::open(&lists[0], &[workshop.key.parse().unwrap()]).unwrap();
    release.verify().unwrap();
    for file in release.set.files() {
        let path = release.path(&file.path);
        assert!(!places[0].shows_in(&path), "{} tells where", path.display());
    }
}
