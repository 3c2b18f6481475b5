//! People and components at their sockets.

use super::*;

/// Joins with a changed join, and says how that ends.
async fn check_refused(
    estate: &Estate,
    passport: &Passport,
    change: impl FnOnce(&mut Value),
    code: Code,
    field: Option<&str>,
) {
    let running = Running::new(estate).await;
    let (mut client, nonce) = Client::connect(running.socket).await;
    let mut words = join(passport, &nonce);
    change(&mut words);
    client.say(&words).await;
    let told = client.told().await;
    Client::<TcpStream>::is_problem(&told, code, field);
    assert_eq!(client.end().await, 1008);
    running.end().await;
}

// signaling-1.1, signaling-1.2, signaling-2.1, signaling-3.1
#[tokio::test]
async fn a_guest_and_the_box_find_each_other_and_set_a_connection_up() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let mut proxy = Client::join(running.socket, &estate.component(Component::DeviceProxy)).await;
    let guest = estate.person("guest-1", Work::Guest, 1, 3_600);
    let (mut page, nonce) = Client::connect(running.socket).await;
    page.say(&join(&guest, &nonce)).await;
    let ServerMessage::Welcome(welcome) = page.told().await else {
        panic!("a guest is welcome");
    };
    assert_eq!(welcome.you.id.as_str(), "guest-1");
    assert_eq!(
        welcome.you.name.as_str(),
        "",
        "a guest's name is nobody's business"
    );
    assert_eq!(welcome.peers.len(), 1);
    assert!(matches!(
        proxy.told().await,
        ServerMessage::PeerJoined { .. }
    ));
    page.say(&offer("device-proxy")).await;
    let ServerMessage::Offer(sdp) = proxy.told().await else {
        panic!("the box is offered a connection");
    };
    assert_eq!(sdp.from, "guest-1".parse().ok());
    let answer = json!({ "type": "answer", "to": "guest-1", "connection": CONNECTION, "sdp": SDP });
    proxy.say(&answer).await;
    assert!(matches!(page.told().await, ServerMessage::Answer(_)));
    running.end().await;
}

// signaling-1.3
#[tokio::test]
async fn another_hotels_guest_is_refused() {
    let (here, there) = (Estate::new("seaside"), Estate::new("hilltop"));
    let guest = there.person("guest-1", Work::Guest, 1, 3_600);
    let field = Some("credential");
    check_refused(&here, &guest, |_| {}, Code::Forbidden, field).await;
}

// signaling-1.3
#[tokio::test]
async fn an_expired_token_is_refused() {
    let estate = Estate::new("seaside");
    let guest = estate.person("guest-1", Work::Guest, 1, -1);
    let field = Some("credential");
    check_refused(&estate, &guest, |_| {}, Code::Expired, field).await;
}

// signaling-1.1
#[tokio::test]
async fn a_proof_over_another_nonce_is_refused() {
    let estate = Estate::new("seaside");
    let guest = estate.person("guest-1", Work::Guest, 1, 3_600);
    let stale = join(&guest, &Nonce([7; 32]))["proof"].clone();
    let forge = |words: &mut Value| words["proof"] = stale;
    check_refused(&estate, &guest, forge, Code::Forbidden, Some("proof")).await;
}

// signaling-1.2
#[tokio::test]
async fn whoever_says_to_be_somebody_else_is_refused() {
    let estate = Estate::new("seaside");
    let guest = estate.person("guest-1", Work::Guest, 1, 3_600);
    let other = |words: &mut Value| words["peer"] = json!("kitchen-1");
    check_refused(&estate, &guest, other, Code::Forbidden, Some("peer")).await;
    let other = |words: &mut Value| words["tenantId"] = json!("hilltop");
    check_refused(&estate, &guest, other, Code::Forbidden, Some("property")).await;
    let many = |words: &mut Value| words["capabilities"] = json!(vec!["orders"; 33]);
    check_refused(&estate, &guest, many, Code::TooLarge, Some("capabilities")).await;
}

// signaling-1.3
#[tokio::test]
async fn a_bearer_token_is_worth_nothing() {
    let estate = Estate::new("seaside");
    let guest = estate.person("guest-1", Work::Guest, 1, 3_600);
    let claims = estate.claims("guest-1", Work::Guest, 1, 600, None);
    let bearer = sign_token(&estate.authority, BEARER_TYPE, &claims);
    let carry = |words: &mut Value| words["credential"] = json!({ "token": bearer });
    check_refused(&estate, &guest, carry, Code::Malformed, Some("credential")).await;
}

