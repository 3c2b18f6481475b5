use kit::lifecycle::Tasks;

use super::*;

/// Longest wait for the network, which asks thrice before it announces (RFC 6762 §8.1).
const LIMIT: Duration = Duration::from_secs(20);

fn announcement() -> Announcement {
    Announcement {
        property: "mdns-test".parse().unwrap(),
        peer: "mdns-test-peer".parse().unwrap(),
        socket_port: 8080,
        http_port: 8090,
        interfaces: Vec::new(),
    }
}

#[test]
fn the_boxs_names_and_its_peer_are_announced() {
    let services = announcement().services().unwrap();
    let told: Vec<_> = services
        .iter()
        .map(|service| (service.get_hostname(), service.get_type()))
        .collect();
    assert_eq!(
        told,
        [
            ("mdns-test-peer.local.", SERVICE),
            ("signaling.local.", "_hotel-signal._tcp.local."),
            ("greengrass.local.", "_hotel-box._tcp.local."),
        ]
    );
    let text = |key| services[0].get_property_val_str(key);
    assert_eq!(text("txtvers"), Some("1"));
    assert_eq!(text("deviceId"), Some("mdns-test-peer"));
    assert_eq!(text("propertyId"), Some("mdns-test"));
    assert_eq!(text("deviceType"), Some("box"));
}

async fn next(
    browser: &mdns_sd::Receiver<ServiceEvent>,
    wanted: impl Fn(&ServiceEvent) -> bool,
) -> bool {
    let searching = async {
        loop {
            match browser.recv_async().await {
                Ok(event) if wanted(&event) => return,
                Ok(_) => {}
                Err(_) => std::future::pending().await,
            }
        }
    };
    timeout(LIMIT, searching).await.is_ok()
}

// signaling-6.1
#[tokio::test]
async fn the_boxs_peer_is_found_on_the_network_and_says_goodbye() {
    let daemon = ServiceDaemon::new().unwrap();
    let browser = daemon.browse(SERVICE).unwrap();
    let tasks = Tasks::new();
    tasks.spawn("mdns", |stop| run(announcement(), stop));
    let found = |event: &ServiceEvent| {
        matches!(event, ServiceEvent::ServiceResolved(service)
            if service.get_property_val_str("propertyId") == Some("mdns-test"))
    };
    if !next(&browser, found).await {
        println!("skipped: this machine has no network with multicast");
        return;
    }
    tasks.drain().await.unwrap();
    let lost = |event: &ServiceEvent| matches!(event, ServiceEvent::ServiceRemoved(_, name) if name.starts_with("mdns-test-peer"));
    assert!(next(&browser, lost).await, "no goodbye was heard");
    drop(daemon.shutdown());
}
