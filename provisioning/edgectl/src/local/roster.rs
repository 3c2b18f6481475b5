//! The processes of a running hotel, on disk for whoever asks and for whoever cleans up.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use wire::Integer;

use super::files::{FileError, read_json, write_json};
use super::layout::Layout;
use super::process::Process;

/// `run/state.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    /// The program that keeps the others running.
    pub(super) supervisor: Process,
    /// In the order they are started.
    pub(super) parts: Vec<Part>,
}

/// One kept process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// What the runner started; none while it does not run.
    pub(super) process: Option<Process>,
    /// The program itself, where a supervisor that the runner started keeps it running.
    #[serde(default)]
    pub(super) program: Option<Process>,
    /// When it was started, Unix milliseconds.
    pub(super) since: Option<Integer>,
    pub(super) restarts: u64,
    pub(super) ready: bool,
    /// What it says of itself, or why it does not run.
    pub(super) detail: String,
}

impl Part {
    /// One that was not started yet.
    pub(super) fn awaited(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            process: None,
            program: None,
            since: None,
            restarts: 0,
            ready: false,
            detail: String::new(),
        }
    }
}

/// What a kept process stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A component of the suite, from its recipe.
    Component,
    /// A piece of the world around it.
    Simulated,
}

impl State {
    /// The state in a hotel's directory; none when it does not run and left nothing behind.
    pub(super) fn read(layout: &Layout) -> Result<Option<Self>, FileError> {
        read_json(&layout.state())
    }

    /// Whether somebody keeps the processes running.
    pub(super) fn supervised(&self) -> bool {
        self.supervisor.alive()
    }

    /// The processes, in the order they are ended.
    pub(super) fn processes(&self) -> impl Iterator<Item = Process> {
        self.parts.iter().rev().filter_map(|part| part.process)
    }
}

/// The state, written down at each change.
#[derive(Debug)]
pub(super) struct Roster {
    path: PathBuf,
    state: Mutex<State>,
}

impl Roster {
    /// Takes over a hotel's state.
    pub(super) fn open(layout: &Layout, supervisor: Process) -> Result<Self, FileError> {
        let state = State {
            supervisor,
            parts: Vec::new(),
        };
        write_json(&layout.state(), &state)?;
        Ok(Self {
            path: layout.state(),
            state: Mutex::new(state),
        })
    }

    /// Adds a process, or replaces what was known of it.
    pub(super) fn record(&self, part: Part) {
        let mut state = self.lock();
        match state.parts.iter_mut().find(|known| known.name == part.name) {
            Some(known) if *known == part => return,
            Some(known) => *known = part,
            None => state.parts.push(part),
        }
        if let Err(error) = write_json(&self.path, &*state) {
            tracing::error!(error = %kit::error::Chain(&error), "state is not written down");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