// signaling-3.4, signaling-3.6
#[tokio::test]
async fn what_cannot_be_read_is_answered_and_what_is_beyond_measure_ends_the_session() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let desk = estate.person("desk-1", Work::FrontDesk, 1, 3_600);
    let mut page = Client::join(running.socket, &desk).await;
    page.socket.send(Message::text("{")).await.unwrap();
    Client::<TcpStream>::is_problem(&page.told().await, Code::Malformed, None);
    page.socket.send(Message::binary(vec![1])).await.unwrap();
    Client::<TcpStream>::is_problem(&page.told().await, Code::Malformed, None);
    let mut broken = offer("device-proxy");
    broken["sdp"] = json!("hello");
    page.say(&broken).await;
    Client::<TcpStream>::is_problem(&page.told().await, Code::Malformed, Some("sdp"));
    let long = json!({ "type": "leave", "more": "x".repeat(17 * 1024) });
    page.say(&long).await;
    Client::<TcpStream>::is_problem(&page.told().await, Code::TooLarge, None);
    page.say(&json!({ "type": "ping", "number": 7 })).await;
    assert!(matches!(page.told().await, ServerMessage::Pong(_)));
    let endless = Message::text("x".repeat(70 * 1024));
    // The server may hang up before all of it is written.
    drop(page.socket.send(endless).await);
    let gone = async {
        while !matches!(
            page.socket.next().await,
            None | Some(Err(_) | Ok(Message::Close(_)))
        ) {}
    };
    timeout(LIMIT, gone).await.unwrap();
    running.end().await;
}

// signaling-1.4
#[tokio::test]
async fn the_same_peer_again_ends_its_older_session() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let desk = estate.person("desk-1", Work::FrontDesk, 1, 3_600);
    let mut old = Client::join(running.socket, &desk).await;
    let (mut new, nonce) = Client::connect(running.socket).await;
    new.say(&join(&desk, &nonce)).await;
    let ServerMessage::Welcome(welcome) = new.told().await else {
        panic!("the newer session is welcome");
    };
    assert!(welcome.resumed);
    Client::<TcpStream>::is_problem(&old.told().await, Code::Conflict, None);
    assert_eq!(old.end().await, 4001);
    running.end().await;
}

// signaling-1.3, signaling-1.5
#[tokio::test]
async fn a_revocation_ends_a_session_and_keeps_it_out() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let desk = estate.person("desk-1", Work::FrontDesk, 1, 3_600);
    let mut page = Client::join(running.socket, &desk).await;
    running.refusals.take(Revocations {
        number: Integer::from(1),
        tokens: vec![token_id(1)],
        ..Revocations::default()
    });
    Client::<TcpStream>::is_problem(&page.told().await, Code::Forbidden, None);
    assert_eq!(page.end().await, 4003);
    let (mut again, nonce) = Client::connect(running.socket).await;
    again.say(&join(&desk, &nonce)).await;
    let told = again.told().await;
    Client::<TcpStream>::is_problem(&told, Code::Forbidden, Some("credential"));
    running.end().await;
}

// signaling-10.1
#[tokio::test]
async fn an_earlier_client_hears_its_own_words() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let till = estate.person("till-1", Work::Pos, 1, 3_600);
    let (mut client, nonce) = Client::connect(running.socket).await;
    let mut words = join(&till, &nonce);
    words["type"] = json!("device-registered");
    words["deviceId"] = json!("till-1");
    client.say(&words).await;
    let welcome: Value = serde_json::from_str(&client.text().await).unwrap();
    assert_eq!(welcome["you"]["deviceId"], "till-1");
    let proxy = Client::join(running.socket, &estate.component(Component::DeviceProxy)).await;
    let online: Value = serde_json::from_str(&client.text().await).unwrap();
    assert_eq!(
        (&online["type"], &online["deviceId"]),
        (&json!("device-online"), &json!("device-proxy"))
    );
    drop(proxy);
    let offline: Value = serde_json::from_str(&client.text().await).unwrap();
    assert_eq!(offline["type"], "device-offline");
    running.end().await;
}

// signaling-3.7
#[tokio::test]
async fn a_slow_reader_is_cut_off_and_holds_nobody_up() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let slow = running
        .switchboard
        .arrived("10.7.0.9".parse().unwrap())
        .unwrap();
    let (guest, proxy) = (
        estate.person("guest-1", Work::Guest, 1, 3_600),
        estate.component(Component::DeviceProxy),
    );
    let admission = Admission {
        clock: Clock::system(),
        verifier: watch::channel(Verifier::of(&estate.authority)).1,
    };
    let words: wire::signaling::Join = serde_json::from_value(join(&proxy, &slow.nonce)).unwrap();
    let admitted = admission.join(words, &slow.nonce).unwrap();
    running.switchboard.joined(slow.session, admitted);
    let mut page = Client::join(running.socket, &guest).await;
    let mut large = offer("device-proxy");
    large["sdp"] = json!(format!("{SDP}{}", "a=x\r\n".repeat(1_500)));
    for _ in 0..150 {
        page.say(&large).await;
    }
    timeout(LIMIT, slow.cut.cancelled()).await.unwrap();
    running.end().await;
}

// signaling-9.1
#[tokio::test]
async fn a_stop_tells_everybody_and_is_quick() {
    let estate = Estate::new("seaside");
    let running = Running::new(&estate).await;
    let mut proxy = Client::join(running.socket, &estate.component(Component::DeviceProxy)).await;
    let ending = tokio::spawn(running.end());
    assert!(matches!(proxy.told().await, ServerMessage::GoAway { .. }));
    assert_eq!(proxy.end().await, 1001);
    timeout(LIMIT, ending).await.unwrap().unwrap();
}
