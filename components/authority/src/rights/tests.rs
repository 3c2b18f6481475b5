use wire::credential::Role;
use wire::{Integer, Principal};

use super::*;

fn books() -> Books {
    let provisioned = [
        ("edgectl", Standing::Operator),
        ("console", Standing::Component),
        ("lock-1", Standing::Device),
    ];
    let provisioned = provisioned.map(|(name, standing)| (name.parse().unwrap(), standing));
    Books {
        provisioned: provisioned.into(),
        number: Integer::default(),
        ..Books::default()
    }
}

fn holder(name: &str) -> Asker {
    Asker::Holder(name.parse().unwrap())
}

fn person(role: Role) -> Asker {
    Asker::Person(
        Principal::from("tablet-1".parse::<wire::Word>().unwrap()),
        role,
    )
}

#[track_caller]
fn check_may(asker: &Asker, act: &Act, expected: bool) {
    assert_eq!(
        check(&books(), asker, act).is_ok(),
        expected,
        "{asker:?} {act:?}"
    );
}

fn close() -> Act {
    Act::CloseSitting("01941f29-7c00-7000-8000-000000000001".parse().unwrap())
}

// authority-6.1
#[test]
fn tables_are_opened_and_closed_by_those_whose_work_they_are() {
    for (role, may) in [
        (Role::Guest, false),
        (Role::FrontDesk, true),
        (Role::Housekeeping, false),
        (Role::Kitchen, false),
        (Role::Pos, true),
        (Role::Engineering, false),
        (Role::Manager, true),
    ] {
        check_may(&person(role), &close(), may);
    }
    check_may(&person(Role::Kitchen), &Act::Sittings, true);
    check_may(&person(Role::Guest), &Act::Sittings, false);
    check_may(&holder("edgectl"), &close(), true);
    check_may(&holder("console"), &close(), false);
    check_may(&Asker::Stranger, &close(), false);
}

// authority-6.1
#[test]
fn only_operators_look_at_principals() {
    check_may(&holder("edgectl"), &Act::Principals, true);
    check_may(&holder("console"), &Act::Principals, false);
    check_may(&person(Role::Manager), &Act::Principals, false);
    check_may(&holder("nobody"), &Act::Principals, false);
}

#[test]
fn machines_renew_their_leaves_and_people_their_tokens() {
    let leaf = Act::RenewLeaf { csr: String::new() };
    for machine in ["edgectl", "console", "lock-1"] {
        check_may(&holder(machine), &leaf, true);
    }
    check_may(&person(Role::Manager), &leaf, false);
}
