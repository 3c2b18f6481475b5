//! Programs of a hotel that are started by scripts in their place.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use crate::hotel::artifacts;

/// Fills a directory with links to every program, but for some of them with scripts, which are told the
/// name and the place of the program that they go on as.
pub(crate) fn stand_in(
    directory: &Path,
    components: &[&str],
    script: impl Fn(&str, &Path) -> io::Result<String>,
) -> io::Result<()> {
    for entry in fs::read_dir(artifacts())? {
        let entry = entry?;
        let (name, real) = (entry.file_name(), entry.path());
        let place = directory.join(&name);
        match name.to_str().filter(|name| components.contains(name)) {
            None => symlink(real, place)?,
            Some(name) => {
                fs::write(&place, script(name, &real)?)?;
                fs::set_permissions(&place, fs::Permissions::from_mode(0o755))?;
            }
        }
    }
    Ok(())
}
