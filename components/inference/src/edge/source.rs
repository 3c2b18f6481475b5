//! Where bundles come from: a directory, and a bucket; `MODEL/VERSION/FILE` in both.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use kit::signing::PublicKey;
use wire::Word;

use crate::config::{Config, S3};
use crate::edge::bundle::{self, BundleError};
use crate::edge::store;

mod bucket;

use bucket::Bucket;

/// Most versions of a model that are looked at.
const VERSIONS_MAX: usize = 1_000;

/// A place with bundles.
#[derive(Debug)]
pub(crate) enum Source {
    /// On this machine.
    Directory(PathBuf),
    /// In the cloud.
    Bucket(Bucket),
}

/// Versions that are there, each with what changes when its files do.
pub(crate) type Offered = BTreeMap<u32, String>;

impl Source {
    /// The places of a configuration.
    pub(crate) async fn of(config: &Config) -> Vec<Self> {
        let directory = config.bundles.directory.clone().map(Self::Directory);
        let bucket = match &config.s3 {
            S3 { bucket, .. } if bucket.is_empty() => None,
            s3 => Some(Self::Bucket(Bucket::new(s3).await)),
        };
        directory.into_iter().chain(bucket).collect()
    }

    /// Whether it is `directory` or `bucket`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Directory(_) => "directory",
            Self::Bucket(_) => "bucket",
        }
    }

    /// The versions of a model.
    pub(crate) async fn offered(&self, model: &Word) -> Result<Offered, SourceError> {
        match self {
            Self::Directory(directory) => {
                let path = directory.join(model.as_str());
                listed(&path).map_err(|source| SourceError::File { path, source })
            }
            Self::Bucket(bucket) => bucket.offered(model).await,
        }
    }

    /// Brings a version into an empty directory; nothing but its signature is checked.
    pub(crate) async fn fetch(
        &self,
        model: &Word,
        version: u32,
        keys: &[PublicKey],
        into: &Path,
    ) -> Result<(), SourceError> {
        match self {
            Self::Directory(directory) => {
                let path = directory.join(model.as_str()).join(version.to_string());
                store::copy(&path, into).map_err(|source| SourceError::File { path, source })
            }
            Self::Bucket(bucket) => bucket.fetch(model, version, keys, into).await,
        }
    }
}

fn listed(path: &Path) -> io::Result<Offered> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Offered::new()),
        entries => entries?,
    };
    let mut offered = Offered::new();
    for entry in entries.take(VERSIONS_MAX) {
        let entry = entry?;
        let name = entry.file_name();
        if let Some(version) = name.to_str().and_then(|name| name.parse().ok()) {
            offered.insert(version, print(&entry.path()));
        }
    }
    Ok(offered)
}

/// Sizes, places and times of a bundle's files.
fn print(directory: &Path) -> String {
    let sums = [bundle::SUMS, bundle::SIGNATURE];
    let names = bundle::FILES.iter().map(|(name, _)| *name).chain(sums);
    let file = |name| match fs::symlink_metadata(directory.join(name)) {
        Ok(kind) => {
            let time = kind.mtime_nsec();
            format!("{} {} {} {time}", kind.ino(), kind.len(), kind.mtime())
        }
        Err(_) => "-".to_owned(),
    };
    names.map(file).collect::<Vec<_>>().join("/")
}

/// Bundles cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The bucket does not answer, or refuses.
    #[error("the bucket says: {0}")]
    Bucket(String),
    /// The bundle is not even signed.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}
