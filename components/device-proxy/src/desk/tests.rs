//! The table, read row by row.

use super::*;

const ACTS: [Act; 14] = [
    Act::Menu,
    Act::Order,
    Act::OrderStatus,
    Act::Orders,
    Act::Print,
    Act::OpenDrawer,
    Act::TendJobs,
    Act::Printers,
    Act::Climate,
    Act::SetClimate,
    Act::Doors,
    Act::TurnBolts,
    Act::DoorTrails,
    Act::GuestMessage,
];

#[track_caller]
fn check(standing: Standing, expected: &[Act]) {
    let open = |act: &Act| act.is_open_to(standing);
    let may: Vec<_> = ACTS.into_iter().filter(open).collect();
    assert_eq!(may, expected, "{standing:?}");
}

// device-proxy-7.1, device-proxy-9.3
#[test]
fn everybody_may_what_the_table_says_and_nothing_else() {
    use Act::{
        Climate, DoorTrails, Doors, GuestMessage, Menu, OpenDrawer, Order, OrderStatus, Orders,
        Print, Printers, SetClimate, TendJobs, TurnBolts,
    };
    check(GUEST, &[Menu, Order, OrderStatus, Orders, GuestMessage]);
    check(
        FRONT_DESK,
        &[
            Menu,
            Order,
            OrderStatus,
            Orders,
            Print,
            OpenDrawer,
            TendJobs,
            Printers,
            Climate,
            SetClimate,
            Doors,
            TurnBolts,
            DoorTrails,
        ],
    );
    check(
        HOUSEKEEPING,
        &[Print, Printers, Climate, SetClimate, Doors, TurnBolts],
    );
    check(
        KITCHEN,
        &[Menu, OrderStatus, Orders, Print, TendJobs, Printers],
    );
    check(
        POS,
        &[
            Menu,
            Order,
            OrderStatus,
            Orders,
            Print,
            OpenDrawer,
            TendJobs,
            Printers,
        ],
    );
    check(
        ENGINEERING,
        &[
            Print, TendJobs, Printers, Climate, SetClimate, Doors, TurnBolts, DoorTrails,
        ],
    );
    // All but what guests say.
    check(MANAGER, &ACTS[..13]);
    check(
        OPERATOR,
        &[
            Menu, Orders, Print, TendJobs, Printers, Climate, Doors, TurnBolts, DoorTrails,
        ],
    );
    check(COMPONENT, &[Print, Printers]);
    check(Standing::Device, &[]);
}

// device-proxy-7.2
#[test]
fn people_print_on_the_routes_of_their_role_and_programs_on_all() {
    let word = |text: &str| text.parse::<Word>().unwrap();
    let routes = Routes::new([(Role::Pos, BTreeSet::from([word("receipt")]))].into());
    let open = |standing, route| routes.check(standing, &word(route)).is_ok();
    assert!(open(POS, "receipt") && !open(POS, "kitchen"));
    assert!(!open(MANAGER, "receipt"));
    assert!(open(COMPONENT, "kitchen") && open(OPERATOR, "kitchen"));
    assert!(!open(Standing::Device, "receipt"));
    let problem = routes.check(POS, &word("kitchen")).unwrap_err();
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (Code::Forbidden, Some("route"))
    );
}

// device-proxy-7.3
#[test]
fn of_jobs_hear_those_who_tend_them_and_whose_they_are() {
    let name = |text: &str| text.parse::<Principal>().unwrap();
    let hears = |standing, who| hears_of_job(standing, &name(who), &name("maid-1"));
    assert!(hears(KITCHEN, "kitchen-1") && hears(HOUSEKEEPING, "maid-1"));
    assert!(!hears(HOUSEKEEPING, "maid-2"));
    assert!(!hears(GUEST, "maid-1"));
}
