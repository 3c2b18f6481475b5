use kit::error::Chain;
use serde_json::{Value, json};

use super::*;

fn text(own: &Value) -> Vec<u8> {
    let mut whole = json!({
        "tenant": "acme", "property": "seaside", "box": "box-1", "trust_domain": "hotel.internal",
        "identity_dir": "/i", "data_dir": "/d", "broker": { "host": "localhost", "port": "8883" },
        "admin": { "host": "127.0.0.1", "port": "9103" },
        "tls_listener": { "host": "0.0.0.0", "port": "8600" },
    });
    for (key, value) in own.as_object().unwrap() {
        whole[key] = value.clone();
    }
    serde_json::to_vec(&whole).unwrap()
}

#[track_caller]
fn read(own: &Value) -> Config {
    let (_, config) = kit::config::parse::<Config>(&text(own)).expect("must be accepted");
    config
}

#[track_caller]
fn check_refused(own: &Value, expected: &str) {
    let error = kit::config::parse::<Config>(&text(own)).expect_err("must be refused");
    assert_eq!(Chain(&error).to_string(), expected);
}

// device-proxy-8.6
#[test]
fn a_listener_is_all_that_must_be_named() {
    let config = read(&json!({}));
    assert_eq!(
        (config.ice, config.orders),
        (Ice::default(), Orders::default())
    );
    assert!(config.signaling.is_empty() && config.print_routes.is_empty());
}

// device-proxy-8.6
#[test]
fn numbers_and_switches_may_stand_in_quotes() {
    let config = read(&json!({
        "signaling": [{ "url": "wss://rendezvous.example:443", "mode": "cloud" }],
        "ice": { "loopback": "true", "addresses": ["192.0.2.7"] },
        "orders": {
            "confirm": "kitchen", "kitchen_route": "pass", "utc_offset_minutes": "-90",
            "currency": "JPY", "decimals": "0",
            "menu": [{ "item": "soup", "name": "Soup", "section": "Starters", "price_minor": "650" }],
        },
        "print_routes": { "front-desk": ["receipt"] },
    }));
    assert_eq!(config.signaling[0].mode, Mode::Cloud);
    assert!(config.ice.loopback);
    let rules = config.orders.rules();
    assert_eq!(
        (rules.confirm, rules.utc_offset_minutes),
        (Confirm::Kitchen, -90)
    );
    assert_eq!(rules.menu.items[0].price_minor, 650.into());
    assert!(config.print_routes[&Role::FrontDesk].contains(&"receipt".parse().unwrap()));
}

// device-proxy-8.7
#[test]
fn a_wrong_value_is_named_with_what_it_may_be() {
    check_refused(
        &json!({ "signaling": [{ "url": "http://x", "mode": "local" }] }),
        "configuration key signaling[0].url: \"http://x\" is not an address that begins with \
         ws:// or wss://",
    );
    check_refused(
        &json!({ "orders": { "utc_offset_minutes": "900" } }),
        "configuration key orders.utc_offset_minutes: 900 is not one of -720 to 840",
    );
    check_refused(
        &json!({ "orders": { "currency": "euro" } }),
        "configuration key orders.currency: \"euro\" is not a currency code of three capital letters",
    );
    let soup = json!({ "item": "soup", "name": "Soup", "price_minor": "650" });
    check_refused(
        &json!({ "orders": { "menu": [soup, soup] } }),
        "configuration key orders.menu: soup is on the menu twice",
    );
    let dear = json!({ "item": "soup", "name": "Soup", "price_minor": "1000000001" });
    check_refused(
        &json!({ "orders": { "menu": [dear] } }),
        "configuration key orders.menu[0].price_minor: 1000000001 is not one of 0 to 1000000000",
    );
    check_refused(
        &json!({ "orders": { "price": 1 } }),
        "configuration key orders.price: unknown field `price`, expected one of `confirm`, \
         `kitchen_route`, `utc_offset_minutes`, `currency`, `decimals`, `menu`",
    );
}

#[test]
fn the_recipe_declares_the_defaults_of_the_code() {
    let recipe = include_str!("../../../../recipes/device-proxy/recipe.yaml");
    let Orders {
        confirm,
        kitchen_route,
        utc_offset_minutes,
        currency,
        decimals,
        menu,
    } = Orders::default();
    assert!(confirm == WhoConfirms::Staff && menu.is_empty());
    for line in [
        "      confirm: staff".to_owned(),
        format!("      kitchen_route: {kitchen_route}"),
        format!("      utc_offset_minutes: \"{utc_offset_minutes}\""),
        format!("      currency: {currency}"),
        format!("      decimals: \"{decimals}\""),
        "      menu: []".to_owned(),
        format!("      loopback: \"{}\"", Ice::default().loopback),
        "      addresses: []".to_owned(),
    ] {
        assert!(
            recipe.contains(&format!("{line}\n")),
            "the recipe lacks {line}"
        );
    }
}
