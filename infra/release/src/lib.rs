//! A release: one version of the whole suite, as it is packed, published and installed.
//!
//! ```text
//! dist/set-0.2.0.json        every file of the release with its size and SHA-256
//! dist/set-0.2.0.json.sig    Ed25519 (RFC 8032) over it, base64url
//! dist/sbom-0.2.0.cdx.json   what it was built from (CycloneDX 1.5)
//! dist/COMPONENT/VERSION/    recipe.yaml, and the artifacts that the recipe names
//! ```
//!
//! Promises: nothing of a release is believed before the signature of a known key over the list, and
//! the digest of each file, were found right; a list never names a file outside its directory.
//! Deliberately left out: building (`infra/delivery`), and running (`edgectl`).

pub mod archive;

mod digest;
mod error;
mod place;
mod recipe;
mod set;
mod store;
mod version;

pub use digest::{Summed, copy, sum};
pub use error::ReleaseError;
pub use place::{BadPlace, Place};
pub use recipe::{Recipe, RecipeError, defaults, published};
pub use set::{COMPONENTS_MAX, Component, File, RECIPE_BYTES_MAX, Set, Source};
pub use store::{Release, set_file, signature_file, write};
pub use version::{BadVersion, Version};
