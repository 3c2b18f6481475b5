//! The machine, shared by its connections and by those who handle the printer.

use std::collections::{HashMap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use kit::clock::Clock;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::vprinter::machine::{Change, Effect, Input, Machine, SessionId, Settings};
use crate::vprinter::ticket::Ticket;

/// Most answers that wait for a client who does not read; more, and the connection ends.
const ANSWERS_MAX: usize = 1_024;
/// Most tickets kept in memory, the latest; a fault test prints as many.
const TICKETS_MAX: usize = 10_000;

/// The printer, whoever touches it.
#[derive(Debug)]
pub(in crate::vprinter) struct Device {
    clock: Clock,
    inner: Mutex<Inner>,
    /// Whether connections are to be accepted.
    listening: watch::Sender<Order>,
    /// The order that the listener has carried out.
    obeyed: watch::Sender<Order>,
    wake: watch::Sender<Option<Instant>>,
    /// Moves whenever anything has happened.
    moved: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    machine: Machine,
    wires: HashMap<SessionId, Wire>,
    next: SessionId,
    tickets: VecDeque<Ticket>,
    /// How many tickets went before those that are kept.
    forgotten: usize,
}

/// An order to the listener; numbered, so that one that was overtaken is not taken for its
/// successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    number: u64,
    /// Whether connections are accepted.
    pub(super) listen: bool,
}

impl Order {
    const FIRST: Self = Self {
        number: 0,
        listen: true,
    };

    fn next(self, listen: bool) -> Self {
        Self {
            number: self.number + 1,
            listen,
        }
    }
}

/// The way back to a client.
#[derive(Debug)]
struct Wire {
    answers: mpsc::Sender<Vec<u8>>,
    end: CancellationToken,
}

/// A client's end of the machine.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: SessionId,
    pub(super) answers: mpsc::Receiver<Vec<u8>>,
    pub(super) end: CancellationToken,
}

/// What the device's tasks follow.
#[derive(Debug)]
pub(super) struct Orders {
    pub(super) listening: watch::Receiver<Order>,
    pub(super) wake: watch::Receiver<Option<Instant>>,
}

impl Device {
    /// A printer that is switched on.
    pub(super) fn new(settings: Settings) -> (Arc<Self>, Orders) {
        let (listening, listening_orders) = watch::channel(Order::FIRST);
        let (wake, wake_orders) = watch::channel(None);
        let device = Self {
            clock: Clock::system(),
            inner: Mutex::new(Inner {
                machine: Machine::new(settings),
                wires: HashMap::new(),
                next: 0,
                tickets: VecDeque::new(),
                forgotten: 0,
            }),
            listening,
            obeyed: watch::Sender::new(Order::FIRST),
            wake,
            moved: watch::Sender::new(0),
        };
        let orders = Orders {
            listening: listening_orders,
            wake: wake_orders,
        };
        (Arc::new(device), orders)
    }

    /// Looks at the machine.
    pub(in crate::vprinter) fn look<T>(&self, look: impl FnOnce(&Machine) -> T) -> T {
        look(&self.inner().machine)
    }

    /// Everything that was let go of and is kept.
    pub(in crate::vprinter) fn tickets(&self) -> Vec<Ticket> {
        self.inner().tickets.iter().cloned().collect()
    }

    /// The ticket of a number, from 1.
    pub(in crate::vprinter) fn ticket(&self, number: usize) -> Option<Ticket> {
        let inner = self.inner();
        let place = number.checked_sub(inner.forgotten + 1)?;
        inner.tickets.get(place).cloned()
    }

    /// The numbers of the tickets that are kept.
    pub(in crate::vprinter) fn numbers(&self) -> RangeInclusive<usize> {
        let inner = self.inner();
        inner.forgotten + 1..=inner.forgotten + inner.tickets.len()
    }

    /// Says when anything has happened.
    pub(in crate::vprinter) fn moved(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    /// Does something to the printer.
    pub(in crate::vprinter) fn change(&self, change: Change) {
        self.handle(Input::Changed(change));
    }

    /// Whether connections are accepted, or refused, as the last order says.
    pub(super) fn obeys(&self, listen: bool) -> bool {
        let order = *self.listening.borrow();
        order.listen == listen && *self.obeyed.borrow() == order
    }

    /// Told by the listener.
    pub(super) fn obeyed(&self, order: Order) {
        self.obeyed.send_replace(order);
    }

    /// A new client.
    pub(super) fn connect(&self) -> Line {
        let (answers, line) = mpsc::channel(ANSWERS_MAX);
        let end = CancellationToken::new();
        let mut inner = self.inner();
        let id = inner.next;
        inner.next += 1;
        let wire = Wire {
            answers,
            end: end.clone(),
        };
        inner.wires.insert(id, wire);
        drop(inner);
        self.handle(Input::Connected(id));
        Line {
            id,
            answers: line,
            end,
        }
    }

    /// Lets the machine take an input, and does what follows.
    pub(super) fn handle(&self, input: Input) {
        let now = self.clock.monotonic();
        let mut inner = self.inner();
        if let Input::Closed(id) = input {
            inner.wires.remove(&id);
        }
        for effect in inner.machine.handle(now, input) {
            self.carry_out(&mut inner, effect);
        }
        drop(inner);
        self.moved.send_modify(|count| *count += 1);
    }

    fn carry_out(&self, inner: &mut Inner, effect: Effect) {
        match effect {
            Effect::Send(id, bytes) => {
                if let Some(wire) = inner.wires.get(&id)
                    && wire.answers.try_send(bytes).is_err()
                {
                    wire.end.cancel();
                }
            }
            Effect::Close(id) => {
                if let Some(wire) = inner.wires.remove(&id) {
                    wire.end.cancel();
                }
            }
            Effect::Listen => self.order(true),
            Effect::Refuse => self.order(false),
            Effect::Printed(ticket) => inner.keep(ticket),
            Effect::WakeAt(at) => {
                self.wake.send_replace(Some(at));
            }
        }
    }

    fn order(&self, listen: bool) {
        self.listening
            .send_modify(|order| *order = order.next(listen));
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn keep(&mut self, ticket: Ticket) {
        if self.tickets.len() == TICKETS_MAX {
            self.tickets.pop_front();
            self.forgotten += 1;
        }
        self.tickets.push_back(ticket);
    }
}

/// Wakes the machine when it asked for it.
pub(super) async fn keep_time(
    device: Arc<Device>,
    mut wake: watch::Receiver<Option<Instant>>,
    stop: CancellationToken,
) {
    loop {
        let at = *wake.borrow_and_update();
        let due = async {
            match at {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            changed = wake.changed() => if changed.is_err() { return },
            () = due => {
                device.wake.send_replace(None);
                device.handle(Input::Woken);
            }
        }
    }
}
