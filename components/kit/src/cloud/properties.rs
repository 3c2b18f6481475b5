//! The hotels that a server in the cloud serves: their registration records, in a directory.
//!
//! A record is a file `*.json`, or `registration.json` in a directory of its own. A record that
//! comes is served from then on; one that goes ends the sessions of its hotel: so a stolen box is
//! ended. A record that cannot be read is no record, and is logged; a directory that cannot be
//! read changes nothing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::ca::Registration;
use crate::credential::Verifier;
use crate::error::Chain;
use crate::identity::Realm;

/// How often the directory is looked at.
const EVERY: Duration = Duration::from_secs(5);
/// Most hotels of one server.
const MOST: usize = 10_000;
/// Largest record, in bytes.
const RECORD_MAX: u64 = 64 * 1024;
/// The record in a directory of its own.
const RECORD: &str = "registration.json";

/// Hotels with the certificates of their CAs.
pub type Anchors = BTreeMap<Realm, Vec<CertificateDer<'static>>>;

/// Reads every record.
pub fn read(directory: &Path) -> Result<Anchors, ReadError> {
    let failed = |source| ReadError {
        directory: directory.to_owned(),
        source,
    };
    let mut anchors = Anchors::new();
    for entry in fs::read_dir(directory).map_err(failed)?.take(MOST) {
        let Some(path) = record(entry.map_err(failed)?.path()) else {
            continue;
        };
        match registered(&path) {
            Ok((realm, anchor)) => anchors.entry(realm).or_default().push(anchor),
            Err(reason) => {
                tracing::warn!(path = %path.display(), reason, "registration record is not usable");
            }
        }
    }
    Ok(anchors)
}

/// Whose credentials are believed.
pub fn verifier(anchors: &Anchors) -> Verifier {
    Verifier::of_properties(anchors.clone())
}

/// Follows the directory until the stop; `changed` hears what is there now, and what was before.
pub async fn follow(
    directory: PathBuf,
    mut known: Anchors,
    changed: impl Fn(&Anchors, &Anchors),
    stop: CancellationToken,
) {
    while stop
        .run_until_cancelled(tokio::time::sleep(EVERY))
        .await
        .is_some()
    {
        let place = directory.clone();
        match spawn_blocking(move || read(&place)).await {
            Ok(Ok(anchors)) if anchors != known => {
                tracing::info!(properties = anchors.len(), "registration records changed");
                changed(&anchors, &known);
                known = anchors;
            }
            Ok(Ok(_)) | Err(_) => {}
            Ok(Err(error)) => tracing::warn!(error = %Chain(&error), "registration records stay"),
        }
    }
}

fn record(path: PathBuf) -> Option<PathBuf> {
    if path.is_dir() {
        let record = path.join(RECORD);
        return record.is_file().then_some(record);
    }
    path.extension()
        .is_some_and(|extension| extension == "json")
        .then_some(path)
}

fn registered(path: &Path) -> Result<(Realm, CertificateDer<'static>), String> {
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(RECORD_MAX).read_to_end(&mut text))
        .map_err(|error| error.to_string())?;
    let record = Registration::parse(&text).map_err(|error| Chain(&error).to_string())?;
    let anchor =
        CertificateDer::from_pem_slice(record.ca.as_bytes()).map_err(|error| error.to_string())?;
    Ok((record.realm(), anchor))
}

/// The directory cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read registration records in {directory}", directory = directory.display())]
pub struct ReadError {
    directory: PathBuf,
    source: io::Error,
}

#[cfg(test)]
mod tests;
