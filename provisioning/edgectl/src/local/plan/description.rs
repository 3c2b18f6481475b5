//! What `hotel.json` says.

use kit::identity::CA_FILE;
use kit::policy::EDGECTL;

use super::{BROKER, PlanError, simulated};
use crate::local::estate::Estate;
use crate::local::hotel::{Endpoint, Hotel, S3, Sim};
use crate::local::layout::Layout;
use crate::local::ports::Ports;
use crate::local::settings;
use crate::recipe::Recipe;

pub(super) fn describe(
    layout: &Layout,
    recipes: &[Recipe],
    ports: &Ports,
    estate: Estate,
) -> Result<Hotel, PlanError> {
    let broker = settings::listener(ports, BROKER).ok_or(PlanError::NoBroker)?;
    let names = || recipes.iter().map(|recipe| recipe.name.clone());
    let processes = names().chain(simulated::PARTS.map(str::to_owned));
    let admin = names().filter_map(|name| {
        let port = settings::admin(ports, &name)?;
        Some((name, Endpoint::loopback(port)))
    });
    let listeners = names().map(|name| {
        let open = settings::listeners(ports, &name).into_iter();
        let endpoints = open.map(|(key, port)| (key, Endpoint::at(estate.listen, port)));
        (name, endpoints.collect())
    });
    Ok(Hotel {
        v: 1,
        dir: layout.dir().to_owned(),
        tenant: estate.record.tenant,
        property: estate.record.property,
        box_id: estate.record.box_id,
        trust_domain: estate.record.trust_domain.to_string(),
        rooms: estate.rooms,
        listen: estate.listen,
        property_dir: layout.property(),
        registry: estate.registry,
        policy: layout.policy(),
        identities: estate.identities,
        operator: EDGECTL.to_owned(),
        broker: Endpoint::loopback(broker),
        listeners: listeners.collect(),
        admin: admin.collect(),
        s3: cloud(&simulated::s3_server(ports)),
        configurations: names()
            .map(|name| (name.clone(), layout.config(&name)))
            .collect(),
        databases: [settings::POSTGRES, simulated::HUB_POSTGRES]
            .map(|name| (name.to_owned(), layout.database(name)))
            .into(),
        data: names()
            .map(|name| (name.clone(), layout.data(&name)))
            .collect(),
        logs: processes
            .map(|name| (name.clone(), layout.log(&name)))
            .collect(),
        backup_key: layout.backup_key(),
        sim: Sim {
            ledger: layout.ledger(),
        },
        printer: simulated::printer_places(layout, ports),
        cloud_signaling: simulated::cloud_server(estate.listen, ports),
        cloud_hub: simulated::hub_server(estate.listen, ports),
        cloud_ca: layout.cloud_server().join(CA_FILE),
    })
}

fn cloud(server: &Endpoint) -> S3 {
    S3 {
        endpoint: format!("http://{}:{}", server.host, server.port),
        bucket: "hotel-edge".to_owned(),
        backups: "hotel-edge-backups".to_owned(),
        region: "eu-central-1".to_owned(),
        access_key_id: "local".to_owned(),
        secret_access_key: "local".to_owned(),
    }
}
