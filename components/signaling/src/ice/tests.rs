use super::*;

fn told(ice: &Ice) -> Vec<IceServer> {
    let now = Integer::new(1_700_000_000_000).unwrap();
    ice.servers(now, &"kitchen-1".parse().unwrap()).ice_servers
}

#[track_caller]
fn check(stun: &[&str], turn: &[&str], secret: &str, expected: &[IceServer]) {
    let owned = |urls: &[&str]| urls.iter().map(|url| (*url).to_owned()).collect();
    assert_eq!(told(&Ice::new(owned(stun), owned(turn), secret)), expected);
}

fn stun() -> IceServer {
    IceServer {
        urls: vec!["stun:one:3478".to_owned(), "stun:two:3478".to_owned()],
        username: None,
        credential: None,
    }
}

#[test]
fn inside_a_hotel_nobody_is_told_of_servers() {
    check(&[], &[], "", &[]);
}

// signaling-7.1
#[test]
fn several_stun_servers_are_told_of_as_they_are() {
    check(
        &["stun:one:3478", "stun:two:3478"],
        &[],
        "secret",
        &[stun()],
    );
}

// signaling-7.1
#[test]
fn a_turn_password_is_of_one_peer_and_ends() {
    let turn = IceServer {
        urls: vec!["turns:relay:5349".to_owned()],
        username: Some("1700043200:kitchen-1".to_owned()),
        // printf '1700043200:kitchen-1' | openssl dgst -sha1 -hmac secret -binary | base64
        credential: Some("iZeDcHnflPEZ5fluPZ613MJ9aOc=".to_owned()),
    };
    check(
        &["stun:one:3478", "stun:two:3478"],
        &["turns:relay:5349"],
        "secret",
        &[stun(), turn],
    );
}

// signaling-7.1
#[test]
fn a_turn_server_without_a_secret_is_not_told_of() {
    check(&[], &["turns:relay:5349"], "", &[]);
}
