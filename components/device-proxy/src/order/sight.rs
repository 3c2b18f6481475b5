//! Who sees which order, and what of it.

use wire::Principal;
use wire::credential::{Role, Standing};
use wire::order::{Order, OrderStatus};

use super::{Asker, Confirm, Entry, Party, Rules};

/// What a guest reads in place of another guest's name.
const SOMEBODY: &str = "guest";

/// Whether the asker sees the order: guests those of their sitting, the kitchen those that are its
/// work, front desk, tills and managers all, an operator all.
pub(super) fn sees(rules: &Rules, asker: &Asker, entry: &Entry) -> bool {
    match asker.standing {
        Standing::Role(Role::Guest) => {
            let sitting = asker.seat.as_ref().map(|seat| Party::Sitting(seat.sitting));
            sitting.as_ref() == Some(&entry.party)
        }
        Standing::Role(Role::Kitchen) => {
            rules.confirm == Confirm::Kitchen || entry.was(OrderStatus::Confirmed)
        }
        Standing::Role(Role::FrontDesk | Role::Pos | Role::Manager) | Standing::Operator => true,
        Standing::Role(Role::Housekeeping | Role::Engineering)
        | Standing::Component
        | Standing::Device => false,
    }
}

/// The order as the asker sees it: guests are told neither other guests' names nor where and by
/// whom tickets are printed.
pub(super) fn shown(asker: &Asker, entry: &Entry) -> Order {
    let mut order = entry.order.clone();
    if asker.standing.is_guest() {
        order.ticket = None;
        let other = |by: &Principal| *by != asker.principal && entry.guests.contains(by);
        for step in order.history.iter_mut().filter(|step| other(&step.by)) {
            step.by = SOMEBODY.parse().expect("it is a word");
        }
    }
    order
}
