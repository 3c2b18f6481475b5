//! A component as a nucleus starts it: below its supervisor, with nothing but what the nucleus gives.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::eventually::eventually;
use crate::hotel::{Hotel, LIMIT, artifacts};
use crate::nucleus::Nucleus;

/// A started component; ended when dropped.
#[derive(Debug)]
pub struct Deployed {
    child: Child,
    log: PathBuf,
}

impl Hotel {
    /// The configuration of a component in this hotel, with its data elsewhere.
    pub fn configuration(&self, component: &str, data: &Path) -> Value {
        let path = &self.places.configurations[component];
        let text = fs::read(path).expect("every component is configured");
        let mut configuration: Value = serde_json::from_slice(&text).expect("it is JSON");
        configuration["data_dir"] = data.to_str().expect("paths are UTF-8").into();
        configuration
    }
}

impl Deployed {
    /// Starts a component of ours below its supervisor.
    pub fn start(nucleus: &Nucleus, component: &str, data: &Path) -> Self {
        let program = artifacts().join(component);
        Self::supervise(nucleus, data, &[program.to_str().expect("paths are UTF-8")])
    }

    /// Starts a component with what the nucleus gave to another start.
    pub fn with(
        environment: &[(&'static str, OsString)],
        nucleus: &Nucleus,
        component: &str,
        data: &Path,
    ) -> Self {
        let program = artifacts().join(component);
        let program = [program.to_str().expect("paths are UTF-8")];
        Self::run(environment, nucleus, data, &[], &program)
    }

    /// Starts any program below its supervisor.
    pub fn supervise(nucleus: &Nucleus, data: &Path, program: &[&str]) -> Self {
        Self::run(&nucleus.environment(), nucleus, data, &[], program)
    }

    /// Starts any program that must be ready within some seconds.
    pub fn awaited(nucleus: &Nucleus, data: &Path, seconds: u32, program: &[&str]) -> Self {
        let options = ["--within", &seconds.to_string()];
        Self::run(&nucleus.environment(), nucleus, data, &options, program)
    }

    fn run(
        environment: &[(&'static str, OsString)],
        nucleus: &Nucleus,
        data: &Path,
        options: &[&str],
        program: &[&str],
    ) -> Self {
        let log = data.with_extension("log");
        let file = File::options().create(true).append(true).open(&log);
        let file = file.expect("logs can be written");
        let child = Command::new(artifacts().join("supervise"))
            .arg("--data")
            .arg(data)
            .args(options)
            .arg("--")
            .args(program)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(nucleus.directory())
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file has two handles"))
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .expect("the supervisor can be started");
        Self { child, log }
    }

    /// The supervisor.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// What it supervises, while it runs.
    pub fn program(&self) -> Option<u32> {
        let pid = self.pid()?;
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }

    /// Sends a signal to the program; it waits until there is one.
    pub async fn signal_program(&self, signal: Signal) -> u32 {
        let look = || async { self.program() };
        let program = eventually("the program runs", LIMIT, look).await;
        send(program, signal);
        program
    }

    /// Sends a signal to the supervisor.
    pub fn signal(&self, signal: Signal) {
        send(self.pid().expect("the supervisor runs"), signal);
    }

    /// Waits until the supervisor ends, and returns its exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        let ended = tokio::time::timeout(LIMIT, self.child.wait()).await;
        let status = ended.expect("it ends in time");
        status.expect("it can be waited for").code()
    }

    /// Everything that supervisor and program wrote.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until this stands in the log.
    pub async fn wrote(&self, text: &str) {
        eventually(&format!("the log says {text:?}"), LIMIT, || async {
            self.log().contains(text).then_some(())
        })
        .await;
    }
}

/// Whether a process runs.
pub fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

fn send(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("it is a process id"), signal).expect("the process is there");
}
