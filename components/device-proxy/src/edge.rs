//! Everything of `device-proxy` that touches the world: the disk, the bus, browsers and printers.

use kit::credential::Caller;

use crate::order::{Asker, Seat};

pub(crate) mod book;
pub(crate) mod bus;
pub(crate) mod guest_messages;
pub(crate) mod http;
pub(crate) mod journal;
pub(crate) mod peers;
mod printer;
pub(crate) mod spooler;

/// Who asks, from whoever was believed.
fn asker(caller: &Caller) -> Asker {
    let seat = caller.sitting.zip(caller.table.clone());
    Asker {
        principal: caller.principal.clone(),
        standing: caller.standing,
        seat: seat.map(|(sitting, table)| Seat { sitting, table }),
    }
}
