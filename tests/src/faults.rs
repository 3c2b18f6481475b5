//! What goes wrong in a hotel: processes that are killed or stand still.

use rustix::process::{Pid, Signal, kill_process};

use crate::eventually::eventually;
use crate::hotel::{Hotel, LIMIT};

/// A process that stands still until this is dropped.
#[derive(Debug)]
pub struct Frozen {
    pid: Pid,
}

impl Frozen {
    /// A process that stands still already.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
        Some(Self { pid })
    }
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
        self.signal(name, Signal::KILL).await;
    }

    /// Ends a process without warning and waits until it is back and ready.
    pub async fn kill_and_wait(&self, name: &str) {
        let before = self.signal(name, Signal::KILL).await;
        let what = format!("{name} is ready again");
        eventually(&what, LIMIT, || async {
            let part = self.part(name)?;
            (part.ready && part.pid != Some(number(before))).then_some(())
        })
        .await;
    }

    /// A figure of a component, by its name and labels; none until it has been shown once.
    ///
    /// # Panics
    ///
    /// When there is no such component.
    pub async fn figure(&self, component: &str, name: &str) -> Option<f64> {
        let client = reqwest::Client::builder().use_preconfigured_tls(self.trusting());
        let client = client.build().expect("the client can be built");
        let at = format!("http://{}/metrics", self.places.admin[component]);
        let text = client.get(at).send().await.ok()?.text().await.ok()?;
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    /// Lets a process stand still: its peers see silence, not an end.
    pub async fn freeze(&self, name: &str) -> Frozen {
        let pid = self.signal(name, Signal::STOP).await;
        Frozen { pid }
    }

    /// Signals a process as soon as it runs; one that ends at this moment is awaited again.
    async fn signal(&self, name: &str, signal: Signal) -> Pid {
        let what = format!("{name} runs");
        eventually(&what, LIMIT, || async {
            let pid = i32::try_from(self.part(name)?.pid?).ok()?;
            let pid = Pid::from_raw(pid)?;
            kill_process(pid, signal).ok().map(|()| pid)
        })
        .await
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

/// Chance that can be repeated (xorshift64): `HOTEL_SEED` plays one seed again.
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// The chance of a seed.
    pub fn of(seed: u32) -> Self {
        // Neighbouring seeds are to have nothing in common.
        Self((u64::from(seed) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper bits are the better ones.
        let upper = u32::try_from(self.0 >> 32).expect("32 bits are left");
        upper % bound
    }
}

/// The seeds of a test of chance; `HOTEL_SEED` names the only one.
pub fn seeds(short: u32, long_run: u32) -> Vec<u32> {
    match std::env::var("HOTEL_SEED") {
        Ok(seed) => vec![seed.parse().expect("HOTEL_SEED is a number")],
        Err(_) => (1..=rounds(short, long_run)).collect(),
    }
}

fn number(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}
