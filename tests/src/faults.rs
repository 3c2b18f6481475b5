//! What goes wrong in a hotel: processes that are killed or stand still.

use rustix::process::{Pid, Signal, kill_process};

use crate::eventually::eventually;
use crate::hotel::{Hotel, LIMIT};

/// A process that stands still until this is dropped.
#[derive(Debug)]
pub struct Frozen {
    pid: Pid,
}

impl Drop for Frozen {
    fn drop(&mut self) {
        // The process may have been ended meanwhile.
        _ = kill_process(self.pid, Signal::CONT);
    }
}

impl Hotel {
    /// Ends a process without warning.
    pub async fn kill(&self, name: &str) {
        signal(self.running(name).await, Signal::KILL);
    }

    /// Ends a process without warning and waits until it is back and ready.
    pub async fn kill_and_wait(&self, name: &str) {
        let before = self.running(name).await;
        signal(before, Signal::KILL);
        let what = format!("{name} is ready again");
        eventually(&what, LIMIT, || async {
            let part = self.part(name)?;
            (part.ready && part.pid != Some(number(before))).then_some(())
        })
        .await;
    }

    /// Lets a process stand still: its peers see silence, not an end.
    pub async fn freeze(&self, name: &str) -> Frozen {
        let pid = self.running(name).await;
        signal(pid, Signal::STOP);
        Frozen { pid }
    }

    async fn running(&self, name: &str) -> Pid {
        let what = format!("{name} runs");
        let pid = eventually(&what, LIMIT, || async { self.part(name)?.pid }).await;
        let pid = i32::try_from(pid).expect("process ids are positive 32-bit numbers");
        Pid::from_raw(pid).expect("no process of ours has id 0")
    }
}

/// Whether the long versions of tests are wanted: `tests/run.sh --long`.
pub fn long() -> bool {
    std::env::var_os("HOTEL_LONG").is_some()
}

/// How often a test of chance repeats itself.
pub fn rounds(short: u32, long_run: u32) -> u32 {
    if long() { long_run } else { short }
}

fn signal(pid: Pid, signal: Signal) {
    kill_process(pid, signal).expect("the process is ours and runs");
}

fn number(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}
