//! The files that people wrote, as the rules see them.

use std::fs;
use std::path::Path;

/// Directories that are built or fetched.
const BUILT: &[&str] = &["dist", "node_modules", "target"];

/// A file of the repository: its path from the root, with slashes, and its text.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    pub(super) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }

    pub(super) fn has_extension(&self, extensions: &[&str]) -> bool {
        let extension = self.path.rsplit_once('.').map(|(_, extension)| extension);
        extension.is_some_and(|found| extensions.contains(&found))
    }

    /// The lines, counted from one.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// Every text file that is not built, fetched or hidden, in no particular order.
pub(super) fn read() -> Vec<File> {
    let mut files = Vec::new();
    let mut directories = names("").into_iter().collect::<Vec<_>>();
    while let Some(path) = directories.pop() {
        let place = root().join(&path);
        if place.is_dir() {
            directories.extend(
                names(&path)
                    .into_iter()
                    .map(|name| format!("{path}/{name}")),
            );
        } else if let Ok(text) = fs::read_to_string(place) {
            files.push(File::new(path, text));
        }
    }
    files
}

/// The names in one directory of the repository, but for what is built, fetched or hidden.
pub(super) fn names(directory: &str) -> Vec<String> {
    fs::read_dir(root().join(directory))
        .expect("directories of the repository can be listed")
        .map(|entry| entry.expect("entries can be read").file_name())
        .map(|name| name.into_string().expect("names are UTF-8"))
        .filter(|name| !name.starts_with('.') && !BUILT.contains(&name.as_str()))
        .collect()
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
