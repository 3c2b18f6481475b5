//! What the local hotel sets in a component's configuration, as a deployment does on a box.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wire::Component;

use super::hotel::{Endpoint, Hotel};
use super::layout::Layout;
use super::models;
use super::ports::Ports;
use crate::backup;
use crate::recipe::{self, Recipe, RecipeError};

mod pages;

pub(super) use pages::console;

/// The component that is the database.
pub(super) const POSTGRES: &str = "postgres";
/// Where recipes keep things on a box; nothing of a local hotel may be there.
const ON_A_BOX: &str = "/var/lib/hotel";
/// How long a batch waits locally: short, so that somebody who watches sees it arrive.
const BATCH_AGE_MS: &str = "2000";
/// How often bundles are looked for locally.
const MODELS_POLL_MS: &str = "1000";
/// The port a component itself listens on, besides its admin listener.
const LISTENER: &str = "/listener/port";
/// Its admin listener.
const ADMIN: &str = "/admin/port";

/// Its listener for HTTPS.
const TLS_LISTENER: &str = "/tls_listener/port";
/// Its listener for plain HTTP beside another one.
const HTTP_LISTENER: &str = "/http_listener/port";
/// Everything a component may listen on for others, by its key.
const LISTENERS: &[(&str, &str)] = &[
    ("listener", LISTENER),
    ("tls_listener", TLS_LISTENER),
    ("http_listener", HTTP_LISTENER),
];

/// The ports a component listens on: purpose, and the usual number.
pub(super) fn usual_ports(recipe: &Recipe) -> impl Iterator<Item = (String, u16)> {
    let pointers = LISTENERS.iter().map(|(_, pointer)| *pointer);
    pointers.chain([ADMIN]).filter_map(|pointer| {
        let usual = recipe.defaults.pointer(pointer)?.as_str()?.parse().ok()?;
        Some((purpose(&recipe.name, pointer), usual))
    })
}

/// The ports on which a component serves others, by key of its configuration.
pub(super) fn listeners(ports: &Ports, name: &str) -> BTreeMap<String, u16> {
    let port = |(key, pointer): &(&str, &str)| {
        let port = ports.of(&purpose(name, pointer))?;
        Some(((*key).to_owned(), port))
    };
    LISTENERS.iter().filter_map(port).collect()
}

/// The port on which a component serves what it is for.
pub(super) fn listener(ports: &Ports, name: &str) -> Option<u16> {
    ports.of(&purpose(name, LISTENER))
}

/// The port of a component's admin listener.
pub(super) fn admin(ports: &Ports, name: &str) -> Option<u16> {
    ports.of(&purpose(name, ADMIN))
}

fn purpose(name: &str, pointer: &str) -> String {
    format!("{name}{pointer}")
}

/// A component's configuration in the local hotel: whatever its recipe declares is set.
pub(super) fn configuration(
    recipe: &Recipe,
    hotel: &Hotel,
    ports: &Ports,
    layout: &Layout,
) -> Result<Value, SettingsError> {
    let mut values = json!({});
    for (pointer, value) in local_values(&recipe.name, hotel, ports, layout) {
        if recipe::declares(&recipe.defaults, pointer) {
            recipe::set(&mut values, pointer, value);
        }
    }
    let configuration = recipe::merge(&recipe.name, &recipe.defaults, &values)?;
    match place_on_a_box(&configuration, "") {
        None => Ok(configuration),
        Some(pointer) => Err(SettingsError::NotLocal {
            recipe: recipe.name.clone(),
            pointer,
        }),
    }
}

