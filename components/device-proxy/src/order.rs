//! The order book: what guests and staff want, and how far it is.
//!
//! ```text
//! wish ──▶ Book::ask ──▶ Refused │ Known │ Commit(change)
//!                                            │ the service puts it on the disk
//!                                            ▼
//!                                     Book::take ──▶ effects
//! ```
//!
//! Pure. Asking changes nothing; only a change that was committed is taken, so whatever anybody was
//! told survives a crash. Invariants: an order goes through [`wire::order::OrderStatus`] step by
//! step and leaves no step out; its total is the sum of its lines at the menu's prices of the moment
//! it was placed; numbers count from 1 in each day and never repeat in it; a guest sees and moves
//! orders of their own sitting only.

use std::collections::BTreeMap;
use std::time::Duration;

use wire::order::{ORDERS_MAX, Order, OrderStatus, Place, SetStatus};
use wire::print::{Job, Submit};
use wire::{Code, Integer, OrderId, Problem, Version, Word};

mod asker;
mod course;
mod entry;
mod pricing;
mod rows;
mod rules;
mod sight;
mod ticket;

pub(crate) use asker::{Asker, Seat};
pub(crate) use entry::{Entry, Party};
pub(crate) use rows::rows;
pub(crate) use rules::{Confirm, Rules};

use rules::Day;

/// How long an order is kept, whatever became of it.
pub(crate) const KEPT: Duration = Duration::from_hours(7 * 24);
/// Most orders that are kept: a week of a busy house several times over, and some 40 MB of memory.
pub(crate) const ORDERS_KEPT_MAX: usize = 20_000;
/// Most orders of one table that are neither served nor cancelled; a party that needs more is a
/// page gone wild.
pub(crate) const OPEN_PER_TABLE_MAX: usize = 20;
/// How long an order that nobody finished counts as open: the longest sitting.
const OPEN: Duration = Duration::from_millis(wire::authority::SITTING_MAX_MS as u64);

/// What somebody wants of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A new order.
    Place(Place),
    /// An order to move on.
    Move(SetStatus),
}

/// What a wish comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It cannot be.
    Refused(Problem),
    /// It was done before; this is the order.
    Known(OrderId),
    /// It is done as soon as this is on the disk.
    Commit(Box<Change>),
}

/// An order as it will be, not yet on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The order.
    pub(crate) entry: Entry,
    /// Its ticket, to be committed with it; once in its life.
    pub(crate) ticket: Option<Submit>,
}

/// What follows from a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Whoever may see the order is shown it.
    Show(OrderId),
    /// Staff who may see the order are shown it: its ticket came further.
    ShowStaff(OrderId),
    /// Guests and staff are told that it is to be fetched.
    Ready(OrderId),
    /// Its ticket is not wanted any more.
    DropTicket(OrderId),
}

/// All orders of the last days.
#[derive(Debug)]
pub(crate) struct Book {
    rules: Rules,
    entries: BTreeMap<OrderId, Entry>,
    /// By day, the last number given.
    numbers: BTreeMap<Day, Integer>,
}

impl Book {
    /// A book with the orders that the disk holds.
    pub(crate) fn new(rules: Rules, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut book = Self {
            rules,
            entries: BTreeMap::new(),
            numbers: BTreeMap::new(),
        };
        for entry in entries {
            book.insert(entry);
        }
        book
    }

    /// The rules.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What a wish comes to; nothing changes.
    pub(crate) fn ask(&self, now: Integer, asker: &Asker, wish: &Wish) -> Verdict {
        let verdict = match wish {
            Wish::Place(place) => self.place(now, asker, place),
            Wish::Move(wanted) => self.advance(now, asker, wanted),
        };
        verdict.unwrap_or_else(Verdict::Refused)
    }

    /// Takes a change that is on the disk.
    pub(crate) fn take(&mut self, change: Change) -> Vec<Effect> {
        let (order, status) = (change.entry.order.order, change.entry.order.status);
        let had_ticket = change.entry.was(OrderStatus::Confirmed);
        self.insert(change.entry);
        let mut effects = vec![Effect::Show(order)];
        match status {
            OrderStatus::Ready => effects.push(Effect::Ready(order)),
            OrderStatus::Cancelled if had_ticket => effects.push(Effect::DropTicket(order)),
            OrderStatus::Pending
            | OrderStatus::Confirmed
            | OrderStatus::Preparing
            | OrderStatus::Served
            | OrderStatus::Cancelled => {}
        }
        effects
    }

