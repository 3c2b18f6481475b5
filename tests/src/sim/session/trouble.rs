//! Mischief on its way to the bus.

use std::time::Duration;

use kit::bus::Bus;
use wire::Integer;

use super::{Device, Outbox, Session, Stored, will};
use crate::sim::flight::Cargo;
use crate::sim::ledger::LedgerError;
use crate::sim::mischief::{HELD_MAX, Prank};
use crate::sim::outbox::{self, Letter};

/// How long a device is away whose connection is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Away(pub(super) Duration);

impl Session {
    /// Measures, and does wrong whatever is due.
    pub(super) async fn misbehave(&mut self, bus: &Bus) -> Result<Option<Away>, LedgerError> {
        let was_silent = self.trouble.is_silent();
        let pranks = self.trouble.strike();
        if was_silent && !self.trouble.is_silent() {
            self.advance(bus, outbox::Input::Stored);
        }
        self.tick(bus).await?;
        let mut away = None;
        for prank in pranks {
            match prank {
                Prank::Burst(times) => {
                    for _ in 0..times {
                        self.tick(bus).await?;
                    }
                }
                // Only behind its birth: before that a message of an earlier life would be one.
                Prank::Babble if self.online => self.babble(bus),
                Prank::Babble => {}
                Prank::Leave(ms) => away = Some(absent(ms)),
                Prank::Forget(ms) => {
                    self.forget().await?;
                    away = Some(absent(ms));
                }
            }
        }
        self.let_go(bus);
        Ok(away)
    }

    /// Sends a letter: now or behind those that come, once or more often.
    pub(super) fn post(&mut self, bus: &Bus, letter: Letter) {
        if !self.trouble.holds() {
            return self.say(bus, &letter);
        }
        self.held_back.push(letter);
        if self.held_back.len() >= HELD_MAX {
            self.let_go(bus);
        }
    }

    /// Sends what waits, in any order.
    fn let_go(&mut self, bus: &Bus) {
        let mut letters = std::mem::take(&mut self.held_back);
        self.trouble.shuffle(&mut letters);
        for letter in &letters {
            self.say(bus, letter);
        }
    }

    fn say(&mut self, bus: &Bus, letter: &Letter) {
        let (subject, retain) = (letter.subject.on_the_bus(), letter.subject.retain());
        let cargo = Cargo::Letter(letter.seq.value());
        self.start(bus, cargo, subject.clone(), letter.body.clone(), retain);
        for _ in 0..self.trouble.copies() {
            let body = letter.body.clone();
            self.start(bus, Cargo::Litter, subject.clone(), body, retain);
        }
    }

    fn babble(&mut self, bus: &Bus) {
        let nonsense = self.trouble.babble(self.boot, self.confirmed);
        let body = nonsense.body.into();
        self.start(bus, Cargo::Litter, nonsense.subject, body, nonsense.retain);
    }

    /// Loses the outbox: what was in it is gone, and the next life has a boot of its own.
    async fn forget(&mut self) -> Result<(), LedgerError> {
        self.note_covered().await?;
        let next = self.boot.value().saturating_add(1);
        let boot = Integer::new(next).unwrap_or(self.boot);
        self.place.ledger.renew(&self.id, boot).await?;
        self.boot = boot;
        self.confirmed = None;
        self.device = Device::new(boot, &self.registered, self.device.memory());
        self.outbox = Outbox::resume(boot, self.outbox_max, Stored::default());
        self.settings.will = Some(will(&self.settings.property, &self.id, boot));
        Ok(())
    }
}

fn absent(ms: u32) -> Away {
    Away(Duration::from_millis(ms.into()))
}
