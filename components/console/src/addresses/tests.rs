use super::*;

const PORTS: Ports = Ports {
    http: 80,
    https: 443,
    signaling: 8080,
    signaling_tls: 8443,
    authority: 8444,
    replica: 8000,
};

fn seen(host: &str, scheme: Scheme) -> Addresses {
    let cloud = ["wss://signaling.example".to_owned()];
    Addresses::seen_from(&Host::of_header(host).unwrap(), scheme, &PORTS, &cloud)
}

#[track_caller]
fn check(host: &str, scheme: Scheme, expected: [&str; 4]) {
    let addresses = seen(host, scheme);
    let [local, authority, guests, staff] = expected;
    let cloud = ("wss://signaling.example".to_owned(), Mode::Cloud);
    assert_eq!(
        addresses.signaling,
        [(local.to_owned(), Mode::Local), cloud]
    );
    assert_eq!(addresses.authority, authority);
    assert_eq!(addresses.guests, guests);
    assert_eq!(addresses.staff, staff);
}

// console-2.2
#[test]
fn a_page_finds_everybody_where_it_was_found_itself() {
    check(
        "greengrass.local",
        Scheme::Http,
        [
            "ws://greengrass.local:8080",
            "https://greengrass.local:8444",
            "http://greengrass.local",
            "https://greengrass.local",
        ],
    );
    check(
        "192.168.1.10:8445",
        Scheme::Https,
        [
            "wss://192.168.1.10:8443",
            "https://192.168.1.10:8444",
            "http://192.168.1.10",
            "https://192.168.1.10",
        ],
    );
    check(
        "[fd00::1]",
        Scheme::Https,
        [
            "wss://[fd00::1]:8443",
            "https://[fd00::1]:8444",
            "http://[fd00::1]",
            "https://[fd00::1]",
        ],
    );
}

#[test]
fn a_port_that_is_not_the_usual_one_is_named() {
    let ports = Ports {
        http: 8081,
        https: 8445,
        ..PORTS
    };
    let host = Host::of_header("box-1").unwrap();
    let addresses = Addresses::seen_from(&host, Scheme::Http, &ports, &[]);
    assert_eq!(addresses.guests, "http://box-1:8081");
    assert_eq!(addresses.staff, "https://box-1:8445");
}

#[track_caller]
fn check_connections(host: &str, scheme: Scheme, expected: &str) {
    let addresses = seen(host, scheme);
    let (_, connections) = addresses.policy().split_once("connect-src ").unwrap();
    assert_eq!(connections, expected);
}

// console-1.3
#[test]
fn a_page_may_connect_to_the_box_and_to_configured_servers_only() {
    check_connections(
        "box-1",
        Scheme::Http,
        "'self' ws://box-1:8080 wss://signaling.example",
    );
    check_connections(
        "box-1",
        Scheme::Https,
        "'self' wss://box-1:8443 https://box-1:8444 https://box-1:8000 wss://signaling.example",
    );
    check_connections(
        "[::1]",
        Scheme::Https,
        "'self' wss: https: wss://signaling.example",
    );
}

// console-1.3
#[test]
fn nothing_inline_is_allowed() {
    let addresses = seen("box-1", Scheme::Https);
    let policy = addresses.policy();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "));
    assert!(!policy.contains("unsafe"), "{policy}");
}
