//! The command line of `supervise`.
//!
//! ```text
//! supervise [--user NAME] [--capability NAME] [--data DIR] [--stop-signal TERM|INT] [--within SECONDS]
//!           [--identity DIR --authority HOST:PORT] [--] PROGRAM [ARGUMENT…]
//! ```

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Signal, geteuid};

use super::SETPRIV;
use crate::config::Address;

/// How long until the first readiness: below the `Timeout` of every recipe (90 s), so that it is us
/// who say what was wrong; above the minute after which a component that lacks something is ready all
/// the same.
const WITHIN: Duration = Duration::from_secs(80);
/// Longest time that is believed to be meant, as of every time-out in recipes.
const WITHIN_MAX_S: u64 = 3600;
/// Longest name of a Unix user (useradd(8)).
const USER_MAX: usize = 32;

/// What to keep running, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    /// The Unix user to become; nobody else when absent.
    user: Option<String>,
    /// The one capability that the user keeps: `net_bind_service`.
    capability: Option<String>,
    /// Where the component keeps what it keeps.
    pub(super) data: Option<PathBuf>,
    /// The leaf that is kept current for the program, which hears of a new one by SIGHUP.
    identity: Option<PathBuf>,
    /// Where `authority` renews it.
    authority: Option<Address>,
    /// What asks the program to end in order.
    pub(super) stop_signal: Signal,
    /// How long a version that was never ready here may take until it is.
    pub(super) within: Duration,
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
}

impl Order {
    /// Reads a command line; a value that is empty means that the option was not given, because
    /// recipes cannot leave one out.
    pub(super) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, WrongOrder> {
        let mut arguments = arguments;
        let mut order = Self {
            user: None,
            capability: None,
            data: None,
            identity: None,
            authority: None,
            stop_signal: Signal::TERM,
            within: WITHIN,
            program: OsString::new(),
            arguments: Vec::new(),
        };
        loop {
            let argument = arguments.next().ok_or(WrongOrder::NoProgram)?;
            let name = argument.to_string_lossy().into_owned();
            if name == "--" {
                order.program = arguments.next().ok_or(WrongOrder::NoProgram)?;
                break;
            }
            if !name.starts_with("--") {
                order.program = argument;
                break;
            }
            let value = arguments.next().ok_or(WrongOrder::NoValue(name.clone()))?;
            order.option(name, value)?;
        }
        order.arguments = arguments.collect();
        Ok(order)
    }

    fn option(&mut self, name: String, value: OsString) -> Result<(), WrongOrder> {
        let text = value.to_string_lossy().into_owned();
        let word = |text: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            text.len() <= USER_MAX && text.bytes().all(allowed) && !text.starts_with('-')
        };
        match (name.as_str(), text.as_str()) {
            ("--user" | "--capability" | "--data" | "--identity" | "--authority", "")
            | ("--stop-signal", "TERM") => {}
            ("--stop-signal", "INT") => self.stop_signal = Signal::INT,
            ("--user", name) if word(name) => self.user = Some(text),
            ("--capability", name) if word(name) => self.capability = Some(text),
            ("--data", dir) if dir.starts_with('/') => self.data = Some(value.into()),
            ("--identity", dir) if dir.starts_with('/') => self.identity = Some(value.into()),
            ("--authority", place) if address(place).is_some() => self.authority = address(place),
            ("--within", seconds) if matches!(seconds.parse(), Ok(1..=WITHIN_MAX_S)) => {
                self.within = Duration::from_secs(seconds.parse().unwrap_or(WITHIN_MAX_S));
            }
            (
                "--user" | "--capability" | "--data" | "--identity" | "--authority"
                | "--stop-signal" | "--within",
                _,
            ) => return Err(WrongOrder::Value { name, value: text }),
            _ => return Err(WrongOrder::Unknown(name)),
        }
        Ok(())
    }

    /// The leaf to keep current, and who renews it.
    pub(super) fn leaf(&self) -> Option<(PathBuf, Address)> {
        self.identity.clone().zip(self.authority.clone())
    }

    /// Becomes the user, for good, by starting this program again; returns only when that is not
    /// wanted, or why it failed.
    pub(super) fn become_user(&self) -> Option<io::Error> {
        let user = self.user.as_ref()?;
        if !geteuid().is_root() {
            let said = format!("only root can become {user:?}; RequiresPrivilege is missing");
            return Some(io::Error::new(io::ErrorKind::PermissionDenied, said));
        }
        let own = match env::current_exe() {
            Ok(own) => own,
            Err(error) => return Some(error),
        };
        let capabilities = self.capability.as_ref().map_or_else(
            || "-all".to_owned(),
            |capability| format!("-all,+{capability}"),
        );
        let mut command = Command::new(SETPRIV);
        // Libraries look for files in root's home otherwise, and complain that they may not.
        command
            .env_remove("HOME")
            .env("USER", user)
            .env("LOGNAME", user);
        command
            .args(["--reuid", user, "--regid", user, "--init-groups"])
            .args(["--no-new-privs", "--inh-caps", &capabilities])
            .args(["--ambient-caps", &capabilities])
            .args(["--bounding-set", &capabilities])
            .arg("--")
            .arg(own);
        if self.stop_signal == Signal::INT {
            command.args(["--stop-signal", "INT"]);
        }
        command.args(["--within", &self.within.as_secs().to_string()]);
        if let Some(data) = &self.data {
            command.arg("--data").arg(data);
        }
        if let Some((identity, authority)) = self.leaf() {
            command.arg("--identity").arg(identity);
            command.args(["--authority", &authority.to_string()]);
        }
        command.arg("--").arg(&self.program).args(&self.arguments);
        Some(command.exec())
    }
}

