//! The models of a local hotel: the trained ones, signed with a key that is thrown away with it.

use std::fs;
use std::path::Path;

use inference::bundle;

use super::files::{self, FileError};
use super::layout::Layout;
use super::plan::Sources;
use crate::model::{self, ModelError};

/// Where the trained models are, beside the programs.
const TRAINED: &str = "models";

/// Signs the trained models into the hotel's own directory; a version that is there is left alone.
pub(super) fn install(layout: &Layout, sources: &Sources) -> Result<(), ModelsError> {
    files::make_dir(&layout.models())?;
    if !layout.models_key().is_file() {
        model::make_key(&layout.models_key())?;
    }
    let key = model::read_key(&layout.models_key())?;
    let trained = sources.artifacts.join(TRAINED);
    for model in directories(&trained)? {
        for version in directories(&trained.join(&model))? {
            let from = trained.join(&model).join(&version);
            let to = layout.models().join(&model).join(&version);
            if to.is_dir() {
                continue;
            }
            // Whole or not there: a version that is seen is complete.
            let new = layout.models().join(format!(".{model}-{version}.new"));
            copy(&from, &new)?;
            bundle::sign(&new, &key).map_err(ModelError::from)?;
            files::make_dir(&layout.models().join(&model))?;
            fs::rename(&new, &to).map_err(|source| FileError::Write { path: to, source })?;
        }
    }
    Ok(())
}

/// Public halves of the keys that the hotel believes.
pub(super) fn keys(layout: &Layout) -> Vec<String> {
    let key = model::read_key(&layout.models_key()).ok();
    key.map(|key| key.public().text()).into_iter().collect()
}

/// Names of the directories in a directory; none when it is not there.
fn directories(path: &Path) -> Result<Vec<String>, FileError> {
    let failed = |source| FileError::Read {
        path: path.to_owned(),
        source,
    };
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_dir() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    Ok(names)
}

fn copy(from: &Path, to: &Path) -> Result<(), FileError> {
    let failed = |source| FileError::Write {
        path: to.to_owned(),
        source,
    };
    files::make_dir(to)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        fs::copy(entry.path(), to.join(entry.file_name())).map_err(failed)?;
    }
    Ok(())
}

/// The models cannot be installed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ModelsError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A bundle cannot be signed.
    #[error(transparent)]
    Model(#[from] ModelError),
}
