//! A network of a test's own: one Linux namespace with a LAN address and no way out.

use std::fs;
use std::io;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The box's address on the LAN of every such network.
pub const LAN: &str = "10.99.0.1";
/// Names by which pages find the box.
const NAMES: &str = "greengrass.local signaling.local";
/// Where `ip netns exec` looks for files that replace those of `/etc` (ip-netns(8)).
const REPLACED: &str = "/etc/netns";

/// Where `ip netns` keeps networks by name (ip-netns(8)).
const NAMED: &str = "/run/netns";
/// The rules by which packets are lost.
const TABLE: &str = "losses";

/// A network without internet; gone when dropped.
#[derive(Debug)]
pub struct Network {
    name: String,
}

impl Network {
    /// A network of that name, or why this machine has none to give (it takes root, and `ip` of
    /// iproute2).
    pub fn offline(name: &str) -> Result<Self, NoNetwork> {
        let network = Self {
            name: format!("{name}-{}", std::process::id()),
        };
        Self::ip(&["netns", "add", &network.name])?;
        let within = |arguments: &[&str]| network.set(arguments);
        within(&["link", "set", "lo", "up"])?;
        // Both ends stay inside: the LAN has one host and no cable to anywhere.
        within(&[
            "link", "add", "lan0", "type", "veth", "peer", "name", "lan1",
        ])?;
        within(&["addr", "add", &format!("{LAN}/24"), "dev", "lan0"])?;
        within(&["link", "set", "lan0", "up"])?;
        within(&["link", "set", "lan1", "up"])?;
        network.write_hosts().map_err(NoNetwork::Hosts)?;
        Ok(network)
    }

    /// Has `ip` do something inside.
    pub fn set(&self, arguments: &[&str]) -> Result<(), NoNetwork> {
        let inside = ["-n", &self.name];
        Self::ip(&[&inside[..], arguments].concat())
    }

    /// A program that runs inside.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Moves this thread inside: whatever it connects to from now on is there.
    pub fn enter(&self) -> io::Result<()> {
        let inside = fs::File::open(Path::new(NAMED).join(&self.name))?;
        rustix::thread::move_into_link_name_space(
            inside.as_fd(),
            Some(rustix::thread::LinkNameSpaceType::Network),
        )?;
        Ok(())
    }

    /// Loses a share of the packets from and to a port, at random, until it is mended; an error where
    /// the kernel does not filter packets.
    pub fn lose(&self, port: u16, percent: u32) -> Result<(), NoNetwork> {
        self.mend();
        let lost = format!("numgen random mod 100 < {percent} counter drop");
        let chain = format!("add chain inet {TABLE} in {{ type filter hook input priority 0; }}");
        self.nft(&[
            format!("add table inet {TABLE}"),
            chain,
            format!("add rule inet {TABLE} in tcp dport {port} {lost}"),
            format!("add rule inet {TABLE} in tcp sport {port} {lost}"),
        ])
        .map(drop)
    }

    /// How many packets were lost.
    pub fn lost(&self) -> Result<u64, NoNetwork> {
        let told = self.nft(&[format!("list table inet {TABLE}")])?;
        let mut words = told.split_whitespace();
        let mut lost = 0;
        while words.any(|word| word == "packets") {
            let count: Option<u64> = words.next().and_then(|word| word.parse().ok());
            lost += count.unwrap_or(0);
        }
        Ok(lost)
    }

    /// Loses nothing any more.
    pub fn mend(&self) {
        // Nothing may have been lost.
        drop(self.nft(&[format!("delete table inet {TABLE}")]));
    }

    /// What the packet filter inside says to commands.
    fn nft(&self, commands: &[String]) -> Result<String, NoNetwork> {
        let what = commands.join("\n");
        let output = self
            .command("nft")
            .arg(&what)
            .output()
            .map_err(NoNetwork::Start)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(NoNetwork::Refused { what, why })
    }

    fn write_hosts(&self) -> io::Result<()> {
        fs::create_dir_all(self.replaced())?;
        let hosts = format!("127.0.0.1 localhost\n::1 localhost\n{LAN} {NAMES}\n");
        fs::write(self.replaced().join("hosts"), hosts)
    }

    fn replaced(&self) -> PathBuf {
        PathBuf::from(REPLACED).join(&self.name)
    }

    fn ip(arguments: &[&str]) -> Result<(), NoNetwork> {
        let output = Command::new("ip")
            .args(arguments)
            .output()
            .map_err(NoNetwork::Start)?;
        if output.status.success() {
            Ok(())
        } else {
            Err(NoNetwork::Refused {
                what: arguments.join(" "),
                why: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            })
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // What cannot be removed now is empty, and named after a process that has ended.
        drop(Self::ip(&["netns", "del", &self.name]));
        drop(fs::remove_dir_all(self.replaced()));
    }
}

/// This machine gives no network to a test.
#[derive(Debug, thiserror::Error)]
pub enum NoNetwork {
    /// There is no `ip`.
    #[error("cannot start ip")]
    Start(#[source] io::Error),
    /// It is not allowed, or not known.
    #[error("{what}: {why}")]
    Refused {
        /// What was asked.
        what: String,
        /// What it said.
        why: String,
    },
    /// The file of names cannot be written.
    #[error("cannot write the names of the network")]
    Hosts(#[source] io::Error),
}
