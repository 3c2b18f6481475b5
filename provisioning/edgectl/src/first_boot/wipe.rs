//! Removing what must not be found again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::power;

/// Overwrites a file and removes it; one that is gone is gone.
///
/// On flash the old cells may survive the overwriting: what makes a claim worthless is that the
/// cloud refuses it.
pub(crate) fn erase(path: &Path) -> io::Result<()> {
    let length = match fs::metadata(path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut file = OpenOptions::new().write(true).open(path)?;
    io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
    file.flush()?;
    file.sync_all()?;
    power::may_fail("claim", "overwritten");
    fs::remove_file(path)?;
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => File::open(dir)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn what_is_erased_is_overwritten_first() {
        let dir = tempfile::tempdir().unwrap();
        let (file, other) = (dir.path().join("claim.key"), dir.path().join("link"));
        fs::write(&file, "secret").unwrap();
        fs::hard_link(&file, &other).unwrap();
        erase(&file).unwrap();
        assert!(!file.exists());
        assert_eq!(fs::read(&other).unwrap(), [0; 6]);
        assert_eq!(fs::metadata(&other).unwrap().nlink(), 1);
        erase(&file).unwrap();
    }
}