fn local_values(
    name: &str,
    hotel: &Hotel,
    ports: &Ports,
    layout: &Layout,
) -> Vec<(&'static str, Value)> {
    let port = |port: Option<u16>| json!(port.unwrap_or_default().to_string());
    let mut values = vec![
        ("/tenant", json!(hotel.tenant)),
        ("/property", json!(hotel.property)),
        ("/box", json!(hotel.box_id)),
        ("/trust_domain", json!(hotel.trust_domain)),
        // Everybody is whoever started the hotel.
        ("/unix_user", json!("")),
        ("/identity_dir", json!(hotel.identities.get(name))),
        ("/data_dir", json!(layout.data(name))),
        ("/broker/host", json!(hotel.broker.host)),
        ("/broker/port", port(Some(hotel.broker.port))),
        ("/authority/host", json!(hotel.listen)),
        (
            "/authority/port",
            port(ports.of(&purpose(Component::Authority.as_str(), TLS_LISTENER))),
        ),
        // It serves where it is told to; provisioning has put that into the leaves.
        ("/addresses/follow", json!("off")),
        ("/listener/host", json!(listen(name, hotel))),
        (LISTENER, port(listener(ports, name))),
        ("/tls_listener/host", json!(hotel.listen)),
        (TLS_LISTENER, port(ports.of(&purpose(name, TLS_LISTENER)))),
        ("/http_listener/host", json!(hotel.listen)),
        (HTTP_LISTENER, port(ports.of(&purpose(name, HTTP_LISTENER)))),
        (ADMIN, port(admin(ports, name))),
        ("/registry", json!(hotel.registry)),
        ("/policy", json!(hotel.policy)),
        ("/s3/bucket", json!(hotel.s3.bucket)),
        ("/s3/region", json!(hotel.s3.region)),
        ("/s3/endpoint", json!(hotel.s3.endpoint)),
        ("/s3/force_path_style", json!(true)),
        ("/batch/age_ms", json!(BATCH_AGE_MS)),
        ("/database/host", json!(layout.database(POSTGRES))),
        ("/hub/url", json!(hub(hotel))),
        ("/hub/ca", json!(hotel.cloud_ca)),
    ];
    values.extend(models(layout));
    values.extend(backups(hotel, layout));
    values.extend(pages::values(name, hotel));
    values
}

fn hub(hotel: &Hotel) -> String {
    let Endpoint { host, port } = &hotel.cloud_hub;
    format!("https://{host}:{port}")
}

/// Bundles and the key that signs them; looked at often, so that somebody who watches sees it.
fn models(layout: &Layout) -> [(&'static str, Value); 3] {
    [
        ("/bundles/directory", json!(layout.models())),
        ("/bundles/keys", json!(models::keys(layout))),
        ("/bundles/poll_ms", json!(MODELS_POLL_MS)),
    ]
}

/// Backups, for the hotel's own key.
fn backups(hotel: &Hotel, layout: &Layout) -> [(&'static str, Value); 4] {
    let recipient = backup::read_key(&layout.backup_key()).ok();
    let recipient = recipient.map(|key| key.recipient().to_string());
    [
        ("/backup/recipient", json!(recipient.unwrap_or_default())),
        ("/backup/directory", json!(layout.handover())),
        ("/files/directory", json!(layout.handover())),
        ("/files/bucket", json!(hotel.s3.backups)),
    ]
}

/// The broker stays on loopback: everybody who speaks to it is on this machine.
fn listen(name: &str, hotel: &Hotel) -> String {
    if name == Component::Broker.as_str() {
        hotel.broker.host.clone()
    } else {
        hotel.listen.to_string()
    }
}

fn place_on_a_box(value: &Value, place: &str) -> Option<String> {
    match value {
        Value::String(text) => text.starts_with(ON_A_BOX).then(|| place.to_owned()),
        Value::Object(map) => map
            .iter()
            .find_map(|(key, value)| place_on_a_box(value, &format!("{place}/{key}"))),
        Value::Array(values) => values.iter().find_map(|value| place_on_a_box(value, place)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// A component cannot be configured for the local hotel.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// A path of a box that the local hotel does not know how to replace.
    #[error("recipe {recipe}: configuration {pointer} names a place of a box, unknown here")]
    NotLocal {
        /// The recipe.
        recipe: String,
        /// The key.
        pointer: String,
    },
    /// The recipe does not allow it.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
}
