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

    let later = rows(&[("a", false), ("b", false)]);
    let records = lacking(now, &later, &confirmed, 256);
    assert_eq!(ids(&records), ["a", "c"]);
    assert_eq!(records[1].body["_deleted"], json!(true));
    confirm(&mut confirmed, records);
    assert_eq!(confirmed, later);
}
