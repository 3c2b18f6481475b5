//! Starting a process: its own group, a clean environment, its output in its log.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::{Child, Command};

/// What of the caller's environment a process sees; a nucleus gives no more.
const INHERITED: &[&str] = &["HOME", "LANG", "PATH", "TMPDIR", "TZ"];

/// How to start a process.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: BTreeMap<String, OsString>,
    pub(super) directory: PathBuf,
    pub(super) log: PathBuf,
}

impl Launch {
    /// Runs a script as both nuclei do.
    pub(super) fn script(
        script: &str,
        environment: BTreeMap<String, OsString>,
        directory: PathBuf,
        log: PathBuf,
    ) -> Self {
        let arguments = vec!["-c".into(), script.into()];
        Self {
            program: "/bin/sh".into(),
            arguments,
            environment,
            directory,
            log,
        }
    }

    /// Starts the process.
    pub(super) fn spawn(&self) -> io::Result<Child> {
        let log = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.log)?;
        let inherited = INHERITED
            .iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(&self.directory)
            .env_clear()
            .envs(inherited)
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
    }
}
