//! `edgectl local down`: ends the hotel, also when the program that kept it is gone.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use rustix::process::Signal;

use super::LocalError;
use super::files::FileError;
use super::keeper::GRACE;
use super::layout::Layout;
use super::process::Process;
use super::roster::State;
use crate::output::say;

/// How often it is looked whether a process is gone.
const LOOK: Duration = Duration::from_millis(50);

/// Stop the hotel and everything it started.
#[derive(Debug, Clone, Args)]
pub(crate) struct Down {
    /// Where the hotel keeps everything.
    #[arg(long, default_value = ".local")]
    dir: PathBuf,
}

impl Down {
    pub(super) async fn run(self) -> Result<ExitCode, LocalError> {
        let layout = super::layout_of(&self.dir)?;
        let Some(state) = State::read(&layout)? else {
            say("the hotel is not running");
            return Ok(ExitCode::SUCCESS);
        };
        state.supervisor.signal(Signal::TERM);
        let parts = u32::try_from(state.parts.len()).unwrap_or(u32::MAX);
        if !gone(GRACE.saturating_mul(parts.saturating_add(1)), || {
            !state.supervised()
        })
        .await
        {
            state.supervisor.signal(Signal::KILL);
        }
        end_leftovers(&layout).await?;
        forget(&layout)?;
        say("the hotel is down");
        Ok(ExitCode::SUCCESS)
    }
}

/// Ends what a program that kept the hotel left behind.
pub(super) async fn end_leftovers(layout: &Layout) -> Result<(), LocalError> {
    let Some(state) = State::read(layout)? else {
        return Ok(());
    };
    for process in state.processes().filter(|process| process.group_alive()) {
        say(format_args!(
            "ending process group {} of an earlier hotel",
            process.pid
        ));
        end(process).await;
    }
    Ok(())
}

/// Takes the state away: nothing runs.
pub(super) fn forget(layout: &Layout) -> Result<(), FileError> {
    let path = layout.state();
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(FileError::Write { path, source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn end(process: Process) {
    process.signal_group(Signal::TERM);
    process.signal_group(Signal::CONT);
    if !gone(GRACE, || !process.group_alive()).await {
        process.signal_group(Signal::KILL);
        gone(GRACE, || !process.group_alive()).await;
    }
}

/// Waits for a state that the kernel does not announce to strangers.
async fn gone(within: Duration, is_gone: impl Fn() -> bool) -> bool {
    let looking = async {
        while !is_gone() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(within, looking).await.is_ok()
}
