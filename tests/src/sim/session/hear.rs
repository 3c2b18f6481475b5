//! What is said to a device.

use std::sync::Arc;

use kit::bus::{Bus, Delivery};
use kit::credential::Verifier;
use kit::digest::random;
use wire::Problem;
use wire::device::{Command, Received};
use wire::topic::{DeviceSubject, Subject};

use super::Session;
use crate::sim::device::Input;
use crate::sim::ledger::LedgerError;
use crate::sim::lock::{Arrival, is_warranted};
use crate::sim::outbox;

/// What a message means to a device.
#[derive(Debug)]
enum Heard {
    Told(Input),
    Received(u64),
    Nothing,
}

impl Session {
    /// Does what a message asks, and acknowledges it when that is safe.
    pub(super) async fn hear(&mut self, bus: &Bus, delivery: Delivery) -> Result<(), LedgerError> {
        match self.understand(&delivery) {
            Ok(Heard::Told(input)) => {
                let now = self.trouble.clock(self.place.clock.wall());
                let effects = self.device.handle(now, input);
                self.carry_out(bus, effects).await?;
            }
            Ok(Heard::Received(through)) => self.advance(bus, outbox::Input::Received(through)),
            Ok(Heard::Nothing) => {}
            Err(problem) => tracing::warn!(device = %self.id, %problem, "message not understood"),
        }
        delivery.acknowledge();
        Ok(())
    }

    fn understand(&self, delivery: &Delivery) -> Result<Heard, Problem> {
        let subject = match &delivery.topic.subject {
            Subject::Device(_, subject) => subject,
            Subject::Service(..) => {
                // Nothing else of a service is subscribed to.
                self.place.notices.send_replace(delivery.body.clone());
                return Ok(Heard::Nothing);
            }
        };
        Ok(match subject {
            DeviceSubject::Received => {
                let received: Received = wire::decode(&delivery.body)?;
                if received.boot == self.boot {
                    Heard::Received(received.through_seq.value())
                } else {
                    Heard::Nothing
                }
            }
            DeviceSubject::Delta => Heard::Told(Input::Delta(wire::decode(&delivery.body)?)),
            DeviceSubject::Command(execution) => {
                let command: Command = wire::decode(&delivery.body)?;
                if command.execution == *execution {
                    let arrival = self.arrival(&command, delivery.retained);
                    Heard::Told(Input::Command(Box::new(command), arrival))
                } else {
                    Heard::Nothing
                }
            }
            DeviceSubject::Birth
            | DeviceSubject::Online
            | DeviceSubject::Reported
            | DeviceSubject::Telemetry(_)
            | DeviceSubject::Event
            | DeviceSubject::Ack(_) => Heard::Nothing,
        })
    }

    /// What the device knows of the world as a command arrives.
    fn arrival(&self, command: &Command, retained: bool) -> Arrival {
        let identity = Arc::clone(&self.place.identity.borrow());
        let now = self.place.clock.now();
        let property = &identity.spiffe.property;
        Arrival {
            retained,
            at: now.monotonic,
            chance: random(),
            warranted: is_warranted(
                &Verifier::of(&identity),
                property,
                &self.id,
                now.wall,
                command,
            ),
        }
    }
}