    /// Notes how the ticket of an order stands; a job that is no ticket changes nothing.
    pub(crate) fn ticket(&mut self, job: Job) -> Vec<Effect> {
        let order = job.job.to_string().parse::<OrderId>().ok();
        let entry = order.and_then(|order| self.entries.get_mut(&order));
        match entry {
            Some(entry) if entry.order.ticket.as_ref() != Some(&job) => {
                entry.order.ticket = Some(job);
                vec![Effect::ShowStaff(entry.order.order)]
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// The newest orders that the asker may see.
    pub(crate) fn orders(&self, asker: &Asker) -> Vec<Order> {
        let seen = |entry: &&Entry| sight::sees(&self.rules, asker, entry);
        let mut entries: Vec<_> = self.entries.values().filter(seen).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse((entry.placed_at(), entry.order.order)));
        entries.truncate(ORDERS_MAX);
        entries
            .iter()
            .map(|entry| sight::shown(asker, entry))
            .collect()
    }

    /// An order as the asker may see it.
    pub(crate) fn order(&self, asker: &Asker, order: OrderId) -> Option<Order> {
        let entry = self.entries.get(&order)?;
        sight::sees(&self.rules, asker, entry).then(|| sight::shown(asker, entry))
    }

    /// The orders that have a ticket.
    pub(crate) fn tickets(&self) -> Vec<OrderId> {
        let confirmed = |entry: &&Entry| entry.was(OrderStatus::Confirmed);
        let entries = self.entries.values().filter(confirmed);
        entries.map(|entry| entry.order.order).collect()
    }

    /// Forgets what is older than [`KEPT`].
    pub(crate) fn sweep(&mut self, now: Integer) {
        let oldest = earlier(now, KEPT);
        self.entries.retain(|_, entry| entry.placed_at() >= oldest);
        let first = self.rules.day(oldest);
        self.numbers.retain(|day, _| *day >= first);
    }

    /// How many orders are neither served nor cancelled.
    pub(crate) fn open(&self, now: Integer) -> usize {
        self.opened(now).count()
    }

    fn opened(&self, now: Integer) -> impl Iterator<Item = &Entry> {
        let oldest = earlier(now, OPEN);
        self.entries
            .values()
            .filter(move |entry| !course::is_end(entry.order.status) && entry.placed_at() >= oldest)
    }

    fn place(&self, now: Integer, asker: &Asker, place: &Place) -> Result<Verdict, Problem> {
        let (party, table) = asker.seat_for(place.table.as_ref())?;
        if let Some(entry) = self.entries.get(&place.order) {
            return match entry.is_of(&party, &table, place) {
                Ok(()) => Ok(Verdict::Known(place.order)),
                Err(field) => Err(other_content(field)),
            };
        }
        let priced = pricing::price(&self.rules.menu, place)?;
        self.room(now, &table)?;
        let order = Order {
            v: Version,
            order: place.order,
            number: self.next_number(now),
            table,
            lines: priced.lines,
            note: place.note.clone(),
            total_minor: priced.total_minor,
            currency: self.rules.menu.currency.clone(),
            status: OrderStatus::Pending,
            history: Vec::new(),
            ticket: None,
        };
        let entry = Entry::new(order, party).at(now, asker, OrderStatus::Pending);
        Ok(commit(entry, None))
    }

    /// Whether the table, and the disk, take one order more.
    fn room(&self, now: Integer, table: &Word) -> Result<(), Problem> {
        let open = self.opened(now).filter(|entry| entry.order.table == *table);
        if open.count() >= OPEN_PER_TABLE_MAX {
            let detail = format!("{OPEN_PER_TABLE_MAX} orders of the table are open");
            return Err(Problem::new(Code::Busy, detail).at("table"));
        }
        if self.entries.len() >= ORDERS_KEPT_MAX {
            let detail = format!("{ORDERS_KEPT_MAX} orders are kept already");
            return Err(Problem::new(Code::StorageFull, detail));
        }
        Ok(())
    }

    fn advance(&self, now: Integer, asker: &Asker, wanted: &SetStatus) -> Result<Verdict, Problem> {
        let seen = |entry: &&Entry| sight::sees(&self.rules, asker, entry);
        let entry = self.entries.get(&wanted.order).filter(seen);
        let entry =
            entry.ok_or_else(|| Problem::new(Code::NotFound, "no such order").at("order"))?;
        course::may(self.rules.confirm, asker, entry, wanted.status)?;
        if entry.order.status == wanted.status {
            return Ok(Verdict::Known(wanted.order));
        }
        course::follows(entry.order.status, wanted.status)?;
        let entry = entry.clone().at(now, asker, wanted.status);
        let ticket = (wanted.status == OrderStatus::Confirmed)
            .then(|| ticket::submit(&self.rules, &entry.order, now));
        Ok(commit(entry, ticket))
    }

    fn next_number(&self, now: Integer) -> Integer {
        let last = self.numbers.get(&self.rules.day(now));
        last.copied().unwrap_or_default().next()
    }

    fn insert(&mut self, entry: Entry) {
        let day = self.rules.day(entry.placed_at());
        let last = self.numbers.entry(day).or_default();
        *last = entry.order.number.max(*last);
        self.entries.insert(entry.order.order, entry);
    }
}

fn commit(entry: Entry, ticket: Option<Submit>) -> Verdict {
    Verdict::Commit(Box::new(Change { entry, ticket }))
}

fn other_content(field: &'static str) -> Problem {
    Problem::new(Code::Conflict, "the order exists with another content").at(field)
}

/// The Unix time `by` before `now`, not before the epoch.
pub(crate) fn earlier(now: Integer, by: Duration) -> Integer {
    let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
    Integer::new(now.value().saturating_sub(by)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
