//! `cargo x package`: builds, collects, lists and signs.
//!
//! Promise: two builds of one commit by one compiler have the same list, wherever the tree and the
//! caches are; a release that is packed already never changes. Components that did not change since
//! an earlier release keep that version, so that boxes neither fetch nor restart them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use kit::ca::files::WriteError;
use kit::signing::SigningKey;
use release::{
    BadPlace, Component, File, Recipe, Release, ReleaseError, Set, Source, Summed, Version,
    archive, sum,
};
use wire::Word;

use crate::key::{self, KeyError};
use crate::output::{note, say};

mod build;
mod error;
mod sbom;
mod tree;

pub(crate) use error::PackageError;
use tree::Tree;

/// What programs that are not built here say in `source.profile`.
pub(crate) const FOUND: &str = "found";
/// What others do.
pub(crate) const RELEASE: &str = "release";

/// Build a release, list its files, sign the list.
#[derive(Debug, Clone, Args)]
pub(crate) struct Package {
    /// The release; the version of the workspace when not said.
    #[arg(long)]
    version: Option<Version>,
    /// Where releases are collected.
    #[arg(long, default_value = "dist")]
    out: PathBuf,
    /// The key that signs it (`cargo x key new`).
    #[arg(long)]
    key: PathBuf,
    /// List of an earlier release: components that did not change since keep its version.
    #[arg(long, value_name = "SET")]
    since: Option<PathBuf>,
    /// These components only, separated by commas: a rehearsal.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Word>,
    /// Take programs as they are found in a directory, instead of building: a rehearsal.
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// Where artifacts are that cargo does not build (pages, ONNX Runtime); `debug` of the target
    /// directory when not said, where `provisioning/local.sh` and `tests/run.sh` put them.
    #[arg(long, value_name = "DIR")]
    also: Option<PathBuf>,
    /// Directory of the recipes; that of the tree when not said.
    #[arg(long)]
    recipes: Option<PathBuf>,
}

/// Everything that packing needs to know, once.
struct Packer {
    tree: Tree,
    out: PathBuf,
    key: SigningKey,
    version: Version,
    since: Option<Release>,
    /// Directories in which artifacts are looked for, in this order.
    sources: Vec<PathBuf>,
}

impl Package {
    /// Packs.
    pub(crate) fn run(self) -> Result<(), PackageError> {
        let key = key::read(&self.key)?;
        let tree = Tree::read()?;
        let recipes = self.recipes(&tree)?;
        let version = self.version.unwrap_or(tree.version);
        let since = self.since.as_deref().map(|path| since(path, &key));
        let (programs, profile) = match self.programs {
            Some(programs) => (programs, FOUND),
            None => (build::build(&tree, &recipes)?, RELEASE),
        };
        let also = self.also.unwrap_or_else(|| tree.target.join("debug"));
        make_dir(&self.out)?;
        let packer = Packer {
            out: self.out,
            key,
            version,
            since: since.transpose()?,
            sources: vec![programs, also],
            tree,
        };
        let list = packer.pack(&recipes, profile)?;
        say(list.display());
        Ok(())
    }

    fn recipes(&self, tree: &Tree) -> Result<Vec<Recipe>, PackageError> {
        let dir = self.recipes.clone();
        let mut recipes = tree::recipes(&dir.unwrap_or_else(|| tree.root.join("recipes")))?;
        if let Some(name) = self
            .only
            .iter()
            .find(|name| !recipes.iter().any(|recipe| recipe.name == **name))
        {
            let name = name.clone();
            return Err(PackageError::NoRecipe { name });
        }
        recipes.retain(|recipe| self.only.is_empty() || self.only.contains(&recipe.name));
        Ok(recipes)
    }
}

/// An earlier release that we signed ourselves.
fn since(path: &Path, key: &SigningKey) -> Result<Release, ReleaseError> {
    let release = Release::open(path, &[key.public()])?;
    release.verify()?;
    Ok(release)
}

impl Packer {
    fn pack(&self, recipes: &[Recipe], profile: &str) -> Result<PathBuf, PackageError> {
        let mut components = BTreeMap::new();
        for recipe in recipes {
            let component = self.component(recipe)?;
            note(format_args!("packed {} {}", recipe.name, component.version));
            components.insert(recipe.name.clone(), component);
        }
        let bill = sbom::bill(&self.tree, recipes, self.version)?;
        let set = Set {
            v: 1,
            version: self.version,
            source: Source {
                commit: self.tree.commit.clone(),
                compiler: self.tree.compiler.clone(),
                profile: profile.to_owned(),
            },
            components,
            sbom: self.listed_bill(&bill)?,
        };
        self.refuse_change(&set)?;
        // Only now: the bill of a release that is packed already stays as it was signed.
        let path = self.out.join(set.sbom.path.as_str());
        kit::ca::files::write_open(&path, bill.as_bytes())?;
        Ok(release::write(&self.out, &set, &self.key)?)
    }

