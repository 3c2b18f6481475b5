use super::*;

use wire::print::JobState;
use wire::{JobId, Sha256};

#[track_caller]
fn check(book: &Book, asker: &Asker, expected: &[u32]) {
    let seen: Vec<_> = book.orders(asker).iter().map(|order| order.order).collect();
    let expected: Vec<_> = expected.iter().copied().map(id).collect();
    assert_eq!(seen, expected, "{}", asker.principal);
    for number in 1..=4 {
        let is_seen = book.order(asker, id(number)).is_some();
        assert_eq!(is_seen, expected.contains(&id(number)));
    }
}

/// 1: pending, 2: confirmed, both of table 1; 3: pending, of table 2; 4: pending, by staff for
/// table 1.
fn full(confirm: Confirm) -> Book {
    let mut book = book(confirm);
    placed(&mut book, &guest("anna", 1), soup(1));
    at_status(&mut book, 2, OrderStatus::Confirmed);
    placed(&mut book, &guest("bert", 2), soup(3));
    let for_table_1 = Place {
        table: Some("t1".parse().unwrap()),
        ..soup(4)
    };
    placed(&mut book, &staff(Role::Pos), for_table_1);
    book
}

// device-proxy-6.6
#[test]
fn guests_see_the_orders_of_their_sitting_only() {
    let book = full(Confirm::Staff);
    check(&book, &guest("anna", 1), &[2, 1]);
    check(&book, &guest("anna-2", 1), &[2, 1]);
    check(&book, &guest("bert", 2), &[3]);
    let same_table_later = Asker {
        seat: Some(Seat {
            sitting: sitting(9),
            table: "t1".parse().unwrap(),
        }),
        ..guest("carl", 1)
    };
    check(&book, &same_table_later, &[]);
    let homeless = Asker {
        seat: None,
        ..guest("dora", 1)
    };
    check(&book, &homeless, &[]);
}

// device-proxy-6.6
#[test]
fn the_kitchen_sees_its_work_and_staff_see_all() {
    let book = full(Confirm::Staff);
    check(&book, &staff(Role::Kitchen), &[2]);
    for role in [Role::FrontDesk, Role::Pos, Role::Manager] {
        check(&book, &staff(role), &[4, 3, 2, 1]);
    }
    for role in [Role::Housekeeping, Role::Engineering] {
        check(&book, &staff(role), &[]);
    }
    check(
        &full(Confirm::Kitchen),
        &staff(Role::Kitchen),
        &[4, 3, 2, 1],
    );
}

// device-proxy-6.6
#[test]
fn the_kitchen_still_sees_what_was_called_off_on_its_stove() {
    let mut book = full(Confirm::Staff);
    moved(&mut book, &staff(Role::Pos), 1, OrderStatus::Cancelled);
    moved(&mut book, &staff(Role::Pos), 2, OrderStatus::Cancelled);
    check(&book, &staff(Role::Kitchen), &[2]);
}

// device-proxy-6.7
#[test]
fn guests_are_told_no_other_guests_name_and_nothing_of_tickets() {
    let mut book = book(Confirm::Staff);
    at_status(&mut book, 1, OrderStatus::Confirmed);
    let job = job(id(1).into());
    assert_eq!(book.ticket(job.clone()), [Effect::ShowStaff(id(1))]);
    assert_eq!(book.ticket(job.clone()), []);
    let by = |asker: &Asker| {
        let order = book.order(asker, id(1)).unwrap();
        let by = order.history.iter().map(|step| step.by.to_string());
        (by.collect::<Vec<_>>(), order.ticket)
    };
    let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    assert_eq!(by(&guest("anna", 1)), (names(["anna", "pos-1"]), None));
    assert_eq!(by(&guest("bert", 1)), (names(["guest", "pos-1"]), None));
    assert_eq!(by(&staff(Role::Pos)), (names(["anna", "pos-1"]), Some(job)));
}

#[test]
fn a_job_that_is_no_ticket_changes_nothing() {
    let mut book = book(Confirm::Staff);
    assert_eq!(book.ticket(job(id(1).into())), []);
}

// device-proxy-6.6
#[test]
fn one_answer_holds_the_newest_hundred() {
    let mut book = book(Confirm::Staff);
    for number in 1..=105 {
        let table = guest("anna", number / 20);
        placed(&mut book, &table, soup(number));
    }
    let orders = book.orders(&staff(Role::Pos));
    assert_eq!(
        (orders.len(), orders[0].order, orders[99].order),
        (100, id(105), id(6))
    );
}

fn job(job: JobId) -> Job {
    Job {
        v: Version,
        job,
        principal: Principal::from(wire::Component::DeviceProxy),
        route: "kitchen".parse().unwrap(),
        printer: None,
        state: JobState::Accepted,
        attempts: 0,
        marked: false,
        content: Sha256([0; 32]),
        accepted_at: at(0),
        at: at(0),
    }
}
