//! The bucket of backups, as an operator sees it.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::DisplayErrorContext;
use clap::Args;
use kit::digest::Digesting;
use replica_sync::backup::{SUFFIX, fits};
use serde::Serialize;
use tokio::time::timeout;
use wire::{BoxId, PropertyId};

use crate::bucket::{Place, REQUEST};
use crate::local;
use crate::property::{Property, PropertyError};

/// Most pages of a listing: 1,000 objects each, some eight years of nights.
const PAGES_MAX: usize = 3;

/// Where backups are in the cloud.
#[derive(Debug, Clone, Args)]
pub(crate) struct Cloud {
    /// Where the property, or the local hotel, is kept.
    #[arg(long, default_value = ".local")]
    pub(super) dir: PathBuf,
    /// The hotel; that of DIR when not said.
    #[arg(long)]
    property: Option<PropertyId>,
    /// The box; all of the hotel when not said.
    #[arg(long = "box", value_name = "BOX")]
    box_id: Option<BoxId>,
    #[command(flatten)]
    place: Place,
}

/// An open bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    client: Client,
    name: String,
    /// Where backups of the hotel begin.
    prefix: String,
    box_id: Option<BoxId>,
}

/// A backup in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Stored {
    /// Its name; names sort by time.
    pub(super) name: String,
    /// The object's name.
    pub(super) key: String,
    /// Its size.
    pub(super) bytes: u64,
}

impl Cloud {
    /// Prepares to talk to the bucket; nothing is sent yet.
    pub(super) async fn open(&self) -> Result<Bucket, CloudError> {
        let hotel = local::hotel(&self.dir);
        let property = match (&self.property, &hotel) {
            (Some(property), _) => property.clone(),
            (None, Some(hotel)) => hotel.property.clone(),
            (None, None) => Property::open(&self.dir)?.record().property.clone(),
        };
        let place = self.place.open(hotel.as_ref(), |s3| &s3.backups).await;
        let (client, name) = place.ok_or(CloudError::NoBucket)?;
        Ok(Bucket {
            client,
            name,
            prefix: format!("v1/backup/property={property}/"),
            box_id: self.box_id.clone(),
        })
    }
}

impl Bucket {
    /// Every backup, the oldest first.
    pub(super) async fn list(&self) -> Result<Vec<Stored>, CloudError> {
        let prefix = match &self.box_id {
            None => self.prefix.clone(),
            Some(box_id) => format!("{}box={box_id}/", self.prefix),
        };
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.name)
            .prefix(prefix)
            .into_paginator()
            .send();
        let mut stored = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = timeout(REQUEST, pages.next()).await.map_err(|_| late())?;
            let Some(page) = page else { break };
            let page = page.map_err(|error| failed(DisplayErrorContext(&error)))?;
            stored.extend(page.contents().iter().filter_map(|object| {
                let key = object.key()?.to_owned();
                let (_, name) = key.rsplit_once('/')?;
                let bytes = u64::try_from(object.size()?).ok()?;
                let name = name.contains(SUFFIX).then(|| name.to_owned())?;
                Some(Stored { name, key, bytes })
            }));
        }
        stored.sort_unstable();
        Ok(stored)
    }

    /// The backup of that name, or the newest.
    pub(super) async fn choose(&self, name: Option<&str>) -> Result<Stored, CloudError> {
        let mut stored = self.list().await?;
        let chosen = match name {
            None => stored.pop(),
            Some(name) => stored.into_iter().find(|stored| stored.name == name),
        };
        chosen.ok_or_else(|| CloudError::NoBackup {
            place: format!("{}/{}", self.name, self.prefix),
        })
    }

    /// Fetches a backup into a file, and sees whether it has the digest in its name.
    pub(super) async fn fetch(&self, stored: &Stored, to: &Path) -> Result<(), CloudError> {
        let request = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(&stored.key)
            .send();
        let answer = timeout(REQUEST, Box::pin(request))
            .await
            .map_err(|_| late())?;
        let mut answer = answer.map_err(|error| failed(DisplayErrorContext(&error)))?;
        let written = |source| CloudError::Write {
            file: to.to_owned(),
            source,
        };
        let mut file = File::create(to).map_err(written)?;
        let mut digest = Digesting::new();
        loop {
            let chunk = timeout(REQUEST, answer.body.next())
                .await
                .map_err(|_| late())?;
            let Some(chunk) = chunk else { break };
            let chunk = chunk.map_err(failed)?;
            digest.add(&chunk);
            file.write_all(&chunk).map_err(written)?;
        }
        file.sync_all().map_err(written)?;
        if fits(&stored.name, &digest.finish()) {
            return Ok(());
        }
        Err(CloudError::Changed {
            key: stored.key.clone(),
        })
    }
}

fn late() -> CloudError {
    CloudError::Bucket("no answer in time".to_owned())
}

fn failed(error: impl std::fmt::Display) -> CloudError {
    CloudError::Bucket(error.to_string())
}

/// The cloud does not give a backup.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CloudError {
    /// Nothing says where.
    #[error("no local hotel is here: name the bucket with --bucket NAME")]
    NoBucket,
    /// Nothing says whose.
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// The bucket does not answer, or says no.
    #[error("the bucket does not give it: {0}")]
    Bucket(String),
    /// It is not there.
    #[error("there is no such backup below {place}")]
    NoBackup {
        /// Where was looked.
        place: String,
    },
    /// It is not what was uploaded.
    #[error("{key} was changed: its content does not have the digest in its name")]
    Changed {
        /// The object.
        key: String,
    },
    /// The file cannot be written.
    #[error("cannot write {}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}
