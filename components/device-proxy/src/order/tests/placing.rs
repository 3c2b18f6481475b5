use super::*;

#[track_caller]
fn check(place: Place, code: Code, field: &str) {
    let verdict = book(Confirm::Staff).ask(at(0), &guest("anna", 1), &Wish::Place(place));
    check_refused(&verdict, code, field);
}

// device-proxy-5.1
#[test]
fn names_and_prices_are_those_of_the_menu() {
    let items = vec![item("schnitzel", 2), item("soup", 1), item("water", 99)];
    let order = placed(&mut book(Confirm::Staff), &guest("anna", 1), wish(1, items));
    assert_eq!(order.total_minor, (2 * 1_990 + 650).into());
    assert_eq!(order.lines[0].name.as_str(), "Wiener Schnitzel");
    assert_eq!(order.lines[0].price_minor, 1_990.into());
    assert_eq!(
        (order.currency.as_str(), order.status),
        ("EUR", OrderStatus::Pending)
    );
}

// device-proxy-5.1
#[test]
fn a_sum_that_the_page_did_not_show_is_a_conflict() {
    let wrong = Place {
        total_minor: Some(649.into()),
        ..soup(1)
    };
    check(wrong, Code::Conflict, "total_minor");
    let right = Place {
        total_minor: Some(650.into()),
        ..soup(1)
    };
    placed(&mut book(Confirm::Staff), &guest("anna", 1), right);
}

// device-proxy-5.2
#[test]
fn a_guest_orders_for_the_table_of_their_token_and_for_no_other() {
    let mut book = book(Confirm::Staff);
    let order = placed(&mut book, &guest("anna", 1), soup(1));
    assert_eq!(order.table.as_str(), "t1");
    let elsewhere = Place {
        table: Some("t2".parse().unwrap()),
        ..soup(2)
    };
    check(elsewhere, Code::Forbidden, "table");
    let homeless = Asker {
        seat: None,
        ..guest("anna", 1)
    };
    let verdict = book.ask(at(0), &homeless, &Wish::Place(soup(3)));
    check_refused(&verdict, Code::Forbidden, "credential");
}

// device-proxy-5.2
#[test]
fn staff_order_for_the_table_that_they_name() {
    let mut book = book(Confirm::Staff);
    let named = Place {
        table: Some("terrace-3".parse().unwrap()),
        ..soup(1)
    };
    let order = placed(&mut book, &staff(Role::Pos), named);
    assert_eq!(order.table.as_str(), "terrace-3");
    let verdict = book.ask(at(0), &staff(Role::Pos), &Wish::Place(soup(2)));
    check_refused(&verdict, Code::Invalid, "table");
}

// device-proxy-5.3
#[test]
fn the_same_order_again_is_the_same_order() {
    let mut book = book(Confirm::Staff);
    let first = placed(&mut book, &guest("anna", 1), soup(1));
    let again = book.ask(at(9), &guest("anna", 1), &Wish::Place(soup(1)));
    assert_eq!(again, Verdict::Known(id(1)));
    assert_eq!(book.order(&guest("anna", 1), id(1)), Some(first));
    let new_token = book.ask(at(9), &guest("anna-2", 1), &Wish::Place(soup(1)));
    assert_eq!(new_token, Verdict::Known(id(1)));
}

// device-proxy-5.3
#[test]
fn the_same_order_is_known_after_the_menu_changed() {
    let mut book = book(Confirm::Staff);
    placed(&mut book, &guest("anna", 1), soup(1));
    let dearer = Rules {
        menu: Menu {
            items: Vec::new(),
            ..rules(Confirm::Staff).menu
        },
        ..rules(Confirm::Staff)
    };
    let book = Book::new(dearer, book.entries.into_values());
    let again = book.ask(at(9), &guest("anna", 1), &Wish::Place(soup(1)));
    assert_eq!(again, Verdict::Known(id(1)));
}

// device-proxy-5.3
#[test]
fn the_same_id_with_another_content_is_a_conflict_that_names_the_difference() {
    let mut book = book(Confirm::Staff);
    placed(&mut book, &guest("anna", 1), soup(1));
    let ask = |asker: &Asker, place| book.ask(at(9), asker, &Wish::Place(place));
    let anna = guest("anna", 1);
    let more = wish(1, vec![item("soup", 2)]);
    check_refused(&ask(&anna, more), Code::Conflict, "items");
    let remarked = Place {
        note: "hot".parse().unwrap(),
        ..soup(1)
    };
    check_refused(&ask(&anna, remarked), Code::Conflict, "note");
    let dearer = Place {
        total_minor: Some(651.into()),
        ..soup(1)
    };
    check_refused(&ask(&anna, dearer), Code::Conflict, "total_minor");
    check_refused(&ask(&guest("bert", 2), soup(1)), Code::Conflict, "order");
}

