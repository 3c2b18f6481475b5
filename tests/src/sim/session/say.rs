//! What a device says: first into the ledger, then onto the bus.

use bytes::Bytes;
use kit::bus::{Bus, PublishError, Retain};
use kit::error::Chain;
use serde::Serialize;
use wire::Topic;
use wire::device::Ack;
use wire::topic::DeviceSubject;

use super::Session;
use crate::sim::device::Effect;
use crate::sim::flight::Cargo;
use crate::sim::ledger::{Entry, LedgerError};
use crate::sim::outbox::{self, Saying};

impl Session {
    /// Stores what is to be said, then says it.
    pub(super) async fn carry_out(
        &mut self,
        bus: &Bus,
        effects: Vec<Effect>,
    ) -> Result<(), LedgerError> {
        let at = self.trouble.clock(self.place.clock.wall());
        let mut entry = Entry::new(self.id.clone());
        let mut acks: Vec<Ack> = Vec::new();
        for effect in effects {
            let saying = match effect {
                Effect::Ack(ack) => {
                    acks.push(ack);
                    continue;
                }
                Effect::Report { version, state } => Saying::Reported(version, state),
                Effect::Telemetry(capability, value) => Saying::Telemetry(capability, value),
                Effect::Event(happening) => Saying::Event(happening),
            };
            let entered = self.outbox.enter(at, saying);
            entry.letters.push(entered.letter);
            entry.dropped.extend(entered.dropped);
        }
        self.commit(entry).await?;
        if !self.trouble.is_silent() {
            self.advance(bus, outbox::Input::Stored);
        }
        for ack in acks {
            let subject = DeviceSubject::Ack(ack.execution);
            let body = wire::encode(&ack).into();
            self.start(bus, Cargo::Ack, subject, body, Retain::No);
        }
        Ok(())
    }

    /// Writes down what the gateway has confirmed.
    pub(super) async fn note_covered(&mut self) -> Result<(), LedgerError> {
        self.commit(Entry::new(self.id.clone())).await
    }

    async fn commit(&mut self, mut entry: Entry) -> Result<(), LedgerError> {
        entry.boot = Some(self.boot);
        let memory = self.device.memory();
        if memory != self.memory {
            let text = serde_json::to_string(&memory).expect("a memory has a JSON form");
            entry.memory = Some(text);
        }
        entry.through = self.covered.take();
        if !entry.is_empty() {
            self.place.ledger.commit(entry).await?;
            self.memory = memory;
        }
        Ok(())
    }

    /// Moves the outbox forward and sends what it lets go.
    pub(super) fn advance(&mut self, bus: &Bus, input: outbox::Input) {
        for effect in self.outbox.handle(self.place.clock.monotonic(), input) {
            match effect {
                outbox::Effect::Cover(through) => {
                    self.covered = Some(through);
                    self.confirmed = Some(through);
                }
                outbox::Effect::Publish(letter) => self.post(bus, letter),
            }
        }
    }

    /// Says something that holds as long as the connection.
    pub(super) fn greet(&mut self, bus: &Bus, subject: DeviceSubject, body: &impl Serialize) {
        let body = wire::encode(body).into();
        self.start(bus, Cargo::Greeting, subject, body, Retain::Yes);
    }

    /// Notes that a publish is over; a refused letter is tried again later.
    pub(super) fn landed(&mut self, bus: &Bus, cargo: Cargo, error: Option<PublishError>) {
        let complaint = error.as_ref().filter(|_| cargo != Cargo::Litter);
        if let Some(error) = complaint.filter(|_| !self.complained) {
            self.complained = true;
            tracing::warn!(device = %self.id, error = %Chain(error), "message refused");
        }
        match (cargo, error) {
            (Cargo::Letter(seq), None) => self.advance(bus, outbox::Input::Published(seq)),
            (Cargo::Letter(seq), Some(_)) => self.advance(bus, outbox::Input::Refused(seq)),
            (Cargo::Litter | Cargo::Greeting | Cargo::Ack, _) => {}
        }
    }

    pub(super) fn start(
        &mut self,
        bus: &Bus,
        cargo: Cargo,
        subject: DeviceSubject,
        body: Bytes,
        retain: Retain,
    ) {
        let topic = Topic::device(bus.property(), &self.id, subject);
        self.flight.start(bus, cargo, topic, body, retain);
    }
}
