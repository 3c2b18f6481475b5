//! The recipes of a directory, in the order in which their components start.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::{FileError, read_text};
use crate::recipe::{Recipe, RecipeError};

/// Dependencies with this prefix are part of the nucleus, and absent here.
const NUCLEUS: &str = "aws.greengrass.";

/// Reads every `DIR/NAME/recipe.yaml` and orders them: what others depend on comes first.
pub(super) fn read(dir: &Path) -> Result<Vec<Recipe>, ShelfError> {
    let unreadable = |source| ShelfError::Unreadable {
        dir: dir.to_owned(),
        source,
    };
    let mut recipes = BTreeMap::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?;
        let path = folder.path().join("recipe.yaml");
        if let Some(name) = folder.file_name().to_str().filter(|_| path.is_file()) {
            recipes.insert(name.to_owned(), Recipe::parse(name, &read_text(&path)?)?);
        }
    }
    in_order(recipes)
}

fn in_order(mut waiting: BTreeMap<String, Recipe>) -> Result<Vec<Recipe>, ShelfError> {
    if let Some((recipe, dependency)) = unknown_dependency(&waiting) {
        return Err(ShelfError::UnknownDependency { recipe, dependency });
    }
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let free = |recipe: &&Recipe| {
            !recipe
                .dependencies
                .keys()
                .any(|on| waiting.contains_key(on))
        };
        let Some(next) = waiting
            .values()
            .find(free)
            .map(|recipe| recipe.name.clone())
        else {
            return Err(ShelfError::Circle {
                recipes: waiting.into_keys().collect(),
            });
        };
        ordered.extend(waiting.remove(&next));
    }
    Ok(ordered)
}

fn unknown_dependency(recipes: &BTreeMap<String, Recipe>) -> Option<(String, String)> {
    recipes.values().find_map(|recipe| {
        let unknown = |on: &&String| !on.starts_with(NUCLEUS) && !recipes.contains_key(*on);
        let dependency = recipe.dependencies.keys().find(unknown)?;
        Some((recipe.name.clone(), dependency.clone()))
    })
}

/// The recipes do not make a hotel.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShelfError {
    /// The directory cannot be listed.
    #[error("cannot list recipes in {}", dir.display())]
    Unreadable {
        /// The directory.
        dir: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// A recipe file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A recipe is wrong.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A component depends on one that is not there.
    #[error("recipe {recipe}: ComponentDependencies names {dependency}, which has no recipe")]
    UnknownDependency {
        /// The recipe.
        recipe: String,
        /// What it depends on.
        dependency: String,
    },
    /// Components wait for each other.
    #[error("recipes depend on each other in a circle: {}", recipes.join(", "))]
    Circle {
        /// Those in or behind the circle.
        recipes: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Host, Scope};

    fn recipe(name: &str, dependencies: &[&str]) -> (String, Recipe) {
        let on = |on: &&str| {
            format!("  {on}: {{VersionRequirement: \">=0.1.0\", DependencyType: SOFT}}\n")
        };
        let dependencies: String = dependencies.iter().map(on).collect();
        let text = format!(
            "RecipeFormatVersion: \"2020-01-25\"\nComponentName: {name}\n\
             ComponentVersion: \"0.1.0\"\nComponentType: aws.greengrass.generic\n\
             ComponentDescription: d\nComponentPublisher: p\nComponentDependencies:\n  \
             aws.greengrass.Cli: {{VersionRequirement: \">=2.0.0\", DependencyType: SOFT}}\n\
             {dependencies}Manifests: []\n"
        );
        (name.to_owned(), Recipe::parse(name, &text).unwrap())
    }

    #[track_caller]
    fn check(recipes: &[(&str, &[&str])], expected: &str) {
        let recipes = recipes.iter().map(|(name, on)| recipe(name, on)).collect();
        let order = in_order(recipes).map(|ordered| {
            ordered
                .into_iter()
                .map(|recipe| recipe.name)
                .collect::<Vec<_>>()
                .join(" ")
        });
        assert_eq!(order.unwrap_or_else(|error| error.to_string()), expected);
    }

    #[test]
    fn what_others_depend_on_comes_first() {
        check(&[("a", &["c"]), ("b", &[]), ("c", &["b"])], "b c a");
    }

    #[test]
    fn an_unknown_dependency_is_named() {
        check(
            &[("a", &["x"])],
            "recipe a: ComponentDependencies names x, which has no recipe",
        );
    }

    #[test]
    fn a_circle_is_named() {
        check(
            &[("a", &["b"]), ("b", &["a"])],
            "recipes depend on each other in a circle: a, b",
        );
    }

    #[test]
    fn every_recipe_of_the_suite_is_accepted_and_starts_after_the_broker() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes");
        let recipes = read(&dir).unwrap();
        assert_eq!(
            recipes.first().map(|recipe| recipe.name.as_str()),
            Some("broker")
        );
        let amd64 = Host {
            os: "linux",
            architecture: "amd64",
        };
        for recipe in &recipes {
            let scope = Scope {
                configuration: &recipe.defaults,
                artifacts: Path::new("/a"),
                work: Path::new("/w"),
                root: Path::new("/r"),
                thing: "box",
            };
            recipe.lifecycle(amd64, &scope).unwrap();
        }
    }
}
