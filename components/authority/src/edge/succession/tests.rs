use kit::ca::files::write_open;
use kit::ca::{ChainRoot, Key};
use kit::error::Chain;
use time::OffsetDateTime;

use super::*;
use crate::edge::ca::tests::Estate;

fn records(estate: &Estate) -> Records {
    let der = estate.load().der().unwrap();
    Records::new(estate.dir.path(), estate.ca.realm().clone(), der)
}

fn leave(estate: &Estate, name: &str, text: &[u8]) {
    write_open(&estate.dir.path().join(name), text).unwrap();
}

fn notice(of: &Estate, property: &str) -> Vec<u8> {
    let root = ChainRoot::create(Key::generate(), OffsetDateTime::UNIX_EPOCH).unwrap();
    let realm = Realm {
        property: property.parse().unwrap(),
        ..of.ca.realm().clone()
    };
    let notice = root.announce(&realm, &of.load().der().unwrap(), 7.into(), 0.into());
    wire::encode(&notice.unwrap())
}

#[track_caller]
fn check_refused(records: &mut Records, reason: &str) {
    let refused = records.changed().unwrap().unwrap_err();
    let error = Chain(&refused).to_string();
    assert!(error.contains(reason), "{error}");
    assert!(records.changed().is_none(), "it is told once");
}

// authority-9.6
#[test]
fn what_is_not_of_this_property_and_its_authority_is_not_passed_on() {
    let (estate, other) = (Estate::found("seaside"), Estate::found("seaside"));
    let mut records = records(&estate);
    assert!(records.changed().is_none(), "nothing was left");
    leave(&estate, NOTICE, &notice(&other, "seaside"));
    check_refused(&mut records, "another certificate authority");
    leave(&estate, NOTICE, &notice(&estate, "hilltop-inn"));
    check_refused(&mut records, "field property");
    leave(&estate, NOTICE, b"{\"v\":1,");
    check_refused(&mut records, "cannot decode");
    leave(&estate, NOTICE, &notice(&estate, "seaside"));
    let succession = records.changed().unwrap().unwrap();
    assert_eq!(succession.notice.unwrap().1, 7.into());
    leave(
        &estate,
        PREDECESSORS,
        b"{\"v\":1,\"cas\":[\"x\"],\"keys\":{}}",
    );
    check_refused(&mut records, "no certificate of an authority");
    let many = vec![other.ca.certificate(); Predecessors::CAS_MAX + 1];
    let many = serde_json::json!({ "v": 1, "cas": many, "keys": {} });
    leave(&estate, PREDECESSORS, many.to_string().as_bytes());
    check_refused(&mut records, "more than 8 certificates");
}
