//! Who asks, as far as orders care.

use wire::credential::{Role, Standing};
use wire::{Code, Principal, Problem, SittingId, Word};

use super::Party;

/// Somebody who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asker {
    /// Who.
    pub(crate) principal: Principal,
    /// What they do.
    pub(crate) standing: Standing,
    /// Where a guest sits, as their token says.
    pub(crate) seat: Option<Seat>,
}

/// A party at a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seat {
    /// The time it sits there.
    pub(crate) sitting: SittingId,
    /// The table.
    pub(crate) table: Word,
}

impl Asker {
    /// Whom an order of the asker is for, and where: a guest's is in their token, staff say it.
    pub(super) fn seat_for(&self, named: Option<&Word>) -> Result<(Party, Word), Problem> {
        if !self.standing.is_guest() {
            let table = named.cloned();
            let table = table.ok_or_else(|| {
                Problem::new(Code::Invalid, "whoever orders for a guest names the table")
                    .at("table")
            })?;
            return Ok((Party::Staff(self.principal.clone()), table));
        }
        let seat = self.seat.clone().ok_or_else(|| {
            Problem::new(Code::Forbidden, "the token is good for no table").at("credential")
        })?;
        if named.is_some_and(|table| *table != seat.table) {
            let detail = "the token is good for another table";
            return Err(Problem::new(Code::Forbidden, detail).at("table"));
        }
        Ok((Party::Sitting(seat.sitting), seat.table))
    }

    /// Whether the asker has this role.
    pub(super) fn is(&self, role: Role) -> bool {
        self.standing == Standing::Role(role)
    }
}
