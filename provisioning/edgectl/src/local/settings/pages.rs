//! What components that serve pages and peers are told.

use serde_json::{Value, json};
use wire::Component;

use crate::local::LOOPBACK;
use crate::local::hotel::{Endpoint, Hotel};

/// What the local hotel calls its one printer.
const PRINTER: &str = "pass";

/// Everything that pages need, whatever component it is for; each declares what it takes.
pub(super) fn values(name: &str, hotel: &Hotel) -> Vec<(&'static str, Value)> {
    let mut values = vec![
        ("/ca_dir", json!(hotel.property_dir)),
        ("/console_url", json!(console(hotel).unwrap_or_default())),
        ("/name", json!("The local hotel")),
        ("/cloud_signaling", json!([cloud(hotel)])),
        (
            "/ports/signaling",
            port(hotel, Component::Signaling, "listener"),
        ),
        (
            "/ports/signaling_tls",
            port(hotel, Component::Signaling, "tls_listener"),
        ),
        (
            "/ports/authority",
            port(hotel, Component::Authority, "tls_listener"),
        ),
        (
            "/ports/replica",
            port(hotel, Component::ReplicaSync, "listener"),
        ),
        // Several local hotels may run on one machine, and none of them is the box of its network.
        ("/mdns", json!("off")),
    ];
    if name == Component::DeviceProxy.as_str() {
        values.extend(box_peer(hotel));
    }
    values
}

/// What the box's own peer is told.
fn box_peer(hotel: &Hotel) -> Vec<(&'static str, Value)> {
    let on_loopback = hotel.listen == LOOPBACK;
    // Browsers never offer loopback, so a hotel on loopback is reached by the machine's addresses.
    let addresses = if on_loopback {
        json!([])
    } else {
        json!([hotel.listen])
    };
    vec![
        ("/signaling", signaling(hotel)),
        ("/ice/loopback", json!(on_loopback.to_string())),
        ("/ice/addresses", addresses),
        ("/orders/menu", menu()),
        (
            "/print/printers",
            json!({ PRINTER: { "address": printer(hotel), "drawer": true } }),
        ),
        (
            "/print/routes",
            json!({
                "kitchen": { "printers": [PRINTER], "unconfirmed": "reprint-marked" },
                "receipt": { "printers": [PRINTER], "unconfirmed": "ask" },
            }),
        ),
        (
            "/print_routes",
            json!({
                "front-desk": ["receipt"], "pos": ["receipt", "kitchen"], "kitchen": ["kitchen"],
                "manager": ["receipt", "kitchen"],
            }),
        ),
    ]
}

fn printer(hotel: &Hotel) -> String {
    let Endpoint { host, port } = &hotel.printer.address;
    format!("{host}:{port}")
}

/// The page where everything begins, in a hotel that has pages.
pub(in crate::local) fn console(hotel: &Hotel) -> Option<String> {
    let tls = listener(hotel, Component::Console, "tls_listener");
    tls.map(|at| format!("https://{}:{}", at.host, at.port))
}

/// The hotel's own server and the one in the cloud, for the box.
fn signaling(hotel: &Hotel) -> Value {
    let cloud = json!({ "url": cloud(hotel), "mode": "cloud", "ca": hotel.cloud_ca });
    let local = listener(hotel, Component::Signaling, "listener")
        .map(|at| json!({ "url": format!("ws://{}:{}", at.host, at.port), "mode": "local" }));
    json!(local.into_iter().chain([cloud]).collect::<Vec<_>>())
}

fn cloud(hotel: &Hotel) -> String {
    let Endpoint { host, port } = &hotel.cloud_signaling;
    format!("wss://{host}:{port}")
}

fn port(hotel: &Hotel, component: Component, key: &str) -> Value {
    let port = listener(hotel, component, key).map_or(0, |at| at.port);
    json!(port.to_string())
}

fn listener<'a>(hotel: &'a Hotel, component: Component, key: &str) -> Option<&'a Endpoint> {
    hotel.listeners.get(component.as_str())?.get(key)
}

fn menu() -> Value {
    let item = |item: &str, section: &str, name: &str, price_minor: u32| {
        json!({
            "item": item, "section": section, "name": name,
            "price_minor": price_minor.to_string(),
        })
    };
    json!([
        item("tomato-soup", "Starters", "Tomato soup", 650),
        item("green-salad", "Starters", "Green salad", 590),
        item("trout", "Mains", "Trout with almonds", 1890),
        item("pumpkin-risotto", "Mains", "Pumpkin risotto", 1450),
        item("burger", "Mains", "Harbour burger", 1590),
        item("creme-brulee", "Desserts", "Crème brûlée", 720),
        item("mineral-water", "Drinks", "Mineral water", 320),
        item("house-red", "Drinks", "House red, 0.2 l", 680),
    ])
}
