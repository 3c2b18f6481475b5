//! Rooms for a reservation: what cannot be given at all, what the model is told of the rest, and
//! the order.

use wire::inference::{Allocate, CandidateRoom, GUESTS_MAX, ROOMS_MAX, RankedRoom, Wishes};
use wire::{Code, Problem};

use crate::tensor::{Question, Values};

/// Features of a pair of wishes and room, each between 0 and 1, in the model's order.
pub(crate) const FEATURES: usize = 16;

/// Highest category.
const CATEGORY_MAX: u8 = 5;
/// A floor from which on all are equally high.
const HIGH: f32 = 20.0;
/// Nights from which on all stays are equally long.
const LONG: f32 = 14.0;

/// Refuses what makes no sense, and names it.
pub(crate) fn check(asked: &Allocate) -> Result<(), Problem> {
    let wrong = |field: String, detail: String| Err(Problem::new(Code::Invalid, detail).at(field));
    let wishes = &asked.wishes;
    if !(1..=GUESTS_MAX).contains(&wishes.guests) {
        let detail = format!("is not one of 1 to {GUESTS_MAX}");
        return wrong("wishes.guests".to_owned(), detail);
    }
    if wishes.nights == 0 {
        return wrong("wishes.nights".to_owned(), "is not positive".to_owned());
    }
    if !(1..=CATEGORY_MAX).contains(&wishes.category) {
        let detail = format!("is not one of 1 to {CATEGORY_MAX}");
        return wrong("wishes.category".to_owned(), detail);
    }
    if !(1..=ROOMS_MAX).contains(&asked.rooms.len()) {
        return wrong("rooms".to_owned(), format!("are not 1 to {ROOMS_MAX}"));
    }
    for (place, room) in asked.rooms.iter().enumerate() {
        if !(1..=CATEGORY_MAX).contains(&room.category) {
            let detail = format!("is not one of 1 to {CATEGORY_MAX}");
            return wrong(format!("rooms[{place}].category"), detail);
        }
        if asked.rooms[..place]
            .iter()
            .any(|other| other.room == room.room)
        {
            return wrong(format!("rooms[{place}].room"), "is there twice".to_owned());
        }
    }
    Ok(())
}

/// What the model is asked: a row for each room.
pub(crate) fn question(asked: &Allocate) -> Question {
    let rows = asked.rooms.iter();
    let features = rows
        .flat_map(|room| features(&asked.wishes, room))
        .collect();
    Question {
        rows: asked.rooms.len(),
        inputs: vec![Values::Fp32(features)],
    }
}

/// The features of a pair, as `models/room_allocation.py` names them.
pub(crate) fn features(wishes: &Wishes, room: &CandidateRoom) -> [f32; FEATURES] {
    let flag = |flag: bool| if flag { 1.0 } else { 0.0 };
    let share = |part: f32, whole: f32| (part / whole).clamp(0.0, 1.0);
    let left_over = f32::from(room.capacity) - f32::from(wishes.guests);
    let beds = match (wishes.beds, room.beds) {
        (Some(one), Some(other)) => flag(one == other),
        (Some(_), None) => 0.5,
        (None, _) => 1.0,
    };
    let higher = f32::from(room.category) - f32::from(wishes.category);
    let nights = share(f32::from(wishes.nights), LONG);
    [
        share(left_over, f32::from(GUESTS_MAX)),
        beds,
        flag(room.category == wishes.category),
        share(higher, 4.0),
        share(-higher, 4.0),
        flag(wishes.high_floor) * share(f32::from(room.floor), HIGH),
        flag(wishes.quiet && !room.quiet),
        flag(wishes.view && !room.view),
        flag(wishes.near_lift && !room.near_lift),
        flag(room.accessible && !wishes.accessible),
        flag(room.view && !wishes.view),
        nights * flag(!room.quiet),
        flag(!room.ready),
        flag(wishes.quiet && room.near_lift),
        share(f32::from(wishes.guests), f32::from(GUESTS_MAX)),
        nights,
    ]
}

/// Whether the room can be given at all.
pub(crate) fn fits(wishes: &Wishes, room: &CandidateRoom) -> bool {
    room.capacity >= wishes.guests && (room.accessible || !wishes.accessible)
}

/// Every room with its score, best first; those that do not fit come last, equal ones by their ids.
pub(crate) fn ranked(asked: &Allocate, scores: &[f64]) -> Vec<RankedRoom> {
    let ranked = asked.rooms.iter().zip(scores).map(|(room, score)| {
        let fits = fits(&asked.wishes, room);
        RankedRoom {
            room: room.room.clone(),
            score: if fits { score.clamp(0.0, 1.0) } else { 0.0 },
            fits,
        }
    });
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by(|left, right| {
        let better = right.fits.cmp(&left.fits);
        let better = better.then(right.score.total_cmp(&left.score));
        better.then_with(|| left.room.cmp(&right.room))
    });
    ranked
}

#[cfg(test)]
mod tests;
