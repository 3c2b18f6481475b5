//! A machine of a test's own: users, directories, network and processes that nobody else sees.
//!
//! Linux namespaces below this Debian: `/etc` is a copy, `/var/lib` is empty but for what a test puts
//! there, the network has one host. Everything that was started there ends with it.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// What the first process does; its arguments are pairs of a directory and where it is seen.
const INIT: &str = r#"set -eu
scratch=$1
shift
cp -a /etc "$scratch/etc"
mount --bind "$scratch/etc" /etc
mount -t tmpfs -o mode=0755 tmpfs /var/lib
while [ $# -gt 0 ]; do
  mkdir -p "$2"
  mount --bind "$1" "$2"
  shift 2
done
ip link set lo up
echo up
exec sleep infinity
"#;

/// Which network a program sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// The machine's own, where every port is free.
    ItsOwn,
    /// That of the test, with what stands in for the cloud.
    TheWorld,
}

/// A machine; gone when dropped.
#[derive(Debug)]
pub struct Machine {
    unshare: Child,
    /// The first process, as this machine numbers it.
    init: u32,
    _scratch: TempDir,
}

impl Machine {
    /// A machine with these directories: where they are, and where it sees them. None where this one
    /// gives no namespaces away (it takes root).
    pub fn start(directories: &[(&Path, &str)]) -> Option<Self> {
        let scratch = tempfile::tempdir().expect("a scratch directory can be made");
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--net", "--pid", "--fork", "--kill-child"])
            .args(["--mount-proc", "sh", "-c", INIT, "init"])
            .arg(scratch.path());
        for (from, to) in directories {
            command.arg(from).arg(to);
        }
        let mut unshare = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare of util-linux can be run");
        let said = unshare.stdout.take().expect("it is piped");
        let mut line = String::new();
        let read = BufReader::new(said).read_line(&mut line);
        if read.is_err() || line != "up\n" {
            drop(unshare.wait());
            return None;
        }
        let init = first_child(unshare.id());
        Some(Self {
            unshare,
            init,
            _scratch: scratch,
        })
    }

    /// A program that runs there as root.
    pub fn command(&self, sees: Sees, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--mount", "--pid"]);
        if sees == Sees::ItsOwn {
            command.arg("--net");
        }
        command.arg("--target").arg(self.init.to_string());
        command.arg("--").arg(program).stdin(Stdio::null());
        command
    }

    /// Runs a shell script there; returns what it said, or panics with it.
    pub fn sh(&self, script: &str) -> String {
        let output = self
            .command(Sees::ItsOwn, "sh")
            .args(["-c", script])
            .output()
            .expect("nsenter of util-linux can be run");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{script}\n{said}");
        said
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // With the first process, the kernel ends all others of its namespace.
        drop(self.unshare.kill());
        drop(self.unshare.wait());
    }
}

fn first_child(pid: u32) -> u32 {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let first = children.split_whitespace().next().map(str::parse);
    first
        .expect("unshare forked")
        .expect("children are numbers")
}
