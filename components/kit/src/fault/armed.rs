//! Points that are armed, and what happens at them.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, OnceLock, PoisonError};

use rustix::process::{Signal, getpid, kill_process};

use super::{Point, VARIABLE};

/// What happens, and at which pass from now; the next is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fault {
    blow: Blow,
    at: u32,
}

/// What happens to the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    Kill,
    Stop,
}

pub(super) fn pass(point: Point) {
    static DIRECTORY: OnceLock<Option<PathBuf>> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| env::var_os(VARIABLE).map(PathBuf::from));
    let Some(directory) = directory else { return };
    let Some(blow) = struck(directory, point) else {
        return;
    };
    // The log is where a test sees that it was this point.
    tracing::warn!(point = point.name(), ?blow, "struck at a point");
    let signal = match blow {
        Blow::Kill => Signal::KILL,
        Blow::Stop => Signal::STOP,
    };
    kill_process(getpid(), signal).expect("a process may signal itself");
}

/// Counts a pass; what happens when it is the one that was meant.
fn struck(directory: &Path, point: Point) -> Option<Blow> {
    // Tasks pass at the same time; one of them is the third.
    static COUNTING: Mutex<()> = Mutex::new(());
    let _counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = directory.join(point.name());
    let text = fs::read_to_string(&path).ok()?;
    let counted = match text.trim().parse() {
        Ok(Fault { blow, at: 1 }) => fs::remove_file(&path).map(|()| Some(blow)),
        Ok(Fault { blow, at }) => lower(&path, Fault { blow, at: at - 1 }).map(|()| None),
        Err(error) => Err(io::Error::other(error)),
    };
    counted.unwrap_or_else(|error| {
        let path = path.display();
        tracing::error!(%path, %error, "a point cannot be armed like this");
        None
    })
}

/// Whole at once: others read at any moment.
fn lower(path: &Path, Fault { blow, at }: Fault) -> io::Result<()> {
    let blow = match blow {
        Blow::Kill => "kill",
        Blow::Stop => "stop",
    };
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    fs::write(&new, format!("{blow}:{at}"))?;
    fs::rename(new, path)
}

impl FromStr for Fault {
    type Err = NotAFault;

    fn from_str(text: &str) -> Result<Self, NotAFault> {
        let wrong = || NotAFault(text.to_owned());
        let (blow, at) = text.split_once(':').ok_or_else(wrong)?;
        let blow = match blow {
            "kill" => Blow::Kill,
            "stop" => Blow::Stop,
            _ => return Err(wrong()),
        };
        let at = at.parse().ok().filter(|at| *at > 0).ok_or_else(wrong)?;
        Ok(Self { blow, at })
    }
}

/// Something else stands in the file of a point.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither kill:N nor stop:N with N from 1")]
struct NotAFault(String);

#[cfg(test)]
mod tests;
