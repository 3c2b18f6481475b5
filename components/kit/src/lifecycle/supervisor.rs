//! Whoever started this process and wants to know how it is.

use crate::notify;

/// Told about the component's life. The supervisor that starts components listens, and tells systemd,
/// the local runner and the nucleus.
pub trait Supervisor: Send + Sync {
    /// The component does its work.
    fn ready(&self);
    /// What it is waiting for, in a few words.
    fn status(&self, text: &str);
    /// It is putting its work down.
    fn stopping(&self);
}

/// The notify socket of systemd (`sd_notify(3)`); silent where there is none.
#[derive(Debug, Clone, Copy)]
pub struct Systemd;

impl Supervisor for Systemd {
    fn ready(&self) {
        tell("READY=1");
    }

    fn status(&self, text: &str) {
        // One line is one statement.
        tell(&format!("STATUS={}", text.replace('\n', " ")));
    }

    fn stopping(&self) {
        tell("STOPPING=1");
    }
}

fn tell(line: &str) {
    if let Err(error) = notify::send(line) {
        tracing::warn!(%error, "cannot notify the supervisor");
    }
}
