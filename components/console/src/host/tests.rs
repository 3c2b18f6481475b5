use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(header: &str, expected: Option<&str>) {
    let host = Host::of_header(header).ok().map(|host| host.to_string());
    assert_eq!(host.as_deref(), expected, "{header:?}");
}

#[test]
fn a_name_loses_its_port_and_its_capitals() {
    check("greengrass.local", Some("greengrass.local"));
    check("Greengrass.Local:8081", Some("greengrass.local"));
    check("box-1", Some("box-1"));
}

#[test]
fn an_address_is_written_as_in_a_url() {
    check("192.168.1.10:8445", Some("192.168.1.10"));
    check("[fd00::1]:8081", Some("[fd00::1]"));
    check("[::1]", Some("[::1]"));
}

#[test]
fn what_could_be_read_in_two_ways_is_no_host() {
    for header in [
        "",
        ":80",
        "a b",
        "a;b",
        "a/b",
        "user@box",
        "box:http",
        "box:+80",
        "box:80:80",
        "[::1",
        "[::1]80",
        "::1",
        "0x7f.1",
        "127.1",
        "box..local",
        "box.local.",
        "b\u{fc}ro.local",
    ] {
        check(header, None);
    }
}

// console-1.2
#[test]
fn names_of_others_are_refused_and_addresses_are_not() {
    let ours = ["greengrass.local", "Box-1"];
    let host = |header| Host::of_header(header).unwrap();
    assert!(host("GREENGRASS.local:80").is_one_of(ours));
    assert!(host("box-1").is_one_of(ours));
    assert!(host("10.0.0.2:8081").is_one_of(ours));
    assert!(!host("evil.example").is_one_of(ours));
    assert!(!host("greengrass.local.evil.example").is_one_of(ours));
}

proptest! {
    #[test]
    fn what_is_a_host_is_one_again_when_it_is_printed(header in "\\PC{0,40}") {
        if let Ok(host) = Host::of_header(&header) {
            prop_assert_eq!(Host::of_header(&host.to_string()), Ok(host));
        }
    }

    #[test]
    fn no_host_can_end_a_directive_of_a_header(header in "[a-z0-9;:\\[\\]., ']{0,30}") {
        if let Ok(host) = Host::of_header(&header) {
            let text = host.to_string();
            prop_assert!(!text.contains([';', ',', ' ', '\'', '"']), "{}", text);
        }
    }
}
