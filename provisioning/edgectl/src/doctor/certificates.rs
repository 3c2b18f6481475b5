//! Certificates' days and keys' permissions.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use kit::clock::Clock;
use kit::identity::{CERT_FILE, KEY_FILE};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::finding::Finding;
use crate::first_boot::Layout;

const DAY_S: i64 = 86_400;
/// A leaf renews itself with thirty days left; with fewer, that has failed for some time.
const WATCH_DAYS: i64 = 25;
/// Permission bits of group and others.
const OTHERS: u32 = 0o077;

/// Every key is for its owner only.
pub(super) fn keys(dir: &Path) -> Vec<Finding> {
    let mut exposed = Vec::new();
    let mut seen = 0;
    for file in key_files(dir) {
        let Ok(attributes) = fs::metadata(&file) else {
            continue;
        };
        seen += 1;
        let mode = attributes.permissions().mode() & 0o777;
        if mode & OTHERS != 0 {
            exposed.push(format!("{} {mode:04o}", file.display()));
        }
    }
    if exposed.is_empty() {
        return vec![Finding::well(
            "keys",
            format!("{seen}, each for its owner only"),
        )];
    }
    let advice =
        "chmod 600 the file; if others had accounts here, treat the key as known: rotate it";
    vec![Finding::wrong("keys", exposed.join(", "), advice)]
}

/// Where keys are on a box.
fn key_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = vec![dir.join("property/ca.key"), dir.join("authority/ca/ca.key")];
    files.push(dir.join("provisioning/thing").join(KEY_FILE));
    files.extend(
        identities(dir)
            .into_iter()
            .map(|(_, dir)| dir.join(KEY_FILE)),
    );
    files
}

/// Every identity with its owner's name: of components, and of those that `edgectl` keeps.
fn identities(dir: &Path) -> Vec<(String, PathBuf)> {
    let listed = |dir: PathBuf| fs::read_dir(dir).into_iter().flatten().flatten();
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let own = listed(dir.to_owned()).map(|entry| entry.path().join("identity"));
    let kept = listed(dir.join("identity")).map(|entry| entry.path());
    let own = own.filter_map(|path| Some((name(path.parent()?)?, path.clone())));
    let kept = kept.filter_map(|path| Some((name(&path)?, path.clone())));
    let mut all: Vec<_> = own
        .chain(kept)
        .filter(|(_, dir)| dir.join(CERT_FILE).exists())
        .collect();
    all.sort();
    all
}

/// Every certificate is good for a while.
pub(super) fn leaves(dir: &Path, layout: &Layout, clock: &Clock) -> Vec<Finding> {
    let now = i64::try_from(clock.wall().value() / 1000).unwrap_or(i64::MAX);
    let component =
        "if its component runs, see its log; otherwise edgectl component issue NAME --renew";
    let thing = "rotate it: edgectl rotate; if it ended, make claim and image again";
    let mut findings: Vec<_> = identities(dir)
        .into_iter()
        .map(|(name, dir)| {
            leaf(
                &format!("certificate {name}"),
                &dir.join(CERT_FILE),
                now,
                component,
            )
        })
        .collect();
    let of_thing = layout.papers().certificate;
    if of_thing.exists() {
        findings.push(leaf("certificate of AWS IoT", &of_thing, now, thing));
    }
    findings
}

fn leaf(check: &str, file: &Path, now: i64, advice: &'static str) -> Finding {
    let Some(until) = not_after(file) else {
        return Finding::wrong(check, format!("{} cannot be read", file.display()), advice);
    };
    judge(check, (until - now).div_euclid(DAY_S), advice)
}

fn judge(check: &str, days: i64, advice: &'static str) -> Finding {
    let found = format!("{days} days left");
    if days < 0 {
        Finding::wrong(check, format!("ended {} days ago", -days), advice)
    } else if days < WATCH_DAYS {
        Finding::watch(check, found, advice)
    } else {
        Finding::well(check, found)
    }
}

/// Unix seconds until which the first certificate of a file is good.
fn not_after(file: &Path) -> Option<i64> {
    let der = CertificateDer::from_pem_file(file).ok()?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).ok()?;
    Some(certificate.validity().not_after.timestamp())
}

#[cfg(test)]
mod tests {
    use super::super::finding::Health;
    use super::*;

    #[test]
    fn days_decide() {
        let health = |days| judge("x", days, "renew").health;
        let expected = [Health::Wrong, Health::Watch, Health::Watch, Health::Well];
        assert_eq!([-1, 0, 24, 25].map(health), expected);
    }

    #[test]
    fn a_key_that_others_may_read_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let thing = dir.path().join("provisioning/thing");
        fs::create_dir_all(&thing).unwrap();
        let key = thing.join(KEY_FILE);
        fs::write(&key, "x").unwrap();
        let set = |mode| fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        set(0o600);
        assert_eq!(keys(dir.path())[0].health, Health::Well);
        set(0o640);
        let found = keys(dir.path());
        assert_eq!(found[0].health, Health::Wrong);
        assert!(
            found[0].found.ends_with("key.pem 0640"),
            "{}",
            found[0].found
        );
    }
}
