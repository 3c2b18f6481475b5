//! `edgectl local logs`: what a process wrote.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::LocalError;
use super::files::FileError;
use crate::output;

/// How often a followed log is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Show the log of a component, of a simulator, or of the local hotel itself (`local`).
#[derive(Debug, Clone, Args)]
pub(crate) struct Logs {
    /// Where the hotel keeps everything.
    #[arg(long, default_value = ".local")]
    dir: PathBuf,
    /// Stay, and show what is written from now on.
    #[arg(short, long)]
    follow: bool,
    /// Whose log.
    name: wire::Word,
}

impl Logs {
    pub(super) async fn run(self) -> Result<ExitCode, LocalError> {
        let layout = super::layout_of(&self.dir)?;
        let path = layout.log(self.name.as_str());
        let unreadable = |source| FileError::Read {
            path: path.clone(),
            source,
        };
        let mut log = File::open(&path).map_err(unreadable)?;
        loop {
            copy(&mut log).map_err(unreadable)?;
            if !self.follow {
                return Ok(ExitCode::SUCCESS);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Shows what is new; from the start again when the log was cut.
fn copy(log: &mut File) -> io::Result<()> {
    if log.metadata()?.len() < log.stream_position()? {
        log.seek(SeekFrom::Start(0))?;
    }
    let mut text = Vec::new();
    log.read_to_end(&mut text)?;
    output::raw(&text)
}
