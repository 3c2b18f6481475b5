//! The book by example and by law.

use proptest::prelude::*;
use wire::credential::{Role, Standing};
use wire::order::{ITEMS_MAX, Menu, MenuItem, OrderStatus, Wish as Item};
use wire::print::{Document, Line};
use wire::{Principal, SittingId, Text};

use super::*;

mod course;
mod laws;
mod placing;
mod sight;

/// 2023-11-14 22:13:20 UTC.
const NOW: u64 = 1_700_000_000_000;
/// A day.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

fn at(after_ms: u64) -> Integer {
    Integer::new(NOW + after_ms).unwrap()
}

fn rules(confirm: Confirm) -> Rules {
    let item = |item: &str, name: &str, price_minor: u32| MenuItem {
        item: item.parse().unwrap(),
        name: name.parse().unwrap(),
        section: Text::default(),
        price_minor: price_minor.into(),
    };
    Rules {
        menu: Menu {
            currency: "EUR".to_owned(),
            decimals: 2,
            items: vec![
                item("soup", "Soup of the day", 650),
                item("schnitzel", "Wiener Schnitzel", 1_990),
                item("water", "Water", 0),
            ],
        },
        confirm,
        kitchen_route: "kitchen".parse().unwrap(),
        utc_offset_minutes: 60,
    }
}

fn book(confirm: Confirm) -> Book {
    Book::new(rules(confirm), [])
}

fn id(number: u32) -> OrderId {
    format!("01941f29-7c00-7000-8000-{number:012x}")
        .parse()
        .unwrap()
}

fn sitting(number: u32) -> SittingId {
    format!("01941f29-7c00-7000-9000-{number:012x}")
        .parse()
        .unwrap()
}

fn guest(name: &str, number: u32) -> Asker {
    Asker {
        principal: name.parse().unwrap(),
        standing: Standing::Role(Role::Guest),
        seat: Some(Seat {
            sitting: sitting(number),
            table: format!("t{number}").parse().unwrap(),
        }),
    }
}

fn staff(role: Role) -> Asker {
    let standing = Standing::Role(role);
    let name = serde_json::to_value(standing).unwrap();
    Asker {
        principal: format!("{}-1", name.as_str().unwrap()).parse().unwrap(),
        standing,
        seat: None,
    }
}

fn item(item: &str, quantity: u8) -> Item {
    Item {
        item: item.parse().unwrap(),
        quantity,
        note: Text::default(),
    }
}

fn wish(number: u32, items: Vec<Item>) -> Place {
    Place {
        v: Version,
        order: id(number),
        table: None,
        items,
        note: Text::default(),
        total_minor: None,
    }
}

fn soup(number: u32) -> Place {
    wish(number, vec![item("soup", 1)])
}

fn to(number: u32, status: OrderStatus) -> Wish {
    Wish::Move(SetStatus {
        v: Version,
        order: id(number),
        status,
    })
}

/// Asks, commits and takes.
fn done(book: &mut Book, now: Integer, asker: &Asker, wish: &Wish) -> Result<Vec<Effect>, Problem> {
    match book.ask(now, asker, wish) {
        Verdict::Refused(problem) => Err(problem),
        Verdict::Known(_) => Ok(Vec::new()),
        Verdict::Commit(change) => Ok(book.take(*change)),
    }
}

#[track_caller]
fn placed(book: &mut Book, asker: &Asker, place: Place) -> Order {
    let order = place.order;
    done(book, at(0), asker, &Wish::Place(place)).unwrap();
    book.order(asker, order).unwrap()
}

#[track_caller]
fn moved(book: &mut Book, asker: &Asker, number: u32, status: OrderStatus) -> Vec<Effect> {
    done(book, at(1), asker, &to(number, status)).unwrap()
}

/// An order of the guests at table 1 that has come so far.
fn at_status(book: &mut Book, number: u32, status: OrderStatus) {
    placed(book, &guest("anna", 1), soup(number));
    for (step, role) in [
        (OrderStatus::Confirmed, Role::Pos),
        (OrderStatus::Preparing, Role::Kitchen),
        (OrderStatus::Ready, Role::Kitchen),
        (OrderStatus::Served, Role::Pos),
    ] {
        if step <= status && status != OrderStatus::Cancelled {
            moved(book, &staff(role), number, step);
        }
    }
    if status == OrderStatus::Cancelled {
        moved(book, &staff(Role::Manager), number, status);
    }
}

/// Code and field of the refusal.
#[track_caller]
fn check_refused(verdict: &Verdict, code: Code, field: &str) {
    let Verdict::Refused(problem) = verdict else {
        panic!("{verdict:?} is no refusal");
    };
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (code, Some(field))
    );
}
