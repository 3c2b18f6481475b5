//! Processes of the machine, named so that a reused number is never mistaken for ours.

use std::fs;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};

const KB_PER_MB: u64 = 1024;

/// A process: its number, and when it started in clock ticks since boot (proc(5), field 22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) start: u64,
}

impl Process {
    /// The process that has this number now.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let stat = Stat::read(pid)?;
        Some(Self {
            pid,
            start: stat.start,
        })
    }

    /// This program.
    pub(super) fn own() -> Option<Self> {
        Self::of(std::process::id())
    }

    /// Whether it still runs.
    pub(super) fn alive(self) -> bool {
        Stat::read(self.pid).is_some_and(|stat| stat.start == self.start && stat.runs())
    }

    /// Resident memory.
    pub(super) fn memory_mb(self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: u64 = resident.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes / KB_PER_MB)
    }

    /// Sends a signal to it, if it still runs.
    pub(super) fn signal(self, signal: Signal) {
        if let (true, Some(pid)) = (self.alive(), self.number()) {
            log_refusal(kill_process(pid, signal));
        }
    }

    /// Sends a signal to the group it leads, also when the leader itself is gone.
    pub(super) fn signal_group(self, signal: Signal) {
        if let (true, Some(pid)) = (self.group_alive(), self.number()) {
            log_refusal(kill_process_group(pid, signal));
        }
    }

    /// Whether anything of the group it leads still runs.
    pub(super) fn group_alive(self) -> bool {
        match Stat::read(self.pid) {
            Some(leader) if leader.start != self.start => false,
            Some(leader) if leader.runs() => true,
            Some(_) | None => self.members().any(|member| member.runs()),
        }
    }

    fn members(self) -> impl Iterator<Item = Stat> {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        processes
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(Stat::read)
            .filter(move |stat| stat.group == self.pid && stat.start >= self.start)
    }

    fn number(self) -> Option<Pid> {
        i32::try_from(self.pid).ok().and_then(Pid::from_raw)
    }
}

/// Usually it is gone in the meantime, which is what the signal wanted.
fn log_refusal(sent: rustix::io::Result<()>) {
    if let Err(error) = sent {
        tracing::debug!(%error, "signal is not delivered");
    }
}

/// What proc(5) says of a process.
struct Stat {
    state: char,
    group: u32,
    start: u64,
}

impl Stat {
    fn read(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The name, which may hold anything, ends at the last parenthesis; fields count from 3 there.
    fn parse(text: &str) -> Option<Self> {
        let (_, fields) = text.rsplit_once(") ")?;
        let fields: Vec<_> = fields.split(' ').collect();
        Some(Self {
            state: fields.first()?.chars().next()?,
            group: fields.get(2)?.parse().ok()?,
            start: fields.get(19)?.parse().ok()?,
        })
    }

    fn runs(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }
}
