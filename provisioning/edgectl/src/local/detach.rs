//! A hotel that stays when its shell ends.

use std::env;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use rustix::process::setsid;
use tokio::process::{Child, Command};

use super::LocalError;
use super::layout::Layout;
use super::roster::State;
use super::status::{Report, Running};
use crate::output::say;

/// How often it is looked how far the hotel is.
const LOOK: Duration = Duration::from_millis(500);

/// Starts the program that stays, and waits until everything is ready.
pub(super) async fn up(
    layout: &Layout,
    arguments: Vec<OsString>,
    within: Duration,
) -> Result<ExitCode, LocalError> {
    let stays = if State::read(layout)?.is_some_and(|state| state.supervised()) {
        say(format_args!(
            "the hotel in {} is already running",
            layout.dir().display()
        ));
        None
    } else {
        Some(start(layout, arguments).map_err(|source| LocalError::Detach { source })?)
    };
    match tokio::time::timeout(within, wait(layout, stays)).await {
        Ok(Ok(report)) => {
            say(report.summary());
            Ok(ExitCode::SUCCESS)
        }
        Ok(Err(error)) => Err(error),
        Err(_) => {
            say(Report::gather(layout).await?);
            say(format_args!(
                "not everything is ready after {} s; it goes on trying. Logs: {}",
                within.as_secs(),
                layout.logs().display()
            ));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Makes this program the leader of its own session, out of reach of the caller's terminal.
pub(super) fn leave_session() {
    // Refused only to a leader of a group, who is out of reach already.
    if let Err(error) = setsid() {
        tracing::debug!(%error, "already leads a group");
    }
}

fn start(layout: &Layout, arguments: Vec<OsString>) -> std::io::Result<Child> {
    let log = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(layout.log("local"))?;
    Command::new(env::current_exe()?)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

/// What the program that did not stay said last.
fn last_line(layout: &Layout) -> String {
    let log = std::fs::read_to_string(layout.log("local")).unwrap_or_default();
    log.lines().last().unwrap_or_default().to_owned()
}

async fn wait(layout: &Layout, mut stays: Option<Child>) -> Result<Report, LocalError> {
    let mut look = tokio::time::interval(LOOK);
    let mut said = String::new();
    loop {
        look.tick().await;
        let report = Report::gather(layout).await?;
        if report.running() == Running::Ready {
            return Ok(report);
        }
        let progress = report.progress();
        if progress != said {
            say(&progress);
            said = progress;
        }
        let ended = match &mut stays {
            Some(child) => child
                .try_wait()
                .map_err(|source| LocalError::Detach { source })?,
            None => None,
        };
        // It ends at once when another one, started at the same time, keeps the hotel.
        if (ended.is_some() || stays.is_none()) && !report.kept() {
            return Err(LocalError::Ended {
                log: layout.log("local"),
                why: last_line(layout),
            });
        }
    }
}
