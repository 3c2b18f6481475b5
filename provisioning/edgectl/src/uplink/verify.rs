//! Compares the spool with the bucket, with an operator's own rights: the box itself cannot list what
//! it has uploaded.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use aws_sdk_s3::error::DisplayErrorContext;
use clap::Args;
use serde::Serialize;
use tokio::time::timeout;
use wire::record::Stream;
use wire::request::Nothing;
use wire::uplink::{VERIFY, Verified};
use wire::{BoxId, PropertyId};

use super::ranges::{self, Range};
use crate::bucket::{Place, REQUEST};
use crate::local;
use crate::operator::{Access, OperatorError};
use crate::output::{json, say};

/// How long the spool may be counted: a full one has some millions of records.
const WAIT: Duration = Duration::from_mins(2);
/// Most pages of a listing, 1,000 objects each: three months of a box that sends every minute.
const PAGES_MAX: usize = 600;

/// Arguments of `uplink verify`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    access: Access,
    /// Without a bucket only the spool is looked at.
    #[command(flatten)]
    place: Place,
    /// The box; in a local hotel its own.
    #[arg(long = "box", value_name = "BOX", requires = "bucket")]
    box_id: Option<BoxId>,
    /// The bucket's rules have removed what is old: the beginning may be missing.
    #[arg(long)]
    aged: bool,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// What was found of a stream.
#[derive(Debug, Clone, Serialize)]
struct Found {
    stream: Stream,
    /// Objects in the bucket; none when it was not looked at.
    objects: Option<usize>,
    faults: Vec<String>,
}

impl Verify {
    /// Does it; the exit code is 1 when something does not hold.
    pub(super) fn run(&self) -> Result<ExitCode, VerifyError> {
        // The spool moves while the bucket is listed, so it is asked twice: what is wrong was wrong
        // before and is wrong after.
        let before: Verified = self.ask()?;
        let listed = self.listed()?;
        let after: Verified = self.ask()?;
        let found = before
            .streams
            .iter()
            .zip(&after.streams)
            .map(|(before, after)| {
                let objects = listed
                    .as_ref()
                    .map(|listed| listed.get(&before.stream).cloned().unwrap_or_default());
                let judge = |verified| ranges::faults(verified, objects.as_deref(), self.aged);
                let (mut faults, still) = (judge(before), judge(after));
                faults.retain(|fault| still.contains(fault));
                Found {
                    stream: before.stream,
                    objects: objects.as_ref().map(Vec::len),
                    faults,
                }
            });
        let found: Vec<_> = found.collect();
        if self.json {
            json(&found);
        } else {
            found.iter().for_each(show);
        }
        let is_sound = found.iter().all(|found| found.faults.is_empty());
        Ok(if is_sound {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn ask(&self) -> Result<Verified, OperatorError> {
        super::ask(&self.access, VERIFY, Nothing {}, WAIT)
    }

    /// The places in the bucket, by stream.
    fn listed(&self) -> Result<Option<BTreeMap<Stream, Vec<Range>>>, VerifyError> {
        let hotel = local::hotel(self.access.dir());
        let box_id = self.box_id.clone();
        let box_id = box_id.or_else(|| Some(hotel.as_ref()?.box_id.clone()));
        let property = self.access.identity()?.spiffe.property.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(OperatorError::Runtime)?;
        runtime.block_on(async {
            let place = self.place.open(hotel.as_ref(), |s3| &s3.bucket).await;
            let Some((client, bucket)) = place else {
                return Ok(None);
            };
            let box_id = box_id.ok_or(VerifyError::NoBox)?;
            let mut ranges = BTreeMap::new();
            for stream in Stream::ALL {
                let prefix = prefix(*stream, &property, &box_id);
                ranges.insert(*stream, list(&client, &bucket, &prefix).await?);
            }
            Ok(Some(ranges))
        })
    }
}

fn prefix(stream: Stream, property: &PropertyId, box_id: &BoxId) -> String {
    format!("v1/stream={stream}/property={property}/box={box_id}/")
}

async fn list(
    client: &aws_sdk_s3::Client,
    bucket: &str,
    prefix: &str,
) -> Result<Vec<Range>, VerifyError> {
    let request = client.list_objects_v2().bucket(bucket).prefix(prefix);
    let mut pages = request.into_paginator().send();
    let mut ranges = Vec::new();
    for _ in 0..PAGES_MAX {
        let page = timeout(REQUEST, pages.next()).await;
        let page = page.map_err(|_| VerifyError::Bucket("no answer in time".to_owned()))?;
        let Some(page) = page else {
            return Ok(ranges);
        };
        let failed = |error| VerifyError::Bucket(DisplayErrorContext(&error).to_string());
        let page = page.map_err(failed)?;
        let keys = page.contents().iter().filter_map(|object| object.key());
        ranges.extend(keys.filter_map(ranges::of_key).map(|(_, range)| range));
    }
    Err(VerifyError::TooMany)
}

fn show(found: &Found) {
    let objects = found.objects.map_or_else(
        || "bucket not looked at".to_owned(),
        |objects| format!("{objects} objects"),
    );
    if found.faults.is_empty() {
        say(format_args!("{}: sound, {objects}", found.stream));
    }
    for fault in &found.faults {
        say(format_args!("{}: {fault} ({objects})", found.stream));
    }
}

/// Spool and bucket cannot be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    /// The component cannot be asked.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// Nothing says which box.
    #[error("no local hotel is here: name the box with --box BOX")]
    NoBox,
    /// The bucket does not answer, or says no.
    #[error("the bucket cannot be listed: {0}")]
    Bucket(String),
    /// It holds more than is listed.
    #[error("more than {PAGES_MAX},000 objects of a stream; compare them in the cloud")]
    TooMany,
}