// device-proxy-5.4
#[test]
fn an_order_has_items_of_the_menu_in_numbers_that_can_be_cooked() {
    check(wish(1, Vec::new()), Code::Invalid, "items");
    check(
        wish(1, vec![item("soup", 1); ITEMS_MAX + 1]),
        Code::TooLarge,
        "items",
    );
    let first = |wrong: Item| wish(1, vec![item("soup", 1), wrong]);
    check(first(item("soup", 0)), Code::Invalid, "items[1].quantity");
    check(first(item("soup", 100)), Code::Invalid, "items[1].quantity");
    check(first(item("caviar", 1)), Code::Invalid, "items[1].item");
    let most = wish(1, vec![item("schnitzel", 99); ITEMS_MAX]);
    let order = placed(&mut book(Confirm::Staff), &guest("anna", 1), most);
    assert_eq!(order.total_minor, (40 * 99 * 1_990).into());
}

// device-proxy-5.4
#[test]
fn a_table_has_so_many_open_orders_and_not_one_more() {
    let mut book = book(Confirm::Staff);
    for number in 1..=20 {
        placed(&mut book, &guest("anna", 1), soup(number));
    }
    let verdict = book.ask(at(0), &guest("anna", 1), &Wish::Place(soup(21)));
    check_refused(&verdict, Code::Busy, "table");
    placed(&mut book, &guest("bert", 2), soup(22));
    moved(&mut book, &staff(Role::Manager), 7, OrderStatus::Cancelled);
    placed(&mut book, &guest("anna", 1), soup(21));
}

// device-proxy-5.4
#[test]
fn orders_that_nobody_finished_do_not_block_their_table_for_ever() {
    let mut book = book(Confirm::Staff);
    for number in 1..=20 {
        placed(&mut book, &guest("anna", 1), soup(number));
    }
    let tomorrow = book.ask(at(DAY_MS), &guest("carl", 1), &Wish::Place(soup(21)));
    assert!(matches!(tomorrow, Verdict::Commit(_)), "{tomorrow:?}");
    assert_eq!((book.open(at(0)), book.open(at(DAY_MS))), (20, 0));
}

// device-proxy-5.5
#[test]
fn numbers_count_from_one_on_each_day_of_the_house() {
    let mut book = book(Confirm::Staff);
    // Midnight at UTC+1 is 46 min 40 s away.
    let midnight = 2_800_000;
    let mut number = |order, after| {
        let place = Wish::Place(soup(order));
        done(&mut book, at(after), &guest("anna", 1), &place).unwrap();
        book.order(&guest("anna", 1), id(order)).unwrap().number
    };
    assert_eq!(number(1, 0), 1.into());
    assert_eq!(number(2, midnight - 1), 2.into());
    assert_eq!(number(3, midnight), 1.into());
    // A clock that was set back gives no number twice.
    assert_eq!(number(4, 5), 3.into());
}

// device-proxy-5.5
#[test]
fn numbers_go_on_after_a_restart() {
    let mut book = book(Confirm::Staff);
    for number in 1..=3 {
        placed(&mut book, &guest("anna", 1), soup(number));
    }
    let mut book = Book::new(rules(Confirm::Staff), book.entries.into_values());
    assert_eq!(
        placed(&mut book, &guest("anna", 1), soup(4)).number,
        4.into()
    );
}

// device-proxy-5.6
#[test]
fn orders_are_forgotten_after_a_week_and_not_before() {
    let mut book = book(Confirm::Staff);
    placed(&mut book, &guest("anna", 1), soup(1));
    book.sweep(at(7 * DAY_MS));
    assert_eq!(book.orders(&staff(Role::Pos)).len(), 1);
    book.sweep(at(7 * DAY_MS + 1));
    assert_eq!(book.orders(&staff(Role::Pos)).len(), 0);
}

// device-proxy-5.7
#[test]
fn whatever_a_guest_writes_stays_text() {
    const HOSTILE: &str = "<img src=x onerror=alert(1)> </script>'\"&amp; {{7*7}} %1B";
    let place = Place {
        items: vec![Item {
            note: HOSTILE.parse().unwrap(),
            ..item("soup", 1)
        }],
        note: HOSTILE.parse().unwrap(),
        ..soup(1)
    };
    let mut book = book(Confirm::Staff);
    let order = placed(&mut book, &guest("anna", 1), place);
    assert_eq!(
        (order.note.as_str(), order.lines[0].note.as_str()),
        (HOSTILE, HOSTILE)
    );
    let Verdict::Commit(change) =
        book.ask(at(1), &staff(Role::Pos), &to(1, OrderStatus::Confirmed))
    else {
        panic!("not confirmed");
    };
    let Document::Receipt(receipt) = change.ticket.unwrap().document else {
        panic!("a ticket has lines");
    };
    let texts = receipt
        .lines
        .iter()
        .filter(|line| matches!(line, Line::Text { text, .. } if text.as_str().ends_with(HOSTILE)));
    assert_eq!(texts.count(), 2);
}
