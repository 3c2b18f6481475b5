//! The course of an order: which step follows which, and who may take it.
//!
//! | step | who |
//! |---|---|
//! | confirmed | front-desk, pos, manager; kitchen where the house says so |
//! | preparing, ready | kitchen, manager |
//! | served | pos, kitchen, manager |
//! | cancelled | the guests of its sitting while it is pending; front-desk, pos, manager, and the kitchen what it sees |

use wire::credential::Role;
use wire::order::OrderStatus;
use wire::{Code, Problem};

use super::{Asker, Confirm, Entry};

/// Whether nothing follows.
pub(super) fn is_end(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Served | OrderStatus::Cancelled)
}

/// Whether the asker may take an order that they see to this step.
pub(super) fn may(
    confirm: Confirm,
    asker: &Asker,
    entry: &Entry,
    step: OrderStatus,
) -> Result<(), Problem> {
    let one_of = |roles: &[Role]| roles.iter().any(|role| asker.is(*role));
    let may = match step {
        OrderStatus::Pending => false,
        OrderStatus::Confirmed => {
            one_of(&[Role::FrontDesk, Role::Pos, Role::Manager])
                || confirm == Confirm::Kitchen && one_of(&[Role::Kitchen])
        }
        OrderStatus::Preparing | OrderStatus::Ready => one_of(&[Role::Kitchen, Role::Manager]),
        OrderStatus::Served => one_of(&[Role::Pos, Role::Kitchen, Role::Manager]),
        OrderStatus::Cancelled => {
            one_of(&[Role::FrontDesk, Role::Pos, Role::Kitchen, Role::Manager])
                || asker.standing.is_guest() && !entry.was(OrderStatus::Confirmed)
        }
    };
    if may {
        return Ok(());
    }
    let detail = "that step is for others to take, or not any more";
    Err(Problem::new(Code::Forbidden, detail).at("status"))
}

/// Whether the one step follows the other.
pub(super) fn follows(now: OrderStatus, next: OrderStatus) -> Result<(), Problem> {
    let follows = match next {
        OrderStatus::Pending => false,
        OrderStatus::Confirmed => now == OrderStatus::Pending,
        OrderStatus::Preparing => now == OrderStatus::Confirmed,
        OrderStatus::Ready => now == OrderStatus::Preparing,
        OrderStatus::Served => now == OrderStatus::Ready,
        OrderStatus::Cancelled => !is_end(now),
    };
    if follows {
        return Ok(());
    }
    let detail = format!(
        "an order that is {} does not become {}",
        word(now),
        word(next)
    );
    Err(Problem::new(Code::Conflict, detail).at("status"))
}

fn word(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Pending => "pending",
        OrderStatus::Confirmed => "confirmed",
        OrderStatus::Preparing => "preparing",
        OrderStatus::Ready => "ready",
        OrderStatus::Served => "served",
        OrderStatus::Cancelled => "cancelled",
    }
}