fn address(text: &str) -> Option<Address> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let host = Some(host).filter(|host| !host.is_empty())?.to_owned();
    Some(Address { host, port })
}

/// The command line is wrong.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WrongOrder {
    /// It ends before the program.
    #[error("the program to run is missing")]
    NoProgram,
    /// An option ends the command line.
    #[error("{0} has no value")]
    NoValue(String),
    /// There is no such option.
    #[error(
        "{0} is none of --user, --capability, --data, --identity, --authority, --stop-signal and --within"
    )]
    Unknown(String),
    /// It cannot be that.
    #[error("{name} cannot be {value:?}")]
    Value {
        /// The option.
        name: String,
        /// What it got.
        value: String,
    },
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn parse(line: &str) -> Result<Order, WrongOrder> {
        Order::parse(line.split(' ').map(OsString::from))
    }

    #[test]
    fn options_end_where_the_program_begins() {
        let order =
            parse("--user hotel-uplink --data /d --stop-signal INT /bin/p --user x").unwrap();
        assert_eq!(order.user.as_deref(), Some("hotel-uplink"));
        assert_eq!(order.stop_signal, Signal::INT);
        assert_eq!(order.program, "/bin/p");
        assert_eq!(order.arguments, ["--user", "x"]);
        assert_eq!(parse("-- --odd").unwrap().program, "--odd");
        assert_eq!(parse("--within 5 p").unwrap().within.as_secs(), 5);
    }

    #[test]
    fn a_leaf_is_kept_where_place_and_authority_are_named() {
        let order = parse("--identity /i --authority localhost:8444 /bin/p").unwrap();
        let (dir, authority) = order.leaf().unwrap();
        assert_eq!(
            (dir.as_path(), authority.to_string().as_str()),
            (Path::new("/i"), "localhost:8444")
        );
        assert_eq!(parse("--identity /i --authority  p").unwrap().leaf(), None);
    }

    #[test]
    fn an_empty_value_is_an_option_that_was_not_given() {
        let order = parse("--user  --data  /bin/p").unwrap();
        assert_eq!((order.user, order.data), (None, None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(parse("--user x"), Err(WrongOrder::NoProgram));
        assert_eq!(
            parse("--data"),
            Err(WrongOrder::NoValue("--data".to_owned()))
        );
        assert_eq!(
            parse("--usr x p"),
            Err(WrongOrder::Unknown("--usr".to_owned()))
        );
        for line in [
            "--data d p",
            "--identity d p",
            "--authority localhost p",
            "--authority :8444 p",
            "--stop-signal HUP p",
            "--within 0 p",
            "--user -x p",
            "--user a;b p",
        ] {
            assert!(
                matches!(parse(line), Err(WrongOrder::Value { .. })),
                "{line}"
            );
        }
    }
}
