//! `cargo x publish`: a release becomes objects in S3 and component versions in Greengrass.
//!
//! Promise: nothing is sent of a release that is not whole and signed; what is there already is
//! compared and left alone, and never replaced; so a publication that was interrupted is started
//! again and goes on. What `--dry-run` prints is what is sent.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use kit::signing::PublicKey;
use release::{File, Release, ReleaseError, published};
use serde::Serialize;
use wire::Sha256;

use crate::cloud::{Cloud, CloudArgs, CloudError};
use crate::output::{json, note};
use crate::package::RELEASE;

mod component;
mod object;

/// Where lists, their signatures and bills of materials are in the bucket.
const PAPERS: &str = "releases";

/// Bring a release to the cloud, as artifacts and component versions.
#[derive(Debug, Clone, Args)]
pub(crate) struct Publish {
    /// List of the release, as `package` printed it.
    #[arg(long)]
    set: PathBuf,
    /// A key whose releases are believed.
    #[arg(long, required = true, value_name = "KEY", allow_hyphen_values = true)]
    trust: Vec<PublicKey>,
    /// The bucket of artifacts.
    #[arg(long)]
    bucket: String,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Print what would be sent, as JSON, and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Also publish what was not built here, or from a tree with changes of its own.
    #[arg(long)]
    rehearsal: bool,
}

/// Everything that is sent, in this order.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Publication {
    objects: Vec<Object>,
    component_versions: Vec<ComponentVersion>,
}

/// `PutObject`.
#[derive(Debug, Clone, Serialize)]
struct Object {
    bucket: String,
    key: String,
    bytes: u64,
    sha256: Sha256,
    #[serde(skip)]
    path: PathBuf,
}

/// `CreateComponentVersion`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ComponentVersion {
    inline_recipe: String,
    tags: BTreeMap<String, String>,
    client_token: String,
    #[serde(skip)]
    name: String,
    #[serde(skip)]
    version: String,
}

impl Publish {
    /// Publishes.
    pub(crate) async fn run(self) -> Result<(), PublishError> {
        let release = Release::open(&self.set, &self.trust)?;
        release.verify()?;
        let source = &release.set.source;
        let is_real = source.profile == RELEASE && !source.commit.ends_with("-changed");
        if !is_real && !self.rehearsal {
            return Err(PublishError::Rehearsal {
                profile: source.profile.clone(),
                commit: source.commit.clone(),
            });
        }
        let publication = Publication::of(&release, &self.bucket)?;
        if self.dry_run {
            json(&publication);
            return Ok(());
        }
        let cloud = self.cloud.connect().await?;
        publication.send(&cloud).await?;
        note(format_args!("release {} is published", release.set.version));
        Ok(())
    }
}

impl Publication {
    fn of(release: &Release, bucket: &str) -> Result<Self, PublishError> {
        let (mut objects, mut component_versions) = (Vec::new(), Vec::new());
        let object = |file: &File, key: String| Object {
            bucket: bucket.to_owned(),
            key,
            bytes: file.bytes,
            sha256: file.sha256,
            path: release.path(&file.path),
        };
        for (name, component) in &release.set.components {
            let artifacts = component.artifacts.iter();
            objects.extend(artifacts.map(|file| object(file, file.path.to_string())));
            let path = release.path(&component.recipe.path);
            let text =
                fs::read_to_string(&path).map_err(|source| ReleaseError::Read { path, source })?;
            let recipe = published(&text, bucket);
            component_versions.push(ComponentVersion::new(name.as_str(), component, recipe));
        }
        let sbom = &release.set.sbom;
        objects.push(object(sbom, format!("{PAPERS}/{}", sbom.path)));
        for path in release.papers() {
            objects.push(Object::of(path, bucket)?);
        }
        Ok(Self {
            objects,
            component_versions,
        })
    }

    async fn send(&self, cloud: &Cloud) -> Result<(), PublishError> {
        for object in &self.objects {
            object.send(cloud).await?;
        }
        for version in &self.component_versions {
            version.send(cloud).await?;
        }
        for version in &self.component_versions {
            version.deployable(cloud).await?;
        }
        Ok(())
    }
}

/// A release cannot be published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    /// It is not whole, or not signed.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// Nobody could make it again.
    #[error(
        "the programs are {profile:?} of commit {commit}, which nobody can make again; package a \
         commit without changes, or say --rehearsal"
    )]
    Rehearsal {
        /// Where programs come from.
        profile: String,
        /// The commit.
        commit: String,
    },
    /// The cloud refuses.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The name of an object is taken.
    #[error(
        "s3://{bucket}/{key} is there with other contents; versions never change, package a higher \
         --version"
    )]
    Taken {
        /// The bucket.
        bucket: String,
        /// The object.
        key: String,
    },
    /// The version of a component is taken.
    #[error(
        "component {name} {version} is in Greengrass with another recipe or other artifacts; versions \
         never change, package a higher --version"
    )]
    Other {
        /// The component.
        name: String,
        /// Its version.
        version: String,
    },
    /// Greengrass cannot use a component.
    #[error("Greengrass cannot deploy {name} {version}: {state}: {why}")]
    Broken {
        /// The component.
        name: String,
        /// Its version.
        version: String,
        /// Its state.
        state: String,
        /// Greengrass's words.
        why: String,
    },
    /// Greengrass takes too long.
    #[error("{name} {version} is still {state} after {waited_s} s; start again to go on waiting")]
    Late {
        /// The component.
        name: String,
        /// Its version.
        version: String,
        /// Its state.
        state: String,
        /// How long it was waited.
        waited_s: u64,
    },
}
