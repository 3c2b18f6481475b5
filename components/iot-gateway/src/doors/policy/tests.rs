use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const DESK: Standing = Standing::Role(Role::FrontDesk);
const MAIDS: Standing = Standing::Role(Role::Housekeeping);

fn policy(rules: &Value) -> Policy {
    serde_json::from_value(rules.clone()).unwrap()
}

fn house() -> Policy {
    policy(&json!([
        { "operations": ["unlock", "lock"], "roles": ["front-desk"], "rooms": ["*"] },
        {
            "operations": ["unlock"], "roles": ["housekeeping"], "rooms": ["1*", "201"],
            "days": ["mon", "tue"], "from": "07:00", "to": "15:30",
        },
        {
            "operations": ["lock"], "roles": ["engineering", "operator"], "rooms": ["*"],
            "days": ["fri"], "from": "22:00", "to": "06:00",
        },
    ]))
}

fn at(day: Day, time: &str) -> LocalTime {
    let minute = time.parse::<TimeOfDay>().unwrap().0;
    LocalTime { day, minute }
}

/// Compares what the house says to somebody: nothing, or part of its reason.
#[track_caller]
fn check(who: Standing, what: &str, room: Option<&str>, when: LocalTime, refusal: Option<&str>) {
    let said = house().check(who, &what.parse().unwrap(), room, when);
    match (said, refusal) {
        (Ok(()), None) => {}
        (Err(problem), Some(reason)) => {
            assert_eq!(problem.code, Code::Forbidden);
            assert!(problem.detail.contains(reason), "{problem}");
        }
        (said, _) => panic!("{said:?}"),
    }
}

// iot-gateway-8.2
#[test]
fn whatever_no_row_allows_is_refused_and_says_why() {
    let noon = at(Day::Mon, "12:00");
    check(DESK, "unlock", Some("305"), noon, None);
    check(DESK, "unlock", None, noon, None);
    check(MAIDS, "unlock", Some("112"), noon, None);
    check(MAIDS, "unlock", Some("201"), noon, None);
    check(MAIDS, "unlock", Some("202"), noon, Some("this door"));
    check(MAIDS, "unlock", None, noon, Some("this door"));
    check(MAIDS, "lock", Some("112"), noon, Some("may not lock doors"));
    let kitchen = Standing::Role(Role::Kitchen);
    check(
        kitchen,
        "unlock",
        Some("101"),
        noon,
        Some("may not unlock doors"),
    );
    check(
        Standing::Component,
        "unlock",
        Some("101"),
        noon,
        Some("may not"),
    );
    let nobody = Policy::default().check(DESK, &"unlock".parse().unwrap(), None, noon);
    assert!(nobody.is_err());
}

// iot-gateway-8.3
#[test]
fn hours_are_those_of_the_day_and_may_go_past_midnight() {
    let room = Some("101");
    check(MAIDS, "unlock", room, at(Day::Tue, "07:00"), None);
    check(MAIDS, "unlock", room, at(Day::Tue, "15:29"), None);
    check(
        MAIDS,
        "unlock",
        room,
        at(Day::Tue, "15:30"),
        Some("07:00-15:30"),
    );
    check(
        MAIDS,
        "unlock",
        room,
        at(Day::Tue, "06:59"),
        Some("07:00-15:30"),
    );
    check(
        MAIDS,
        "unlock",
        room,
        at(Day::Wed, "12:00"),
        Some("07:00-15:30"),
    );
    let operator = Standing::Operator;
    check(operator, "lock", room, at(Day::Fri, "22:00"), None);
    check(operator, "lock", room, at(Day::Sat, "05:59"), None);
    check(
        operator,
        "lock",
        room,
        at(Day::Sat, "06:00"),
        Some("22:00-06:00"),
    );
    check(
        operator,
        "lock",
        room,
        at(Day::Fri, "05:59"),
        Some("22:00-06:00"),
    );
}

// iot-gateway-8.2
#[test]
fn a_row_that_cannot_be_is_refused_at_start() {
    let refused = |rule: Value| {
        let read = serde_json::from_value::<Policy>(json!([rule]));
        read.unwrap_err().to_string()
    };
    let row = |name: &str, value: Value| {
        let mut row = json!({ "operations": ["unlock"], "roles": ["manager"], "rooms": ["*"] });
        row[name] = value;
        row
    };
    assert!(refused(row("operations", json!(["open"]))).contains("open"));
    assert!(refused(row("roles", json!(["guest"]))).contains("staff"));
    assert!(refused(row("roles", json!(["component"]))).contains("staff"));
    assert!(refused(row("from", json!("7:00"))).contains("7:00"));
    assert!(refused(row("to", json!("24:01"))).contains("24:01"));
    assert!(refused(row("hours", json!(1))).contains("hours"));
}

proptest! {
    // iot-gateway-8.3
    #[test]
    fn hours_and_their_complement_make_a_day(from in 0..DAY, to in 0..DAY, minute in 0..DAY) {
        prop_assume!(from != to);
        let rule = |from, to| Rule {
            operations: vec!["unlock".parse().unwrap()],
            roles: vec![DESK],
            rooms: vec!["*".to_owned()],
            days: every_day(),
            from: TimeOfDay(from),
            to: TimeOfDay(to),
        };
        let local = LocalTime { day: Day::Wed, minute };
        prop_assert_ne!(rule(from, to).is_on(local), rule(to, from).is_on(local));
    }
}
