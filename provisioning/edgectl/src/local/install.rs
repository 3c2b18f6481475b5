//! The install steps of recipes.

use std::io;
use std::process::ExitStatus;

use rustix::process::Signal;

use super::LocalError;
use super::plan::Install;
use super::process::Process;

/// Runs each to its end, one after the other.
pub(super) async fn run(installs: &[Install]) -> Result<(), LocalError> {
    for install in installs {
        let how = match to_its_end(install).await {
            Ok(status) if status.success() => continue,
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let (name, log) = (install.name.clone(), install.launch.log.clone());
        return Err(LocalError::Install { name, how, log });
    }
    Ok(())
}

async fn to_its_end(install: &Install) -> io::Result<ExitStatus> {
    let mut child = install.launch.spawn()?;
    let _group = Group(child.id().and_then(Process::of));
    tokio::time::timeout(install.within, child.wait())
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// A process group that does not outlive whoever waits for it.
struct Group(Option<Process>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            leader.signal_group(Signal::KILL);
        }
    }
}
