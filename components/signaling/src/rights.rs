//! Who may call whom, and who may know of whom, inside one hotel.
//!
//! Components reach everybody. People reach components and the hotel's own people. Machines and
//! operators reach components. Whatever is not named here is refused; above all, nobody but a
//! component calls a guest.

use wire::credential::Standing;

/// Whether `caller` may propose a connection to `other`.
pub(crate) fn may_call(caller: Standing, other: Standing) -> bool {
    match (caller, other) {
        (Standing::Component, _) | (_, Standing::Component) => true,
        (Standing::Role(_), Standing::Role(role)) => role.is_staff(),
        (Standing::Role(_), Standing::Device | Standing::Operator)
        | (Standing::Device | Standing::Operator, _) => false,
    }
}

/// Whether two may exchange anything at all, and therefore know of each other.
pub(crate) fn may_meet(one: Standing, other: Standing) -> bool {
    may_call(one, other) || may_call(other, one)
}

#[cfg(test)]
mod tests;
