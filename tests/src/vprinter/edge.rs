//! The printer on a TCP port.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kit::lifecycle::Tasks;

use super::machine::{Change, Cover, Fault, Paper, Settings, Switch};
use super::ticket::Ticket;
use crate::eventually;

pub(super) mod control;
mod device;
mod listener;
pub(super) mod shelf;

use device::Device;

/// Longest wait for a ticket.
const PATIENCE: Duration = Duration::from_secs(20);

/// A printer at work; it ends when it is dropped.
#[derive(Debug)]
pub struct Printer {
    address: SocketAddr,
    device: Arc<Device>,
    tasks: Tasks,
}

impl Printer {
    /// A printer on a free port of this machine; to be called within a runtime, as are its like.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn start(settings: Settings) -> Self {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::listen(anywhere, settings).expect("a port is free")
    }

    /// A printer that listens at `address`.
    pub fn listen(address: SocketAddr, settings: Settings) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen { address, source };
        let (device, orders) = Device::new(settings);
        let listener = listener::open(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let tasks = Tasks::new();
        let place = listener::Place::new(address, listener);
        tasks.spawn("printer listener", |stop| {
            place.run(Arc::clone(&device), orders.listening, stop)
        });
        tasks.spawn("printer clock", |stop| {
            device::keep_time(Arc::clone(&device), orders.wake, stop)
        });
        Ok(Self {
            address,
            device,
            tasks,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything it let go of so far, in order; the latest ten thousand.
    pub fn tickets(&self) -> Vec<Ticket> {
        self.device.tickets()
    }

    /// Waits until it has let go of so many tickets, and gives all there are.
    pub async fn printed(&self, count: usize) -> Vec<Ticket> {
        let enough = || async { Some(self.tickets()).filter(|tickets| tickets.len() >= count) };
        eventually(&format!("{count} tickets"), PATIENCE, enough).await
    }

    /// The lines on the paper that has not been let go of.
    pub fn unfinished(&self) -> Vec<String> {
        self.device.look(super::machine::Machine::unfinished)
    }

    /// How many clients are connected.
    pub fn sessions(&self) -> usize {
        self.device.look(super::machine::Machine::sessions)
    }

    /// How often a drawer was opened.
    pub fn kicks(&self) -> u32 {
        self.device.look(super::machine::Machine::kicks)
    }

    /// Whether it has power.
    pub fn is_alive(&self) -> bool {
        self.device.look(|machine| machine.condition().powered)
    }

    /// Puts paper in, or takes it out.
    pub fn set_paper(&self, paper: Paper) {
        self.device.change(Change::Paper(paper));
    }

    /// Leaves paper for so many lines, after which it is out.
    pub fn load_lines(&self, lines: u32) {
        self.device.change(Change::Roll(Some(lines)));
    }

    /// Opens or closes the cover.
    pub fn set_cover(&self, cover: Cover) {
        self.device.change(Change::Cover(cover));
    }

    /// Takes it offline or online by its switch.
    pub fn set_online(&self, switch: Switch) {
        self.device.change(Change::Switch(switch));
    }

    /// Breaks or mends a part.
    pub fn set_fault(&self, fault: Fault) {
        self.device.change(Change::Fault(fault));
    }

    /// Opens or closes the drawer by hand.
    pub fn set_drawer_open(&self, open: bool) {
        self.device.change(Change::DrawerOpen(open));
    }

    /// Lets it die when it has received so many further bytes: those are printed as far as they
    /// go, nothing more is answered, and connections are refused.
    pub fn die_after_bytes(&self, bytes: u64) {
        self.device.change(Change::DieAfter(Some(bytes)));
    }

    /// Lets it live again, and takes a coming death back.
    pub async fn revive(&self) {
        self.device.change(Change::DieAfter(None));
        self.device.change(Change::PowerOn);
        self.listens(true).await;
    }

    /// Pulls the plug.
    pub async fn power_off(&self) {
        self.device.change(Change::PowerOff);
        self.listens(false).await;
    }

    /// Pulls the plug and puts it back.
    pub async fn power_cycle(&self) {
        self.power_off().await;
        self.revive().await;
    }

    /// Waits until connections are refused, after a death that was set by bytes.
    pub async fn died(&self) {
        self.listens(false).await;
    }

    async fn listens(&self, listening: bool) {
        let wanted = || async { (self.device.obeys(listening)).then_some(()) };
        eventually("the printer's port", PATIENCE, wanted).await;
    }

    pub(super) fn device(&self) -> Arc<Device> {
        Arc::clone(&self.device)
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.tasks.cancel();
    }
}

/// The printer cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

#[cfg(test)]
mod tests;
