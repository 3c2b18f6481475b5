use super::*;

fn rows(devices: &[(&str, bool)]) -> Rows {
    let row = |(device, online): &(&str, bool)| {
        let row = json!({"id": device, "online": online});
        (device.parse().unwrap(), row.as_object().unwrap().clone())
    };
    devices.iter().map(row).collect()
}

fn ids(records: &[Record]) -> Vec<&str> {
    let bodies = records.iter().map(|record| &record.body);
    bodies.map(|body| body["id"].as_str().unwrap()).collect()
}

// iot-gateway-10.1
#[test]
fn the_database_is_sent_what_it_lacks_until_it_has_it() {
    let now = Integer::default();
    let wanted = rows(&[("a", true), ("b", false), ("c", true)]);
    let mut confirmed = Rows::new();
    let first = lacking(now, &wanted, &confirmed, 2);
    assert_eq!(ids(&first), ["a", "b"]);
    assert!(
        first
            .iter()
            .all(|record| replica::table(record) == "device_state")
    );
    confirm(&mut confirmed, first);
    let second = lacking(now, &wanted, &confirmed, 2);
    confirm(&mut confirmed, second);
    assert_eq!(lacking(now, &wanted, &confirmed, 2), Vec::new());

    let mut later = rows(&[("a", false), ("b", false)]);
    let gone = "c".parse().unwrap();
    later.insert("c".parse().unwrap(), end(&gone));
    let records = lacking(now, &later, &confirmed, 256);
    assert_eq!(ids(&records), ["a", "c"]);
    assert_eq!(records[1].body["_deleted"], json!(true));
    confirm(&mut confirmed, records);
    assert_eq!(confirmed, later);
}

// iot-gateway-10.2
#[test]
fn after_a_start_the_database_is_told_again_which_devices_are_no_more() {
    let device = "c".parse().unwrap();
    let wanted = Rows::from([("c".parse().unwrap(), end(&device))]);
    let records = lacking(Integer::default(), &wanted, &Rows::new(), 24);
    assert_eq!(records[0].body, end(&device));
    let mut confirmed = Rows::new();
    confirm(&mut confirmed, records);
    assert_eq!(lacking(Integer::default(), &wanted, &confirmed, 24), []);
    // It comes back.
    let back = rows(&[("c", true)]);
    assert_eq!(
        ids(&lacking(Integer::default(), &back, &confirmed, 24)),
        ["c"]
    );
}
