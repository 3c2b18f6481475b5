//! The status bytes of ESC/POS.

use super::condition::{Condition, Cover, Fault, Paper};

/// Bits that are set in every answer to DLE EOT: 0xx1xx10.
const REAL_TIME: u8 = 0x12;
/// Bits that are set in the first byte of an automatic status: 0xx1xx00.
const AUTOMATIC: u8 = 0x10;
/// The drawer's sensor; a closed drawer, or none, leaves it high.
const DRAWER_HIGH: u8 = 0x04;
/// Fourth byte of an automatic status.
const RESERVED: u8 = 0x0f;

/// The answer to DLE EOT: 1 printer, 2 reason of offline, 3 reason of error, 4 paper.
pub(super) fn real_time(condition: &Condition, what: u8) -> u8 {
    let bits = match what {
        1 => drawer(condition) | bit(condition.is_offline(), 0x08),
        2 => {
            bit(condition.cover == Cover::Open, 0x04)
                | bit(condition.paper == Paper::Out, 0x20)
                | bit(condition.fault != Fault::None, 0x40)
        }
        3 => fault(condition),
        _ => paper(condition) | bit(condition.paper == Paper::Out, 0x60),
    };
    REAL_TIME | bits
}

/// The answer to GS r: 1 paper, 2 drawer, 4 ink.
pub(super) fn asked(condition: &Condition, what: u8) -> Option<u8> {
    match what {
        1 => Some(near_end(condition) >> 2 | bit(condition.paper == Paper::Out, 0x0c)),
        2 => Some(drawer(condition) >> 2),
        4 => Some(0),
        _ => None,
    }
}

/// An automatic status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asb([u8; 4]);

impl Asb {
    pub(super) fn of(condition: &Condition) -> Self {
        let printer = AUTOMATIC
            | drawer(condition)
            | bit(condition.is_offline(), 0x08)
            | bit(condition.cover == Cover::Open, 0x20);
        let paper = near_end(condition) >> 2 | bit(condition.paper == Paper::Out, 0x0c);
        Self([printer, fault(condition), paper, RESERVED])
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// What has changed, in the bits of GS a: 1 drawer, 2 online, 4 error, 8 paper.
    pub(super) fn changed(self, before: Self) -> u8 {
        let [printer, fault, paper, _] = [0, 1, 2, 3].map(|at| self.0[at] ^ before.0[at]);
        bit(printer & DRAWER_HIGH != 0, 1)
            | bit(printer & !DRAWER_HIGH != 0, 2)
            | bit(fault != 0, 4)
            | bit(paper != 0, 8)
    }
}

fn drawer(condition: &Condition) -> u8 {
    bit(!condition.drawer_open, DRAWER_HIGH)
}

/// An empty roll is near its end as well.
fn near_end(condition: &Condition) -> u8 {
    bit(condition.paper != Paper::Enough, 0x0c)
}

fn paper(condition: &Condition) -> u8 {
    near_end(condition)
}

fn fault(condition: &Condition) -> u8 {
    match condition.fault {
        Fault::None => 0,
        Fault::Mechanical => 0x04,
        Fault::Cutter => 0x08,
        Fault::Circuit => 0x20,
        Fault::Hot => 0x40,
    }
}

fn bit(set: bool, mask: u8) -> u8 {
    if set { mask } else { 0 }
}
