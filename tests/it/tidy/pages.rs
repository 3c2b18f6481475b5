//! Every component has a recipe and a page of promises, under its own name.

use super::tree::File;
use super::{Finding, check_tree, manifest, uphold_across};

/// What is missing beside a component, or bears another name than its directory.
fn incomplete_components(tree: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (main, name) in tree.iter().filter_map(component) {
        for path in [
            format!("components/{name}/Cargo.toml"),
            format!("docs/spec/{name}.md"),
            format!("recipes/{name}/recipe.yaml"),
        ] {
            match tree.iter().find(|file| file.path == path) {
                None => findings.push(Finding::new(main, 1, format!("lacks {path}; write it"))),
                Some(file) => findings.extend(misnamed(file, name)),
            }
        }
    }
    findings
}

/// The start of a component, with the component's name.
fn component(file: &File) -> Option<(&File, &str)> {
    let name = file
        .path
        .strip_prefix("components/")?
        .strip_suffix("/src/main.rs")?;
    Some((file, name))
}

/// A manifest or a recipe that is not called `name`; a page has no name but its path.
fn misnamed(file: &File, name: &str) -> Option<Finding> {
    let (line, found) = manifest::name(file).or_else(|| recipe_name(file))?;
    let advice = format!("is called {found:?}, but its component {name:?}; use one name");
    (found != name).then(|| Finding::new(file, line, advice))
}

/// The last word of a recipe's `ComponentName`; what stands before it is the publisher.
fn recipe_name(file: &File) -> Option<(usize, &str)> {
    file.lines().find_map(|(line, text)| {
        let name = text.strip_prefix("ComponentName:")?;
        let name = name.trim_matches([' ', '"']);
        Some((line, name.rsplit('.').next()?))
    })
}

#[test]
fn every_component_has_a_recipe_and_a_page_under_its_name() {
    uphold_across(incomplete_components);
}

#[test]
fn a_component_without_its_page_or_name_is_refused() {
    let tree = [
        ("components/x/src/main.rs", ""),
        ("components/x/Cargo.toml", "[package]\nname = \"y\""),
        ("recipes/x/recipe.yaml", "---\nComponentName: \"hotel.z\""),
        ("components/wire/src/lib.rs", ""),
    ];
    check_tree(
        incomplete_components,
        &tree,
        &[
            "components/x/Cargo.toml:2: is called \"y\", but its component \"x\"; use one name",
            "components/x/src/main.rs:1: lacks docs/spec/x.md; write it",
            "recipes/x/recipe.yaml:2: is called \"z\", but its component \"x\"; use one name",
        ],
    );
}
