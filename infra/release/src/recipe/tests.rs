use super::*;

const RECIPE: &str = "\
---
# What it does.
RecipeFormatVersion: \"2020-01-25\"
ComponentName: uplink
ComponentVersion: \"0.1.0\"
ComponentDependencies:
  broker:
    VersionRequirement: \">=0.1.0 <1.0.0\"
Manifests:
  - Platform: {os: linux, architecture: amd64, runtime: \"*\"}
    Artifacts:
      - URI: s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/uplink
      - URI: s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/library.so
";

// delivery-1.5
#[test]
fn version_and_bucket_are_put_in_and_the_rest_stays() {
    let recipe = Recipe::parse(RECIPE, "amd64").unwrap();
    assert_eq!(recipe.artifacts, ["uplink", "library.so"]);
    let text = recipe.versioned("0.2.0".parse().unwrap());
    assert!(text.contains("# What it does.\n"));
    assert!(text.contains("ComponentVersion: \"0.2.0\"\n"));
    assert!(text.contains("\">=0.1.0 <1.0.0\""));
    let text = published(&text, "releases");
    assert!(text.contains("URI: s3://releases/uplink/0.2.0/library.so\n"));
    assert!(!text.contains("_NAME") && !text.contains("_VERSION"));
}

#[test]
fn artifacts_from_elsewhere_and_for_other_machines_are_refused() {
    let refused = |from: &str, to: &str| {
        let error = Recipe::parse(&RECIPE.replace(from, to), "amd64").unwrap_err();
        error.to_string()
    };
    let elsewhere = refused("COMPONENT_VERSION/library.so", "COMPONENT_VERSION/a/b");
    assert!(elsewhere.contains("Artifacts has URI s3://"), "{elsewhere}");
    assert!(refused("architecture: amd64", "architecture: aarch64").contains("for aarch64"));
    assert!(refused("ComponentName: uplink", "ComponentName: ../x").contains("not a recipe"));
}
