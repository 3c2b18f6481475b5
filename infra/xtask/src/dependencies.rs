//! What may stand in the dependency tree: one rustls, ring as its only provider, no second TLS
//! stack and no old hyper. Each of those would be built, trusted and patched twice.

use std::collections::BTreeSet;

/// Packages that are there in exactly one version.
const ONE_VERSION: &[&str] = &["ring", "rustls"];

/// Packages that are not there: name, start of the version, reason.
const BANNED: &[(&str, &str, &str)] = &[
    ("aws-lc-fips-sys", "", "ring is the only provider"),
    ("aws-lc-rs", "", "ring is the only provider"),
    ("aws-lc-sys", "", "ring is the only provider"),
    ("hyper", "0.14.", "hyper 1 is the only HTTP stack"),
    ("native-tls", "", "rustls is the only TLS stack"),
    ("openssl", "", "rustls is the only TLS stack"),
    ("openssl-sys", "", "rustls is the only TLS stack"),
    ("rustls-openssl", "", "ring is the only provider"),
    ("rustls-rustcrypto", "", "ring is the only provider"),
];

/// One sentence for everything wrong with a tree printed by `cargo tree --prefix none`.
pub(crate) fn offences(tree: &str) -> Vec<String> {
    let packages: BTreeSet<_> = tree.lines().filter_map(package).collect();
    let repeated = ONE_VERSION
        .iter()
        .filter_map(|name| not_one(name, &packages));
    let banned = packages.iter().filter_map(|package| banned(*package));
    repeated.chain(banned).collect()
}

/// A package's name and version.
type Package<'a> = (&'a str, &'a str);

/// Reads `rustls v0.23.46 (*)`; the blank lines between workspace members are no package.
fn package(line: &str) -> Option<Package<'_>> {
    let mut words = line.split_whitespace();
    Some((words.next()?, words.next()?.strip_prefix('v')?))
}

fn not_one(name: &str, packages: &BTreeSet<Package<'_>>) -> Option<String> {
    let mut versions = packages
        .iter()
        .filter(|package| package.0 == name)
        .map(|package| package.1);
    match (versions.next(), versions.next()) {
        (Some(_), None) => None,
        (None, _) => Some(format!("{name} is missing, one version is expected")),
        (Some(one), Some(other)) => Some(format!(
            "{name} is there as {one} and {other}, one version is expected; \
             see `cargo tree -i {name}@{one}`"
        )),
    }
}

fn banned((name, version): Package<'_>) -> Option<String> {
    let (_, _, reason) = BANNED
        .iter()
        .find(|ban| ban.0 == name && version.starts_with(ban.1))?;
    Some(format!(
        "{name} {version} is banned: {reason}; see `cargo tree -i {name}@{version}`"
    ))
}

#[cfg(test)]
mod tests;