    fn component(&self, recipe: &Recipe) -> Result<Component, PackageError> {
        let scratch = self.out.join(format!(".{}.new", recipe.name));
        clear(&scratch)?;
        make_dir(&scratch)?;
        let mut sums = BTreeMap::new();
        for name in &recipe.artifacts {
            let path = self.fetch(recipe, name, &scratch)?;
            sums.insert(name.as_str(), summed(&path)?);
        }
        let version = self.unchanged(recipe, &sums).unwrap_or(self.version);
        let text = scratch.join(RECIPE);
        fs::write(&text, recipe.versioned(version)).map_err(failed(&text))?;
        let component = Component {
            version,
            recipe: listed(recipe, version, RECIPE, summed(&text)?)?,
            artifacts: recipe
                .artifacts
                .iter()
                .map(|name| listed(recipe, version, name, sums[name.as_str()]))
                .collect::<Result<_, _>>()?,
        };
        self.place(&component, &scratch)?;
        Ok(component)
    }

    /// Copies an artifact, or packs the directory that an archive is made of.
    fn fetch(&self, recipe: &Recipe, name: &str, scratch: &Path) -> Result<PathBuf, PackageError> {
        let to = scratch.join(name);
        for source in &self.sources {
            let from = source.join(name);
            if from.is_file() {
                fs::copy(&from, &to).map_err(failed(&to))?;
                return Ok(to);
            }
            let stem = name.strip_suffix(".zip").map(|stem| source.join(stem));
            if let Some(dir) = stem.filter(|dir| dir.is_dir()) {
                archive::pack(&dir, &to)?;
                return Ok(to);
            }
        }
        Err(PackageError::NoArtifact {
            component: recipe.name.clone(),
            name: name.to_owned(),
            places: self.sources.clone(),
        })
    }

    /// The version that a component keeps because nothing of it changed since.
    fn unchanged(&self, recipe: &Recipe, sums: &BTreeMap<&str, Summed>) -> Option<Version> {
        let since = self.since.as_ref()?;
        let before = since.set.components.get(&recipe.name)?;
        let text = recipe.versioned(before.version);
        let same = |file: &File| {
            sums.get(file.path.file())
                .is_some_and(|found| file.is(*found))
        };
        let unchanged = before.recipe.sha256 == kit::digest::sha256(text.as_bytes())
            && before.artifacts.len() == sums.len()
            && before.artifacts.iter().all(same);
        unchanged.then_some(before.version)
    }

    /// Moves the files of a component to where the list says; what is there already is the same.
    fn place(&self, component: &Component, scratch: &Path) -> Result<(), PackageError> {
        for file in component.files() {
            let to = self.out.join(file.path.as_str());
            let from = scratch.join(file.path.file());
            if to.exists() && summed(&to)?.sha256 != file.sha256 {
                return Err(PackageError::Packed { path: to });
            }
            make_dir(to.parent().unwrap_or(&self.out))?;
            fs::rename(&from, &to).map_err(failed(&to))?;
        }
        clear(scratch)
    }

    /// The bill of materials as the list names it.
    fn listed_bill(&self, bill: &str) -> Result<File, BadPlace> {
        Ok(File {
            path: format!("sbom-{}.cdx.json", self.version).parse()?,
            bytes: bill.len() as u64,
            sha256: kit::digest::sha256(bill.as_bytes()),
        })
    }

    /// A version that was packed before is the same, or it is refused.
    fn refuse_change(&self, set: &Set) -> Result<(), PackageError> {
        let path = self.out.join(release::set_file(self.version));
        if !path.exists() {
            return Ok(());
        }
        let before = Release::open(&path, &[self.key.public()])?;
        if before.set == *set {
            Ok(())
        } else {
            Err(PackageError::Packed { path })
        }
    }
}

/// The recipe's name in a release.
const RECIPE: &str = "recipe.yaml";

fn listed(
    recipe: &Recipe,
    version: Version,
    name: &str,
    Summed { bytes, sha256 }: Summed,
) -> Result<File, BadPlace> {
    let path = format!("{}/{version}/{name}", recipe.name).parse()?;
    Ok(File {
        path,
        bytes,
        sha256,
    })
}

fn summed(path: &Path) -> Result<Summed, PackageError> {
    sum(path).map_err(|source| PackageError::Read {
        path: path.to_owned(),
        source,
    })
}

fn make_dir(path: &Path) -> Result<(), PackageError> {
    fs::create_dir_all(path).map_err(failed(path))
}

fn clear(path: &Path) -> Result<(), PackageError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> PackageError {
    let path = path.to_owned();
    |source| PackageError::Write { path, source }
}
