//! Who may ask what: the one table for channels, HTTPS and the bus.
//!
//! | act | guest | front-desk | housekeeping | kitchen | pos | engineering | manager | operator | component |
//! |---|---|---|---|---|---|---|---|---|---|
//! | menu | × | × | | × | × | | × | × | |
//! | order | × | × | | | × | | × | | |
//! | order-status | × | × | | × | × | | × | | |
//! | orders | × | × | | × | × | | × | × | |
//! | print, print-preview; print-status, -cancel, -resolve of own jobs | | × | × | × | × | × | × | × | × |
//! | print that opens the cash drawer | | × | | | × | | × | | |
//! | print-status, -cancel, -resolve of others' jobs | | × | | × | × | × | × | × | |
//! | printers | | × | × | × | × | × | × | × | × |
//! | climate | | × | × | | | × | × | × | |
//! | set-climate | | × | × | | | × | × | | |
//! | guest-message | × | | | | | | | | |
//! | doors | | × | × | | | × | × | × | |
//! | unlock, lock: carried to the gateway, which decides | | × | × | | | × | × | × | |
//! | door-trail | | × | | | | × | × | × | |
//!
//! Pure. What of an order somebody sees and which step they may take is decided by the order book;
//! on which routes a role prints by the configuration. Whoever is not in the table, a device or a
//! tablet without a role, may do nothing.

use std::collections::{BTreeMap, BTreeSet};

use wire::credential::{Role, Standing};
use wire::{Code, Principal, Problem, Word};

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Act {
    /// What can be ordered.
    Menu,
    /// Place an order.
    Order,
    /// Move an order on.
    OrderStatus,
    /// See orders.
    Orders,
    /// Print, see to one's own jobs, and see how a document would look.
    Print,
    /// Open a cash drawer.
    OpenDrawer,
    /// See to the jobs of others.
    TendJobs,
    /// See the printers.
    Printers,
    /// See the climate of rooms.
    Climate,
    /// Change the climate of rooms.
    SetClimate,
    /// Say something to the house.
    GuestMessage,
    /// See the doors.
    Doors,
    /// Have a petition about a door carried to the gateway.
    TurnBolts,
    /// See who went through a door.
    DoorTrails,
}

const GUEST: Standing = Standing::Role(Role::Guest);
const FRONT_DESK: Standing = Standing::Role(Role::FrontDesk);
const HOUSEKEEPING: Standing = Standing::Role(Role::Housekeeping);
const KITCHEN: Standing = Standing::Role(Role::Kitchen);
const POS: Standing = Standing::Role(Role::Pos);
const ENGINEERING: Standing = Standing::Role(Role::Engineering);
const MANAGER: Standing = Standing::Role(Role::Manager);
const OPERATOR: Standing = Standing::Operator;
const COMPONENT: Standing = Standing::Component;

impl Act {
    /// Whether somebody of this standing may do it.
    pub(crate) fn is_open_to(self, standing: Standing) -> bool {
        self.standings().contains(&standing)
    }

    /// Refuses whoever may not do it.
    pub(crate) fn check(self, standing: Standing) -> Result<(), Problem> {
        if self.is_open_to(standing) {
            return Ok(());
        }
        let detail = "that is not among what this role may do";
        Err(Problem::new(Code::Forbidden, detail))
    }

    /// Who may do it.
    fn standings(self) -> &'static [Standing] {
        match self {
            Self::Menu | Self::Orders => &[GUEST, FRONT_DESK, KITCHEN, POS, MANAGER, OPERATOR],
            Self::Order => &[GUEST, FRONT_DESK, POS, MANAGER],
            Self::OpenDrawer => &[FRONT_DESK, POS, MANAGER],
            Self::OrderStatus => &[GUEST, FRONT_DESK, KITCHEN, POS, MANAGER],
            Self::Print | Self::Printers => &[
                FRONT_DESK,
                HOUSEKEEPING,
                KITCHEN,
                POS,
                ENGINEERING,
                MANAGER,
                OPERATOR,
                COMPONENT,
            ],
            Self::TendJobs => &[FRONT_DESK, KITCHEN, POS, ENGINEERING, MANAGER, OPERATOR],
            Self::DoorTrails => &[FRONT_DESK, ENGINEERING, MANAGER, OPERATOR],
            Self::Climate | Self::Doors | Self::TurnBolts => {
                &[FRONT_DESK, HOUSEKEEPING, ENGINEERING, MANAGER, OPERATOR]
            }
            Self::GuestMessage => &[GUEST],
            Self::SetClimate => &[FRONT_DESK, HOUSEKEEPING, ENGINEERING, MANAGER],
        }
    }
}

/// The routes that the house opens to each role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Routes(BTreeMap<Role, BTreeSet<Word>>);

impl Routes {
    /// These routes, and no others.
    pub(crate) fn new(routes: BTreeMap<Role, BTreeSet<Word>>) -> Self {
        Self(routes)
    }

    /// Refuses a route that is not open: people print on those of their role, programs and operators
    /// on all.
    pub(crate) fn check(&self, standing: Standing, route: &Word) -> Result<(), Problem> {
        let open = match standing {
            Standing::Component | Standing::Operator => true,
            Standing::Role(role) => self
                .0
                .get(&role)
                .is_some_and(|routes| routes.contains(route)),
            Standing::Device => false,
        };
        if open {
            return Ok(());
        }
        Err(Problem::new(Code::Forbidden, "this role does not print there").at("route"))
    }
}

/// Whether somebody is told how a job of `owner` goes.
pub(crate) fn hears_of_job(standing: Standing, who: &Principal, owner: &Principal) -> bool {
    Act::TendJobs.is_open_to(standing) || who == owner && Act::Print.is_open_to(standing)
}

#[cfg(test)]
mod tests;
