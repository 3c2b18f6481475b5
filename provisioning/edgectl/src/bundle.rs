//! `edgectl support-bundle`: what somebody elsewhere needs to help, and nothing that is secret.
//!
//! Default-deny: only what is named here goes in, and of that only what the redaction lets through.
//! Promises: no key, no certificate's key, no token, no word of a guest leaves the box by it; of a
//! log the last part is kept, of bounded size; the file is for its owner only.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use kit::ca::files::{WriteError, write_secret};
use kit::clock::Clock;

mod redaction;
mod tar;

use crate::output::say;
use tar::Tar;

/// Most of one log, in bytes: its end.
const LOG_MAX: u64 = 2 * 1024 * 1024;
/// Most logs.
const LOGS_MAX: usize = 64;
/// Most of what a program says.
const SAID_MAX: usize = 256 * 1024;

/// Files of provisioning that hold nothing secret.
const PLAIN: [&str; 4] = [
    "provisioning/report.json",
    "provisioning/journal.json",
    "provisioning/thing/thing.json",
    "property/property.json",
];

/// What the machine says of itself, by name in the bundle.
const SAID: [(&str, &[&str]); 8] = [
    ("uname.txt", &["uname", "-a"]),
    ("disk.txt", &["df", "-h"]),
    ("memory.txt", &["free", "-m"]),
    ("clock.txt", &["timedatectl"]),
    ("addresses.txt", &["ip", "-brief", "address"]),
    (
        "units.txt",
        &["systemctl", "--failed", "--no-pager", "--plain"],
    ),
    ("firewall.txt", &["nft", "list", "table", "inet", "hotel"]),
    (
        "packages.txt",
        &["dpkg-query", "-W", "mosquitto", "postgresql-15", "nftables"],
    ),
];

/// Packs what somebody elsewhere needs to help, without secrets and without guests' words.
#[derive(Debug, Clone, Args)]
pub(crate) struct SupportBundle {
    /// What the box is.
    #[arg(long, default_value = "/etc/hotel/box.json", value_name = "FILE")]
    plan: PathBuf,
    /// Where the hotel is kept.
    #[arg(long, default_value = "/var/lib/hotel")]
    dir: PathBuf,
    /// Logs of components, `NAME.log`; repeat for several directories.
    #[arg(long = "logs", value_name = "DIR", default_values = ["/greengrass/v2/logs", "/var/log/hotel"])]
    logs: Vec<PathBuf>,
    /// The file to be made, a tar.
    #[arg(long)]
    out: PathBuf,
}

impl SupportBundle {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), BundleError> {
        let now = Clock::system().wall().value() / 1000;
        let mut tar = Tar::new(now);
        for name in PLAIN {
            if let Some(text) = tail(&self.dir.join(name), LOG_MAX)? {
                let name = name.replace('/', "-");
                tar.add(&name, redaction::json(&text).as_bytes());
            }
        }
        for (name, command) in SAID {
            tar.add(name, redaction::text(&said(command)).as_bytes());
        }
        tar.add("doctor.json", redaction::json(&self.doctor()).as_bytes());
        for (name, path) in self.logs()? {
            if let Some(text) = tail(&path, LOG_MAX)? {
                let text = redaction::log(&text);
                tar.add(&format!("logs/{name}"), text.as_bytes());
            }
        }
        let (files, content) = tar.finish();
        write_secret(&self.out, &content)?;
        say(format_args!(
            "{files} files in {}, secrets left out",
            self.out.display()
        ));
        Ok(())
    }

    /// The doctor's findings, by another run of this program.
    fn doctor(&self) -> String {
        let Ok(program) = std::env::current_exe() else {
            return String::new();
        };
        let output = Command::new(program)
            .args(["doctor", "--json", "--plan"])
            .arg(&self.plan)
            .arg("--dir")
            .arg(&self.dir)
            .stdin(Stdio::null())
            .output();
        let output = output.map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).into_owned()
    }

    fn logs(&self) -> Result<Vec<(String, PathBuf)>, BundleError> {
        let mut found = Vec::new();
        for dir in self.logs.iter().filter(|dir| dir.is_dir()) {
            for entry in fs::read_dir(dir).map_err(failed(dir))? {
                let path = entry.map_err(failed(dir))?.path();
                let name = path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned());
                let is_log = path.extension().is_some_and(|end| end == "log");
                if let Some(name) = name.filter(|_| is_log) {
                    found.push((name, path));
                }
            }
        }
        found.sort();
        found.truncate(LOGS_MAX);
        Ok(found)
    }
}

/// What a program says, or why it said nothing.
fn said(command: &[&str]) -> String {
    let [program, arguments @ ..] = command else {
        return String::new();
    };
    match Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
    {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text);
            text.chars().take(SAID_MAX).collect()
        }
        Err(error) => format!("{program}: {error}\n"),
    }
}

/// The end of a file, from the beginning of a line; none where there is no file.
fn tail(path: &Path, most: u64) -> Result<Option<String>, BundleError> {
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(path)(source)),
    };
    let size = file.metadata().map_err(failed(path))?.len();
    let from = size.saturating_sub(most);
    file.seek(SeekFrom::Start(from)).map_err(failed(path))?;
    let mut content = Vec::new();
    file.take(most)
        .read_to_end(&mut content)
        .map_err(failed(path))?;
    let text = String::from_utf8_lossy(&content).into_owned();
    if from == 0 {
        return Ok(Some(text));
    }
    let whole = text.split_once('\n').map(|(_, rest)| rest.to_owned());
    Ok(Some(whole.unwrap_or_default()))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> BundleError {
    let path = path.to_owned();
    move |source| BundleError::Read { path, source }
}

/// No bundle can be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BundleError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The bundle cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
