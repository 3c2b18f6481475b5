//! Parties that sit down and leave.

use std::ops::RangeInclusive;

use wire::authority::{SITTING_MAX_MS, Sittings};
use wire::{Code, Integer, Problem, SittingId, Word};

use super::{Done, Present, after, audit, revocation};
use crate::act::{Asker, Granted};
use crate::books::{Books, Change, Refusal, Sitting};

/// Life of a sitting when nobody says: an evening.
const LIFE_MS: u32 = 4 * 60 * 60 * 1_000;
/// What may be asked for, in milliseconds; tokens count whole seconds.
const LIVES_MS: RangeInclusive<u64> = 1_000..=SITTING_MAX_MS as u64;
/// Most open sittings, which one message can list.
const OPEN_MAX: usize = 500;

pub(super) fn open(
    books: &Books,
    present: Present,
    asker: &Asker,
    table: Word,
    life_ms: Option<Integer>,
    id: SittingId,
) -> Result<Done, Problem> {
    let life_ms = life_ms.map_or(u64::from(LIFE_MS), Integer::value);
    if !LIVES_MS.contains(&life_ms) {
        let (least, most) = (LIVES_MS.start(), LIVES_MS.end());
        let detail = format!("{life_ms} is not one of {least} to {most}");
        return Err(Problem::new(Code::Invalid, detail).at("life_ms"));
    }
    if let Some((id, _)) = books.open_at(&table, present.now) {
        let detail = format!("sitting {id} is open at table {table}");
        return Err(Problem::new(Code::Conflict, detail).at("table"));
    }
    let open = books.sittings.values();
    let open = open.filter(|sitting| sitting.is_open(present.now)).count();
    if open >= OPEN_MAX {
        let detail = format!("{OPEN_MAX} sittings are open");
        return Err(Problem::new(Code::Busy, detail));
    }
    // Each that is open may be closed at any time, and its place on the list must be there.
    if open + books.listed_sittings() >= revocation::REFUSALS_MAX {
        let detail = "the tokens of too many sittings are refused; the first of them expire soon";
        return Err(Problem::new(Code::StorageFull, detail));
    }
    let sitting = Sitting {
        table,
        opened_at: present.now,
        expires_at: after(present.now, life_ms),
        opened_by: asker.principal()?.clone(),
        closed_at: None,
    };
    Ok(Done {
        granted: Granted::Sitting(books.shown(id, &sitting, present.now)),
        changes: vec![
            Change::Sitting(id, sitting),
            audit(present, asker, "open-sitting", &id),
        ],
    })
}

/// Ends a sitting and with it the tokens of its guests; one that is over is shown as it is.
pub(super) fn close(
    books: &Books,
    present: Present,
    asker: &Asker,
    id: SittingId,
) -> Result<Done, Problem> {
    let sitting = books.sittings.get(&id).ok_or_else(|| {
        let detail = format!("there is no sitting {id}");
        Problem::new(Code::NotFound, detail).at("sitting")
    })?;
    if !sitting.is_open(present.now) {
        let shown = books.shown(id, sitting, present.now);
        return Ok(Done::looked(Granted::Sitting(shown)));
    }
    let closed = Sitting {
        closed_at: Some(present.now),
        ..sitting.clone()
    };
    let granted = Granted::Sitting(books.shown(id, &closed, present.now));
    let until = closed.expires_at;
    let mut changes = vec![
        Change::Sitting(id, closed),
        audit(present, asker, "close-sitting", &id),
    ];
    // Without guests there is nobody to refuse, and the list stays short.
    if !books.guests(id).is_empty() {
        let refusal = Refusal::Sitting(id);
        changes.extend(revocation::refuse(books, present, refusal, Some(until)));
    }
    Ok(Done { granted, changes })
}

/// Open sittings, by table.
pub(super) fn list(books: &Books, now: Integer) -> Sittings {
    let open = books.sittings.iter();
    let open = open.filter(|(_, sitting)| sitting.is_open(now));
    let mut sittings: Vec<_> = open
        .map(|(id, sitting)| books.shown(*id, sitting, now))
        .collect();
    sittings.sort_by(|left, right| left.table.cmp(&right.table));
    Sittings { sittings }
}
