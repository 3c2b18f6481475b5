//! Whoever started this process and wants to know how it is.

use sd_notify::NotifyState;

/// Told about the component's life: systemd and the local runner now, the Greengrass nucleus by
/// IPC through the same seam.
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
        notify(&[NotifyState::Ready]);
    }

    fn status(&self, text: &str) {
        notify(&[NotifyState::Status(text)]);
    }

    fn stopping(&self) {
        notify(&[NotifyState::Stopping]);
    }
}

fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "cannot notify the supervisor");
    }
}
