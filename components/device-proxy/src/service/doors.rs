//! Doors, asked of `iot-gateway` on behalf of people.

use std::time::Duration;

use kit::bus::Bus;
use kit::clock::Clock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use wire::audit::{Trail, TrailOf};
use wire::device::Kind;
use wire::door::{Door, Doors as Shown, Petition};
use wire::gateway::{Executed, TRAIL};
use wire::{Component, Integer, Problem, RequestId};

use super::climate::{Climate, problem};
use crate::doors::{door, operation, sorted};
use crate::order::Asker;

/// Longest wait for the outcome of a petition: two seconds more than the gateway takes, one less
/// than a page waits.
const OUTCOME: Duration = Duration::from_secs(9);
/// Longest wait for a trail.
const WAIT: Duration = Duration::from_secs(4);
/// How old what is known of the doors may be, in milliseconds: many look at the same time.
const FRESH_MS: u64 = 1_000;

/// The way to the doors.
#[derive(Debug)]
pub(crate) struct Doors {
    bus: Bus,
    clock: Clock,
    /// What the gateway said last, and when; held by the one who asks for everybody.
    known: Mutex<Option<(Integer, Vec<Door>)>>,
}

impl Doors {
    pub(super) fn new(bus: Bus, clock: Clock) -> Self {
        Self {
            bus,
            clock,
            known: Mutex::default(),
        }
    }

    /// All doors, and the box's time; those who look at the same time share one look.
    pub(crate) async fn all(&self, climate: &Climate) -> Result<Shown, Problem> {
        let mut known = self.known.lock().await;
        let now = self.clock.wall();
        if let Some((at, doors)) = known.as_ref()
            && now.value().abs_diff(at.value()) < FRESH_MS
        {
            let doors = doors.clone();
            return Ok(Shown { at: now, doors });
        }
        let states = climate.states(Kind::Lock).await?;
        let doors = sorted(states.iter().filter_map(door).collect());
        let at = self.clock.wall();
        *known = Some((at, doors.clone()));
        Ok(Shown { at, doors })
    }

    /// Carries a petition to the gateway as it came; the log tells for whom. Its execution is the id
    /// of the request, so that a repetition is one.
    pub(crate) async fn turn(
        &self,
        asker: &Asker,
        about: &str,
        petition: &Petition,
    ) -> Result<Executed, Problem> {
        let operation = operation(about, petition)?;
        let id = petition.execution.to_string().parse::<RequestId>();
        let id = id.expect("every execution can name a request");
        tracing::info!(principal = %asker.principal, device = %petition.device,
            execution = %petition.execution, operation, "petition carried");
        let word = operation.parse().expect("operations are words");
        let carrying = self
            .bus
            .request_as(id, Component::IotGateway, &word, petition, OUTCOME);
        let executed = carrying.await.map_err(problem);
        *self.known.lock().await = None;
        executed
    }

    /// What happened last at a door.
    pub(crate) async fn trail(&self, of: &TrailOf) -> Result<Trail, Problem> {
        self.ask(TRAIL, of).await
    }

    async fn ask<Q: Serialize, A: DeserializeOwned>(
        &self,
        operation: &str,
        question: Q,
    ) -> Result<A, Problem> {
        let operation = operation.parse().expect("operations are words");
        let asked = self
            .bus
            .request(Component::IotGateway, &operation, question, WAIT);
        asked.await.map_err(problem)
    }
}
