use super::*;

/// Somebody of the house, or one of three guests at two tables.
fn anybody() -> impl Strategy<Value = Asker> {
    let guests = prop_oneof![
        Just(guest("anna", 1)),
        Just(guest("bert", 1)),
        Just(guest("carl", 2)),
    ];
    let roles = &Role::ALL[1..];
    prop_oneof![guests, proptest::sample::select(roles).prop_map(staff)]
}

fn any_wish() -> impl Strategy<Value = Wish> {
    let items = proptest::collection::vec(any_item(), 0..4);
    let table = proptest::option::of(proptest::sample::select(&["t1", "t2"][..]));
    let place = (1_u32..6, items, table).prop_map(|(number, items, table)| {
        Wish::Place(Place {
            table: table.map(|table| table.parse().unwrap()),
            ..wish(number, items)
        })
    });
    let steps = &[
        OrderStatus::Pending,
        OrderStatus::Confirmed,
        OrderStatus::Preparing,
        OrderStatus::Ready,
        OrderStatus::Served,
        OrderStatus::Cancelled,
    ][..];
    let step = (1_u32..6, proptest::sample::select(steps));
    prop_oneof![1 => place, 3 => step.prop_map(|(number, status)| to(number, status))]
}

fn any_item() -> impl Strategy<Value = Item> {
    let names = &["soup", "schnitzel", "water", "caviar"][..];
    (proptest::sample::select(names), 0_u8..5).prop_map(|(name, quantity)| item(name, quantity))
}

fn may_follow(step: OrderStatus, next: OrderStatus) -> bool {
    use OrderStatus::{Cancelled, Confirmed, Pending, Preparing, Ready, Served};
    matches!(
        (step, next),
        (Pending, Confirmed | Cancelled)
            | (Confirmed, Preparing | Cancelled)
            | (Preparing, Ready | Cancelled)
            | (Ready, Served | Cancelled)
    )
}

proptest! {
    // device-proxy-6.1, device-proxy-5.1, device-proxy-6.4
    #[test]
    fn no_order_leaves_a_step_out_totals_are_sums_and_tickets_come_with_confirmations(
        kitchen in any::<bool>(),
        wishes in proptest::collection::vec((anybody(), any_wish()), 1..60),
    ) {
        let mut book = book(if kitchen { Confirm::Kitchen } else { Confirm::Staff });
        for (after, (asker, wish)) in (0..).zip(wishes) {
            let Verdict::Commit(change) = book.ask(at(after), &asker, &wish) else {
                continue;
            };
            let order = &change.entry.order;
            let is_confirmation = order.status == OrderStatus::Confirmed;
            prop_assert_eq!(change.ticket.is_some(), is_confirmation);
            book.take(*change);
        }
        for entry in book.entries.values() {
            let order = &entry.order;
            let steps: Vec<_> = order.history.iter().map(|step| step.status).collect();
            prop_assert_eq!(steps.first(), Some(&OrderStatus::Pending));
            prop_assert_eq!(steps.last(), Some(&order.status));
            prop_assert!(steps.windows(2).all(|pair| may_follow(pair[0], pair[1])), "{:?}", steps);
            let cost = |line: &wire::order::OrderLine| {
                line.price_minor.value() * u64::from(line.quantity)
            };
            let sum: u64 = order.lines.iter().map(cost).sum();
            prop_assert_eq!(order.total_minor.value(), sum);
        }
    }

    // device-proxy-6.6, device-proxy-6.7
    #[test]
    fn a_guest_never_sees_another_sittings_order_nor_another_guests_name(
        wishes in proptest::collection::vec((anybody(), any_wish()), 1..60),
    ) {
        let mut book = book(Confirm::Kitchen);
        for (after, (asker, wish)) in (0..).zip(wishes) {
            drop(done(&mut book, at(after), &asker, &wish));
        }
        for (asker, others) in [
            (guest("anna", 1), ["bert", "carl"]),
            (guest("carl", 2), ["anna", "bert"]),
        ] {
            let sitting = asker.seat.as_ref().map(|seat| Party::Sitting(seat.sitting));
            for order in book.orders(&asker) {
                prop_assert_eq!(Some(&book.entries[&order.order].party), sitting.as_ref());
                let text = serde_json::to_string(&order).unwrap();
                prop_assert!(others.iter().all(|other| !text.contains(other)), "{}", text);
            }
        }
    }

    // device-proxy-5.5
    #[test]
    fn no_day_gives_a_number_twice(
        moments in proptest::collection::vec(0..3 * DAY_MS, 1..40),
        restart_after in 0_usize..40,
    ) {
        let mut book = book(Confirm::Staff);
        for (index, after) in moments.iter().enumerate() {
            if index == restart_after {
                book = Book::new(rules(Confirm::Staff), book.entries.into_values());
            }
            let number = u32::try_from(index).unwrap();
            let place = Wish::Place(soup(number + 1));
            done(&mut book, at(*after), &guest("anna", number), &place).unwrap();
        }
        let numbers = book.entries.values().map(|entry| {
            (book.rules.day(entry.placed_at()), entry.order.number)
        });
        let numbers: Vec<_> = numbers.collect();
        let different: std::collections::BTreeSet<_> = numbers.iter().collect();
        prop_assert_eq!(different.len(), numbers.len());
    }
}
