//! Programs that anybody can make again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotel_tests::hotel::{artifacts, repository};
use hotel_tests::releases::{Workshop, said, told};
use tempfile::TempDir;

/// The smallest program of the workspace, as if it were a component.
const RECIPE: &str = "---\n\
    RecipeFormatVersion: \"2020-01-25\"\n\
    ComponentName: xtask\n\
    ComponentVersion: \"0.1.0\"\n\
    Manifests:\n  - Platform: {os: linux, runtime: \"*\"}\n    Artifacts:\n      \
    - URI: s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/xtask\n";

/// Builds and packs the committed tree from a place of its own; returns the list.
fn pack_from(place: &Path, workshop: &Workshop, recipes: &Path) -> PathBuf {
    let tree = place.join("tree");
    let cloned = Command::new("git")
        .args(["clone", "--quiet", "--no-hardlinks"])
        .args([repository(), tree.clone()])
        .status()
        .unwrap();
    assert!(cloned.success());
    let output = Command::new(artifacts().join("delivery"))
        .current_dir(&tree)
        .args(["package", "--version", "1.0.0", "--key"])
        .arg(workshop.place("release.key"))
        .arg("--recipes")
        .arg(recipes)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("CARGO_BUILD_TARGET_DIR")
        .env("RUSTFLAGS", "--cfg of_somebody")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", told(&output));
    tree.join(said(&output).trim())
}

// delivery-1.7
#[test]
fn programs_built_in_two_places_are_the_same_to_the_byte() {
    let workshop = Workshop::new();
    let recipes = workshop.place("recipes");
    fs::create_dir_all(recipes.join("xtask")).unwrap();
    fs::write(recipes.join("xtask/recipe.yaml"), RECIPE).unwrap();
    let places: [TempDir; 2] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let lists = places
        .each_ref()
        .map(|place| pack_from(place.path(), &workshop, &recipes));
    let [first, second] = lists
        .each_ref()
        .map(|list| fs::read_to_string(list).unwrap());
    assert_eq!(first, second);

    let program = lists[0].parent().unwrap().join("xtask/1.0.0/xtask");
    let program = fs::read(program).unwrap();
    let place = places[0].path().to_str().unwrap().as_bytes();
    let tells = program.windows(place.len()).any(|window| window == place);
    assert!(!tells, "the program tells where it was built");
}
