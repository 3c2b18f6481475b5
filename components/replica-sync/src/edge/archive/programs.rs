//! The programs of PostgreSQL on this machine.

use std::fs;
use std::path::PathBuf;

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// A program of the newest version that has it.
pub fn newest(program: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let found = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let program = entry.path().join("bin").join(program);
        program.is_file().then_some((version, program))
    });
    found.max().map(|(_, program)| program)
}
