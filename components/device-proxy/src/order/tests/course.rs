use super::*;

use OrderStatus::{Cancelled, Confirmed, Pending, Preparing, Ready, Served};

const EVERY: [OrderStatus; 6] = [Pending, Confirmed, Preparing, Ready, Served, Cancelled];

/// Which steps an order that has come so far can take, for whom.
#[track_caller]
fn check(confirm: Confirm, asker: &Asker, expected: &[(OrderStatus, &[OrderStatus])]) {
    for from in EVERY {
        let mut book = book(confirm);
        at_status(&mut book, 1, from);
        let goes = |to_status: &OrderStatus| {
            let verdict = book.ask(at(2), asker, &to(1, *to_status));
            matches!(verdict, Verdict::Commit(_))
        };
        let taken: Vec<_> = EVERY.into_iter().filter(goes).collect();
        let row = expected.iter().find(|(status, _)| *status == from);
        let steps = row.map_or(&[][..], |(_, steps)| *steps);
        assert_eq!(taken, steps, "{from:?} by {}", asker.principal);
    }
}

// device-proxy-6.1, device-proxy-6.2
#[test]
fn guests_call_off_what_nobody_confirmed() {
    check(
        Confirm::Staff,
        &guest("anna", 1),
        &[(Pending, &[Cancelled])],
    );
    check(Confirm::Staff, &guest("bert", 2), &[]);
}

// device-proxy-6.1, device-proxy-6.2
#[test]
fn tills_and_the_front_desk_confirm_and_call_off() {
    check(
        Confirm::Staff,
        &staff(Role::FrontDesk),
        &[
            (Pending, &[Confirmed, Cancelled]),
            (Confirmed, &[Cancelled]),
            (Preparing, &[Cancelled]),
            (Ready, &[Cancelled]),
        ],
    );
    check(
        Confirm::Staff,
        &staff(Role::Pos),
        &[
            (Pending, &[Confirmed, Cancelled]),
            (Confirmed, &[Cancelled]),
            (Preparing, &[Cancelled]),
            (Ready, &[Served, Cancelled]),
        ],
    );
}

// device-proxy-6.1, device-proxy-6.2
#[test]
fn the_kitchen_cooks_what_is_confirmed() {
    let cooking: &[(_, &[_])] = &[
        (Confirmed, &[Preparing, Cancelled]),
        (Preparing, &[Ready, Cancelled]),
        (Ready, &[Served, Cancelled]),
    ];
    check(Confirm::Staff, &staff(Role::Kitchen), cooking);
    let confirming: &[(_, &[_])] = &[(Pending, &[Confirmed, Cancelled])];
    check(
        Confirm::Kitchen,
        &staff(Role::Kitchen),
        &[confirming, cooking].concat(),
    );
}

// device-proxy-6.1, device-proxy-6.2
#[test]
fn managers_take_every_step_and_others_none() {
    check(
        Confirm::Staff,
        &staff(Role::Manager),
        &[
            (Pending, &[Confirmed, Cancelled]),
            (Confirmed, &[Preparing, Cancelled]),
            (Preparing, &[Ready, Cancelled]),
            (Ready, &[Served, Cancelled]),
        ],
    );
    check(Confirm::Kitchen, &staff(Role::Housekeeping), &[]);
    check(Confirm::Kitchen, &staff(Role::Engineering), &[]);
}

// device-proxy-6.1
#[test]
fn a_refusal_tells_a_wrong_moment_from_a_wrong_person() {
    let mut book = book(Confirm::Staff);
    at_status(&mut book, 1, Ready);
    let ask = |asker: &Asker, status| book.ask(at(2), asker, &to(1, status));
    check_refused(
        &ask(&staff(Role::Kitchen), Preparing),
        Code::Conflict,
        "status",
    );
    check_refused(
        &ask(&guest("anna", 1), Cancelled),
        Code::Forbidden,
        "status",
    );
    check_refused(&ask(&staff(Role::Pos), Pending), Code::Forbidden, "status");
    check_refused(&ask(&guest("bert", 2), Cancelled), Code::NotFound, "order");
}

