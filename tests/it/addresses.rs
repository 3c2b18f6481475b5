//! A box whose network changes: it is believed at its new address soon, and whoever talks to it does not
//! notice.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;

use hotel_tests::hotel::LIMIT;
use hotel_tests::network::{LAN, Network};
use hotel_tests::page::Page;
use hotel_tests::{Hotel, Plan, eventually};
use rustls::{ClientConnection, StreamOwned};
use tokio::task::spawn_blocking;
use wire::credential::Role;

const PARTS: Plan<'static> = Plan {
    rooms: 1,
    only: &[
        "broker",
        "authority",
        "console",
        "signaling",
        "device-proxy",
        "postgres",
        "replica-sync",
    ],
};
/// Who serves the hotel over TLS, and by which key of the configuration.
const DOORS: &[(&str, &str)] = &[
    ("authority", "tls_listener"),
    ("console", "tls_listener"),
    ("signaling", "tls_listener"),
    ("device-proxy", "tls_listener"),
    ("replica-sync", "listener"),
];
/// What a second interface is given first, and then.
const FIRST: &str = "10.77.0.5";
const THEN: &str = "10.77.0.9";
/// What containers have, which nobody in the hotel reaches.
const CONTAINERS: &str = "172.17.0.1";

/// Lets everybody serve on every address, and the authority follow them; one that is gone is soon forgotten.
async fn serve_everywhere(hotel: &Hotel) {
    hotel.reconfigure("authority", "/addresses/follow", "on");
    hotel.reconfigure("authority", "/addresses/hold_s", "10");
    for (component, key) in DOORS {
        hotel.reconfigure(component, &format!("/{key}/host"), "0.0.0.0");
        hotel.kill_and_wait(component).await;
    }
}

/// Waits until everybody is believed at an address; returns what their certificates name.
async fn believed(hotel: &Hotel, address: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut shown = BTreeMap::new();
    let ip: IpAddr = address.parse().unwrap();
    for (component, key) in DOORS {
        let at = SocketAddr::new(ip, hotel.listener(component, key).port);
        let what = format!("{component} is believed at {address}");
        let names = eventually(&what, LIMIT, || async { hotel.browse(at, address).ok() }).await;
        shown.insert((*component).to_owned(), names);
    }
    // The broker of these hotels serves loopback only, and shows the same certificate everywhere.
    let broker = &hotel.places.broker;
    let at = SocketAddr::new(broker.host.parse().unwrap(), broker.port);
    let names = eventually("the broker names the address", LIMIT, || async {
        hotel.browse(at, address).ok()
    })
    .await;
    shown.insert("broker".to_owned(), names);
    shown
}

/// The programs of ours, by name.
fn processes(hotel: &Hotel) -> BTreeMap<String, Option<u32>> {
    let status = hotel.status().unwrap();
    // mosquitto 2.0.11 sometimes ends when it reads its files again, and is started again at once.
    let ours = status.components.into_iter();
    let ours = ours.filter(|part| part.name != "broker");
    ours.map(|part| (part.name, part.pid)).collect()
}

/// A stream of events over one connection that is never made anew.
struct Stream(StreamOwned<ClientConnection, TcpStream>);

impl Stream {
    fn open(hotel: &Hotel) -> Self {
        let name = LAN.try_into().unwrap();
        let connection = ClientConnection::new(Arc::new(hotel.trusting()), name).unwrap();
        let port = hotel.listener("replica-sync", "listener").port;
        let plain = TcpStream::connect((LAN, port)).unwrap();
        plain.set_read_timeout(Some(LIMIT)).unwrap();
        let mut stream = StreamOwned::new(connection, plain);
        let token = hotel.bearer("manager-1", Role::Manager);
        write!(
            stream,
            "GET /api/replication/stream?collections=rooms HTTP/1.1\r\nHost: {LAN}\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        )
        .unwrap();
        let mut first = [0; 15];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        Self(stream)
    }

    /// Whether it still says something: what came meanwhile, and then what comes from now on.
    async fn talks(mut self) {
        let heard = spawn_blocking(move || -> io::Result<usize> {
            let mut piece = [0; 4096];
            self.0.get_mut().set_nonblocking(true)?;
            let mut waiting = self.0.read(&mut piece);
            while matches!(waiting, Ok(1..)) {
                waiting = self.0.read(&mut piece);
            }
            self.0.get_mut().set_nonblocking(false)?;
            self.0.read(&mut piece)
        });
        let heard = heard.await.unwrap().unwrap();
        assert!(heard > 0, "the stream was ended");
    }
}

// bus-7.6, authority-1.6
#[tokio::test]
async fn a_box_with_another_address_is_believed_there_and_nothing_that_is_open_is_cut() {
    let network = match Network::offline("addresses") {
        Ok(network) => network,
        Err(error) => return skip(&error.to_string()),
    };
    let hotel = Hotel::up_in(network, PARTS);
    let network = hotel.network().unwrap();
    network.enter().unwrap();
    serve_everywhere(&hotel).await;
    let page = Page::open(&hotel, "pos-1", Role::Pos, None).await;
    let stream = Stream::open(&hotel);
    let before = processes(&hotel);

    // A second interface appears, and one of a program that nobody in the hotel reaches.
    let on = |address: &str| format!("{address}/24");
    let interfaces = [("lan2", "lan3", FIRST), ("docker0", "veth0", CONTAINERS)];
    for (interface, peer, address) in interfaces {
        let add = [
            "link", "add", interface, "type", "veth", "peer", "name", peer,
        ];
        network.set(&add).unwrap();
        let add = ["addr", "add", &on(address), "dev", interface];
        network.set(&add).unwrap();
        network.set(&["link", "set", interface, "up"]).unwrap();
    }
    believed(&hotel, FIRST).await;

    // It is given another address, as by DHCP.
    let first = ["addr", "del", &on(FIRST), "dev", "lan2"];
    network.set(&first).unwrap();
    let then = ["addr", "add", &on(THEN), "dev", "lan2"];
    network.set(&then).unwrap();
    believed(&hotel, THEN).await;
    eventually("nobody names the old address", LIMIT * 2, || async {
        let shown = believed(&hotel, THEN).await;
        let mut names = shown.values();
        names.all(|names| !names.contains(FIRST)).then_some(())
    })
    .await;

    for (component, names) in believed(&hotel, LAN).await {
        assert!(names.contains(THEN), "{component}: {names:?}");
        assert!(!names.contains(CONTAINERS), "{component}: {names:?}");
    }
    page.orders().await;
    page.close().await;
    stream.talks().await;
    assert_eq!(processes(&hotel), before, "a component was started again");
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}
