//! The systemd units that we ship are as closed as they can be.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotel_tests::hotel::repository;

/// Highest exposure that a unit of ours may have, in tenths: "ok" in the words of
/// systemd-analyze(1), which calls everything above 5.0 "medium" or worse.
const EXPOSURE_MAX: &str = "50";

/// What systemd says against a unit; nothing if it is closed enough.
fn complaint(unit: &Path) -> Option<String> {
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    let output = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager", &threshold])
        .arg(unit)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (!output.status.success()).then(|| String::from_utf8_lossy(&said).into_owned())
}

fn units(dir: &Path) -> Vec<PathBuf> {
    let (mut waiting, mut found) = (vec![dir.to_owned()], Vec::new());
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "service")
            {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_unit_of_ours_is_closed_as_far_as_it_can_be() {
    let open: Vec<_> = units(&repository().join("provisioning"))
        .iter()
        .filter_map(|unit| Some(format!("{}\n{}", unit.display(), complaint(unit)?)))
        .collect();
    assert!(open.is_empty(), "{}", open.join("\n"));
}

#[test]
fn an_open_unit_is_complained_about() {
    let dir = tempfile::tempdir().unwrap();
    let unit = dir.path().join("open.service");
    fs::write(&unit, "[Service]\nExecStart=/bin/true\n").unwrap();
    assert!(complaint(&unit).is_some());
}
