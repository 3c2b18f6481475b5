//! The climate of rooms, asked of `iot-gateway` on behalf of people.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use kit::bus::{Bus, RequestError};
use kit::clock::Clock;
use kit::error::Chain;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use wire::climate::{Room, Rooms, SetTarget};
use wire::device::Kind;
use wire::gateway::{
    Desired, DeviceState, DeviceSummary, Devices, LIST, List, SET_DESIRED, STATE, StateOf,
};
use wire::{Code, Component, DeviceId, Problem};

use crate::climate::{FRESH, Known, STALE, change, room};
use crate::order::Asker;

/// Longest wait for one answer of the gateway.
const WAIT: Duration = Duration::from_secs(4);
/// Longest wait for all of them; below the 10 s that a page waits.
const ALL: Duration = Duration::from_secs(8);
/// Most questions to the gateway at a time: half of what it answers at once.
const AT_ONCE: usize = 8;
/// Most pages of devices; more than any property has.
const PAGES_MAX: usize = 50;

/// What is known of the rooms; asked anew when somebody looks and it is not fresh.
#[derive(Debug)]
pub(crate) struct Climate {
    bus: Bus,
    clock: Clock,
    known: Mutex<Known>,
    /// Held by the one who asks the gateway for everybody.
    turn: tokio::sync::Mutex<()>,
}

impl Climate {
    pub(super) fn new(bus: Bus, clock: Clock) -> Self {
        Self {
            bus,
            clock,
            known: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// All rooms; those who look at the same time share one look.
    pub(crate) async fn rooms(&self) -> Result<Rooms, Problem> {
        if let Some(rooms) = self.known(FRESH) {
            return Ok(rooms);
        }
        let _turn = self.turn.lock().await;
        if let Some(rooms) = self.known(FRESH) {
            return Ok(rooms);
        }
        let late = || {
            Problem::new(
                Code::TimedOut,
                format!("the rooms took longer than {ALL:?}"),
            )
        };
        let looked = timeout(ALL, self.look()).await;
        match looked.unwrap_or_else(|_| Err(late())) {
            Ok(rooms) => {
                let now = self.clock.wall();
                self.lock().learn(now, rooms);
                Ok(self.known(FRESH).unwrap_or(Rooms { rooms: Vec::new() }))
            }
            Err(problem) => self.known(STALE).ok_or(problem),
        }
    }

    /// Sets a room's target; the log tells for whom.
    pub(crate) async fn set(&self, asker: &Asker, wish: &SetTarget) -> Result<Room, Problem> {
        self.ask::<_, Desired>(SET_DESIRED, change(wish)?).await?;
        tracing::info!(principal = %asker.principal, device = %wish.device, "target set on behalf");
        let room = self.room(wish.device.clone()).await?;
        let no_thermostat = || Problem::new(Code::Unsupported, "not a thermostat").at("device");
        let room = room.ok_or_else(no_thermostat)?;
        self.lock().note(room.clone());
        Ok(room)
    }

    async fn look(&self) -> Result<Vec<Room>, Problem> {
        let states = self.states(Kind::Thermostat).await?;
        Ok(states.iter().filter_map(room).collect())
    }

    /// Everything known about all devices of a kind.
    pub(super) async fn states(&self, kind: Kind) -> Result<Vec<DeviceState>, Problem> {
        let devices = self.devices(kind).await?;
        stream::iter(devices)
            .map(|device| self.ask(STATE, StateOf { device }))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn devices(&self, kind: Kind) -> Result<Vec<DeviceId>, Problem> {
        let (mut devices, mut after) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let page: Devices = self.ask(LIST, List { after }).await?;
            let is_one = |device: &DeviceSummary| device.kind == kind;
            let found = page.devices.into_iter().filter(is_one);
            devices.extend(found.map(|device| device.device));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(devices)
    }

    async fn room(&self, device: DeviceId) -> Result<Option<Room>, Problem> {
        let state: DeviceState = self.ask(STATE, StateOf { device }).await?;
        Ok(room(&state))
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

    fn known(&self, age: Duration) -> Option<Rooms> {
        self.lock().rooms(self.clock.wall(), age)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What whoever asked on a channel is told when the gateway gave no answer.
pub(super) fn problem(error: RequestError) -> Problem {
    match error {
        RequestError::Problem(problem) => problem,
        RequestError::TimedOut { .. } => Problem::new(Code::TimedOut, error.to_string()),
        RequestError::Absent { .. } => Problem::new(Code::Unavailable, error.to_string()),
        RequestError::Listen(_) | RequestError::Publish(_) | RequestError::Answer(_) => {
            tracing::warn!(error = %Chain(&error), "cannot ask iot-gateway");
            Problem::new(Code::Unavailable, "the gateway cannot be asked now")
        }
    }
}
