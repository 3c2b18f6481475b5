//! Why a recipe cannot be used; every message names the recipe and the key.

use super::form::FormError;

/// The recipe cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecipeError {
    /// The text is not a recipe, or holds something that is not interpreted here.
    #[error("recipe {recipe}")]
    Form {
        /// The recipe.
        recipe: String,
        /// What and where.
        source: FormError,
    },
    /// A key that may say only one thing says another.
    #[error("recipe {recipe}: {key} is {got:?}, must be {expected:?}")]
    Unexpected {
        /// The recipe.
        recipe: String,
        /// The key.
        key: String,
        /// What it says.
        got: String,
        /// What it must say.
        expected: String,
    },
    /// No manifest is for this machine.
    #[error("recipe {recipe}: no manifest is for {host}")]
    NoManifest {
        /// The recipe.
        recipe: String,
        /// The machine.
        host: String,
    },
    /// A number that a nucleus may render as `300.0`.
    #[error("recipe {recipe}: configuration {pointer} is the number {number}, put it in quotes")]
    Number {
        /// The recipe.
        recipe: String,
        /// JSON pointer of the key.
        pointer: String,
        /// The number.
        number: String,
    },
    /// A deployment sets a key that the recipe does not declare.
    #[error("recipe {recipe}: configuration {pointer} is not in DefaultConfiguration")]
    Undeclared {
        /// The recipe.
        recipe: String,
        /// JSON pointer of the key.
        pointer: String,
    },
    /// A variable cannot be replaced.
    #[error("recipe {recipe}: {key}: {{{variable}}} {problem}")]
    Variable {
        /// The recipe.
        recipe: String,
        /// Where it stands: `startup.Script`.
        key: String,
        /// The text between the braces.
        variable: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The lifecycle does not say what to run.
    #[error("recipe {recipe}: Lifecycle needs either startup or run")]
    Lifecycle {
        /// The recipe.
        recipe: String,
    },
    /// A time-out is not a number of seconds.
    #[error("recipe {recipe}: {key} is {got:?}, must be a number of seconds from 1 to 3600")]
    Timeout {
        /// The recipe.
        recipe: String,
        /// The key.
        key: String,
        /// What it says.
        got: String,
    },
}
