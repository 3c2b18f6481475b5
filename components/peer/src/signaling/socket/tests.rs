use super::*;

#[track_caller]
fn check(url: &str, expected: Option<(bool, &str)>) {
    assert_eq!(authority(url).ok(), expected, "{url}");
}

#[test]
fn an_address_names_scheme_host_and_port() {
    check("ws://10.0.0.1:8080", Some((false, "10.0.0.1:8080")));
    check(
        "wss://signaling.local:8443/ws",
        Some((true, "signaling.local:8443")),
    );
    check("wss://[fd00::1]:8443", Some((true, "[fd00::1]:8443")));
    for url in [
        "http://a:1",
        "ws://a",
        "ws://:80",
        "ws://a:99999",
        "",
        "ws://",
    ] {
        check(url, None);
    }
}
