//! Clocks that jump: components whose time of day is another than the machine's, by libfaketime.
//!
//! A component is started by a script in the place of its program, which loads the library and goes on
//! as the program; monotonic time stays true. Only whoever asks the C library for the time is fooled,
//! which is everybody here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::programs::stand_in;

/// Where Debian has the library, below the directory of its architecture.
const LIBRARY: &str = "faketime/libfaketime.so.1";
/// What sets a clock that is behind, past this library.
const SUPERVISE: &str = "supervise";

/// Programs as they are started, with the clocks of some of them.
#[derive(Debug)]
pub struct Clocks {
    directory: TempDir,
}

impl Clocks {
    /// Clocks of these components; an error where libfaketime is not installed.
    pub fn of(components: &[&str]) -> io::Result<Self> {
        let library = library()?;
        let directory = tempfile::tempdir()?;
        stand_in(directory.path(), components, |name, program| {
            let clock = directory.path().join(format!("{name}.clock"));
            fs::write(&clock, "+0\n")?;
            Ok(script(&library, &clock, program))
        })?;
        Ok(Self { directory })
    }

    /// Sets the clock of a component so many seconds ahead of the machine's, or behind it; within a
    /// second the component sees it.
    ///
    /// # Panics
    ///
    /// When it has no clock of its own, or is `supervise` and would be in the past, from which it sets the
    /// clock of the whole machine.
    pub fn set(&self, component: &str, ahead_s: i64) {
        assert!(
            component != SUPERVISE || ahead_s >= 0,
            "{component} sets clocks"
        );
        let clock = self.directory.path().join(format!("{component}.clock"));
        assert!(clock.exists(), "{component} has no clock of its own");
        // Whole at once: the library may read at any moment.
        let new = self.directory.path().join(format!("{component}.clock.new"));
        let written = fs::write(&new, format!("{ahead_s:+}\n"));
        let written = written.and_then(|()| fs::rename(&new, &clock));
        written.expect("the scratch directory is writable");
    }

    /// The directory of the programs.
    pub fn artifacts(&self) -> &Path {
        self.directory.path()
    }
}

fn script(library: &Path, clock: &Path, program: &Path) -> String {
    format!(
        "#!/bin/sh\nexport LD_PRELOAD={} FAKETIME_TIMESTAMP_FILE={} FAKETIME_CACHE_DURATION=1\n\
         export FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1\nexec {} \"$@\"\n",
        library.display(),
        clock.display(),
        program.display()
    )
}

/// The library, for a program of its own.
pub fn library() -> io::Result<PathBuf> {
    let found = fs::read_dir("/usr/lib")?
        .filter_map(|entry| Some(entry.ok()?.path().join(LIBRARY)))
        .find(|path| path.exists());
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "libfaketime is not installed"))
}
