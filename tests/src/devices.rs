//! Simulated devices in a process of the test's own, so that it can say how they live.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::eventually::eventually;
use crate::hotel::{Hotel, LIMIT, artifacts};
use crate::sim::ledger::count;

/// `hotel-sim` for a hotel that was started without; killed when dropped.
#[derive(Debug)]
pub struct Devices {
    process: Child,
    /// What it says.
    pub log: PathBuf,
}

impl Hotel {
    /// Lets the hotel's devices live, with further arguments of `hotel-sim`; a ledger that is there is
    /// gone on with.
    ///
    /// # Panics
    ///
    /// When the program cannot be started.
    pub fn devices(&self, arguments: &[&str]) -> Devices {
        let log = self.dir().join("devices.log");
        let output = File::options().create(true).append(true).open(&log);
        let output = output.expect("the hotel's directory is writable");
        let errors = output.try_clone().expect("a file can be shared");
        let process = Command::new(artifacts().join("hotel-sim"))
            .arg("--hotel")
            .arg(self.dir().join("hotel.json"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .expect("hotel-sim can be started");
        Devices { process, log }
    }
}

impl Hotel {
    /// How many messages its devices have said, and how many of them are confirmed; none before they
    /// have begun.
    pub async fn count_said(&self) -> Option<(usize, usize)> {
        let ledger = &self.places.sim.ledger;
        // A ledger that is just being made has no tables.
        ledger.exists().then_some(count(ledger))?.await.ok()
    }

    /// Waits until the gateway has confirmed so many messages more.
    ///
    /// # Panics
    ///
    /// When it does not in twice the usual time.
    pub async fn heard(&self, more: usize) {
        let before = self.count_said().await.map_or(0, |(_, received)| received);
        let what = format!("{more} messages more are confirmed");
        eventually(&what, 2 * LIMIT, || async {
            (self.count_said().await?.1 >= before + more).then_some(())
        })
        .await;
    }

    /// Waits until devices have said so many messages more, whoever hears them.
    ///
    /// # Panics
    ///
    /// When they do not in time.
    pub async fn says(&self, more: usize) {
        let before = self.count_said().await.map_or(0, |(all, _)| all);
        eventually(&format!("{more} messages more are said"), LIMIT, || async {
            (self.count_said().await?.0 >= before + more).then_some(())
        })
        .await;
    }
}

impl Devices {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Its memory in megabytes.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn rss_mb(&self) -> u64 {
        self.told("VmRSS:") / 1_024
    }

    /// Its threads.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn threads(&self) -> u64 {
        self.told("Threads:")
    }

    /// Lets them stop in order: what the gateway has confirmed is noted.
    ///
    /// # Panics
    ///
    /// When they do not stop as they should.
    pub fn stop(mut self) {
        let pid = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw);
        let pid = pid.expect("a process has a number");
        kill_process(pid, Signal::TERM).expect("it runs");
        let ended = self.process.wait().expect("it ends");
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<_> = log.lines().rev().take(5).collect();
        assert!(ended.success(), "{ended}: {last:#?}");
    }

    /// A number that the kernel tells of it (proc(5)).
    fn told(&self, field: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.expect("the kernel tells it")
    }
}

impl Devices {
    /// Shows the end of what they said, when a test failed.
    #[expect(
        clippy::print_stderr,
        reason = "a failed test tells what its devices said"
    )]
    fn keep_log(&self) {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<_> = log.lines().rev().take(15).collect();
        eprintln!("--- devices");
        last.iter().rev().for_each(|line| eprintln!("{line}"));
    }
}

impl Drop for Devices {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep_log();
        }
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
