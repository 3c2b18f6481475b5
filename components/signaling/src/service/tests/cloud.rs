//! A server for several hotels.

use super::*;

// signaling-8.1
#[tokio::test]
async fn two_hotels_share_a_server_and_nothing_else() {
    let (seaside, hilltop) = (Estate::new("seaside"), Estate::new("hilltop"));
    let host = host(&seaside);
    let anchors = [&seaside, &hilltop].map(|estate| {
        let anchor = estate.authority.anchor.clone();
        (estate.ca.realm().clone(), anchor)
    });
    let (_, believed) = watch::channel(Verifier::of_properties(anchors));
    let config = Config::default();
    let door = door(&config, Mode::Cloud, believed, &Refusals::default(), &host);
    let listener = bind().await;
    let address = listener.local_addr().unwrap();
    let open = socket::open(door);
    host.tasks
        .spawn("ws", |stop| http::serve(listener, open, stop));
    let mut theirs = Client::join(address, &hilltop.component(Component::DeviceProxy)).await;
    let guest = seaside.person("guest-1", Work::Guest, 1, 3_600);
    let mut page = Client::join(address, &guest).await;
    page.say(&offer("device-proxy")).await;
    let mut ours = Client::join(address, &seaside.component(Component::DeviceProxy)).await;
    assert!(matches!(
        page.told().await,
        ServerMessage::PeerJoined { .. }
    ));
    assert!(matches!(ours.told().await, ServerMessage::Offer(_)));
    theirs.say(&json!({ "type": "ping", "number": 1 })).await;
    assert!(matches!(theirs.told().await, ServerMessage::Pong(_)));
    host.tasks.drain().await.unwrap();
}

// signaling-8.3
#[tokio::test]
async fn a_server_in_the_cloud_does_not_miss_the_bus() {
    let health = Health::new();
    let bus = health.need("bus");
    let stop = CancellationToken::new();
    let task = tokio::spawn(without_bus(health.clone(), stop.clone()));
    let mut report = health.watch();
    let ready = report.wait_for(kit::health::Report::ready);
    timeout(LIMIT, ready).await.unwrap().unwrap();
    bus.missing("the broker is not there");
    let ready = report.wait_for(kit::health::Report::ready);
    timeout(LIMIT, ready).await.unwrap().unwrap();
    stop.cancel();
    task.await.unwrap();
}