// device-proxy-6.3
#[test]
fn a_step_that_was_taken_is_not_taken_twice() {
    let mut book = book(Confirm::Staff);
    at_status(&mut book, 1, Confirmed);
    let again = book.ask(at(9), &staff(Role::FrontDesk), &to(1, Confirmed));
    assert_eq!(again, Verdict::Known(id(1)));
    assert_eq!(
        book.order(&staff(Role::Pos), id(1)).unwrap().history.len(),
        2
    );
}

// device-proxy-6.4
#[test]
fn a_confirmation_brings_one_ticket_and_no_other_step_brings_any() {
    for (from, role, step) in [
        (Confirmed, Role::Kitchen, Preparing),
        (Preparing, Role::Kitchen, Ready),
        (Ready, Role::Pos, Served),
        (Pending, Role::Pos, Cancelled),
    ] {
        let mut book = book(Confirm::Staff);
        at_status(&mut book, 1, from);
        let Verdict::Commit(change) = book.ask(at(2), &staff(role), &to(1, step)) else {
            panic!("{from:?} does not become {step:?}");
        };
        assert_eq!(change.ticket, None);
    }
    let mut book = book(Confirm::Staff);
    at_status(&mut book, 1, Pending);
    let Verdict::Commit(change) = book.ask(at(2), &staff(Role::Pos), &to(1, Confirmed)) else {
        panic!("not confirmed");
    };
    let ticket = change.ticket.unwrap();
    assert_eq!(ticket.job, id(1).into());
    assert_eq!((ticket.route.as_str(), ticket.copies), ("kitchen", 1));
}

// device-proxy-6.4
#[test]
fn a_ticket_says_number_table_dishes_remarks_time_and_order() {
    let mut book = book(Confirm::Staff);
    let place = Place {
        items: vec![
            item("schnitzel", 2),
            Item {
                note: "no salt".parse().unwrap(),
                ..item("soup", 1)
            },
        ],
        note: "birthday".parse().unwrap(),
        ..soup(1)
    };
    placed(&mut book, &guest("anna", 1), place);
    let Verdict::Commit(change) = book.ask(at(0), &staff(Role::Pos), &to(1, Confirmed)) else {
        panic!("not confirmed");
    };
    let Document::Receipt(receipt) = change.ticket.unwrap().document else {
        panic!("a ticket has lines");
    };
    let words = |line: &Line| match line {
        Line::Text { text, .. } => text.to_string(),
        Line::Columns { cells, .. } => {
            let cells: Vec<_> = cells.iter().map(|cell| cell.text.as_str()).collect();
            cells.join(" ")
        }
        Line::Qr { text, .. } => format!("[{text}]"),
        Line::Rule => "-".to_owned(),
        other => panic!("{other:?} on a ticket"),
    };
    let words: Vec<_> = receipt.lines.iter().map(words).collect();
    let order = format!("[{}]", id(1));
    assert_eq!(
        words,
        [
            "1",
            "t1",
            "-",
            "2 x Wiener Schnitzel",
            "1 x Soup of the day",
            "> no salt",
            "-",
            "birthday",
            "-",
            "23:13",
            &order,
        ]
    );
}

// device-proxy-6.5
#[test]
fn what_is_ready_is_announced_and_what_is_called_off_is_not_printed() {
    let mut book = book(Confirm::Staff);
    at_status(&mut book, 1, Preparing);
    let effects = moved(&mut book, &staff(Role::Kitchen), 1, Ready);
    assert_eq!(effects, [Effect::Show(id(1)), Effect::Ready(id(1))]);
    let effects = moved(&mut book, &staff(Role::Pos), 1, Cancelled);
    assert_eq!(effects, [Effect::Show(id(1)), Effect::DropTicket(id(1))]);
    at_status(&mut book, 2, Pending);
    let effects = moved(&mut book, &guest("anna", 1), 2, Cancelled);
    assert_eq!(effects, [Effect::Show(id(2))]);
}
