//! The last good configuration, on disk: what a component starts with when a deployment brings one that
//! it cannot use.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wire::Component;

use crate::ca::files::{WriteError, write_secret};
use crate::digest::sha256;

/// Name of the file in the data directory.
const FILE: &str = "configuration.json";
/// Names the data directory, for when there is no configuration that could; the supervisor sets it.
pub(crate) const DATA_VARIABLE: &str = "HOTEL_DATA";
/// Where recipes put data directories, for when nothing says where.
const USUAL: &str = "/var/lib/hotel";
/// Beside it: how often a new one was tried.
const TRIAL: &str = "trial";
/// How often a start may fail with a new configuration before the last good one is used instead: as
/// often as a nucleus would bear.
pub(crate) const TRIES: u32 = 3;
/// Largest file that is read, in bytes: the nuclei carry less.
const BYTES_MAX: u64 = 1024 * 1024;

/// The file of the last good configuration.
///
/// It may hold secrets: its owner alone may read it. It is replaced whole, and on the disk before the
/// old one is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept(PathBuf);

impl Kept {
    /// Where a configuration says its data is, however little else of it can be used.
    pub(crate) fn beside(component: Component, configuration: Option<&Value>) -> Self {
        let said = configuration.and_then(|values| values.get("data_dir")?.as_str());
        let named = env::var_os(DATA_VARIABLE).map(PathBuf::from);
        let mut places = said.map(PathBuf::from).into_iter().chain(named);
        let usual = || Path::new(USUAL).join(component.as_str()).join("data");
        let dir = places.find(|dir| dir.is_absolute()).unwrap_or_else(usual);
        Self(dir.join(FILE))
    }

    /// The configuration; none where nothing usable is kept.
    pub(crate) fn read(&self) -> Option<Value> {
        let small = fs::metadata(&self.0).ok()?.len() <= BYTES_MAX;
        let text = fs::read(&self.0).ok().filter(|_| small)?;
        serde_json::from_slice(&text).ok()
    }

    /// Counts a start with a configuration that is not kept yet; how many there were before. A count
    /// that cannot be kept is none: better a new start than a configuration that nobody asked for.
    pub(crate) fn try_out(&self, configuration: &Value) -> u32 {
        let path = self.0.with_extension(TRIAL);
        let digest = sha256(configuration.to_string().as_bytes()).to_string();
        let text = fs::read_to_string(&path).unwrap_or_default();
        let before = text
            .split_once(' ')
            .filter(|(tried, _)| *tried == digest)
            .and_then(|(_, count)| count.parse().ok())
            .unwrap_or(0_u32);
        let count = before.saturating_add(1);
        if let Err(error) = fs::write(&path, format!("{digest} {count}")) {
            tracing::warn!(%error, "starts with a new configuration are not counted");
        }
        before
    }

    /// Keeps a configuration that was good; does nothing when it is there already.
    pub(crate) fn write(&self, configuration: &Value) -> Result<(), WriteError> {
        // There is none, mostly.
        drop(fs::remove_file(self.0.with_extension(TRIAL)));
        if self.read().as_ref() == Some(configuration) {
            return Ok(());
        }
        write_secret(&self.0, configuration.to_string().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_kept_is_read_and_others_cannot() {
        let dir = tempfile::tempdir().unwrap();
        let configuration = json!({"data_dir": dir.path(), "secret": "x"});
        let kept = Kept::beside(Component::Uplink, Some(&configuration));
        assert_eq!(kept.read(), None);
        kept.write(&configuration).unwrap();
        assert_eq!(kept.read(), Some(configuration));
        let mode = fs::metadata(dir.path().join(FILE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn starts_are_counted_for_each_new_configuration_until_one_is_good() {
        let dir = tempfile::tempdir().unwrap();
        let of = |value: u32| json!({"data_dir": dir.path(), "value": value});
        let kept = Kept::beside(Component::Uplink, Some(&of(1)));
        let tried = [1, 1, 2, 1].map(|value| kept.try_out(&of(value)));
        assert_eq!(tried, [0, 1, 0, 0]);
        kept.write(&of(1)).unwrap();
        assert_eq!(kept.try_out(&of(1)), 0);
    }

    #[test]
    fn half_a_file_counts_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::beside(Component::Uplink, Some(&json!({"data_dir": dir.path()})));
        fs::write(dir.path().join(FILE), "{\"tenant\":").unwrap();
        assert_eq!(kept.read(), None);
    }

    #[test]
    fn a_configuration_without_a_place_leads_to_the_usual_one() {
        for configuration in [json!({}), json!({"data_dir": 7}), json!({"data_dir": "x"})] {
            let kept = Kept::beside(Component::Uplink, Some(&configuration));
            assert_eq!(
                kept.0,
                Path::new("/var/lib/hotel/uplink/data/configuration.json")
            );
        }
    }
}
