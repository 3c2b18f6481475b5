//! One order in the book.

use wire::order::{Order, OrderStatus, Place, Step};
use wire::{Integer, Principal, SittingId, Word};

use super::Asker;

/// Whom an order is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Party {
    /// Guests of this sitting.
    Sitting(SittingId),
    /// Somebody without a page, for whom this member of staff ordered.
    Staff(Principal),
}

/// An order with what only the box knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The order; its history has at least one step.
    pub(crate) order: Order,
    /// Whom it is for.
    pub(crate) party: Party,
    /// Those of the history who are guests.
    pub(crate) guests: Vec<Principal>,
}

impl Entry {
    pub(super) fn new(order: Order, party: Party) -> Self {
        Self {
            order,
            party,
            guests: Vec::new(),
        }
    }

    /// The order after one step more.
    #[must_use]
    pub(super) fn at(mut self, now: Integer, asker: &Asker, status: OrderStatus) -> Self {
        self.order.status = status;
        self.order.history.push(Step {
            status,
            at: now,
            by: asker.principal.clone(),
        });
        if asker.standing.is_guest() && !self.guests.contains(&asker.principal) {
            self.guests.push(asker.principal.clone());
        }
        self
    }

    /// When it was placed.
    pub(crate) fn placed_at(&self) -> Integer {
        self.order
            .history
            .first()
            .map_or_else(Integer::default, |step| step.at)
    }

    /// Whether it ever came so far.
    pub(super) fn was(&self, status: OrderStatus) -> bool {
        self.order.history.iter().any(|step| step.status == status)
    }

    /// Whether a wish with this order's id is this order; else the first field that differs.
    ///
    /// Prices are not compared: the menu may have changed since.
    pub(super) fn is_of(
        &self,
        party: &Party,
        table: &Word,
        place: &Place,
    ) -> Result<(), &'static str> {
        let lines = || {
            let lines = self.order.lines.iter();
            lines.map(|line| (&line.item, line.quantity, &line.note))
        };
        let wishes = || {
            let wishes = place.items.iter();
            wishes.map(|wish| (&wish.item, wish.quantity, &wish.note))
        };
        if self.party != *party {
            Err("order")
        } else if self.order.table != *table {
            Err("table")
        } else if !lines().eq(wishes()) {
            Err("items")
        } else if self.order.note != place.note {
            Err("note")
        } else if place
            .total_minor
            .is_some_and(|total| total != self.order.total_minor)
        {
            Err("total_minor")
        } else {
            Ok(())
        }
    }
}
