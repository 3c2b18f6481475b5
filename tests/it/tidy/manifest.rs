//! What the rules read from a crate's `Cargo.toml`: enough TOML for manifests of one line per key.

use super::tree::File;

/// One `key = value`; the key is written out from the top: `dependencies.kit.workspace`.
struct Entry<'a> {
    line: usize,
    key: String,
    value: &'a str,
}

/// One line about a dependency of any section.
pub(super) struct Dependency {
    pub(super) line: usize,
    pub(super) name: String,
    /// Whether the version comes from the workspace table.
    pub(super) inherited: bool,
}

/// The manifest of a workspace member; one that opens its own workspace is none.
pub(super) fn is_member(file: &File) -> bool {
    file.path.ends_with("Cargo.toml") && !file.lines().any(|(_, line)| line == "[workspace]")
}

/// The name of the crate and its line.
pub(super) fn name(file: &File) -> Option<(usize, &str)> {
    let entry = entries(file)
        .into_iter()
        .find(|entry| entry.key == "package.name")?;
    Some((entry.line, entry.value.trim_matches('"')))
}

pub(super) fn dependencies(file: &File) -> Vec<Dependency> {
    let dependency = |entry: Entry<'_>| {
        let (_, key) = entry.key.split_once("dependencies.")?;
        let (name, rest) = key.split_once('.').unwrap_or((key, ""));
        Some(Dependency {
            line: entry.line,
            name: name.to_owned(),
            inherited: matches!((rest, entry.value), ("workspace", "true"))
                || rest.is_empty() && entry.value.starts_with("{ workspace = true"),
        })
    };
    entries(file).into_iter().filter_map(dependency).collect()
}

/// Whether the lints come from the workspace table.
pub(super) fn inherits_lints(file: &File) -> bool {
    entries(file)
        .iter()
        .any(|entry| entry.key == "lints.workspace" && entry.value == "true")
}

fn entries(file: &File) -> Vec<Entry<'_>> {
    let mut section = "";
    let mut entries = Vec::new();
    for (line, text) in file.lines() {
        if let Some(header) = text.strip_prefix('[') {
            section = header.trim_end_matches(']');
        } else if let Some((key, value)) = text.split_once('=') {
            let key = format!("{section}.{}", key.trim());
            entries.push(Entry {
                line,
                key,
                value: value.trim(),
            });
        }
    }
    entries
}
