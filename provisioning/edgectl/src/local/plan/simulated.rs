//! The world around the components: S3, devices, a printer, signaling in the cloud.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::{PlanError, Sources, kept, present};
use crate::local::bucket::Buckets;
use crate::local::files::{self, FileError};
use crate::local::hotel::{Endpoint, Hotel, Printer};
use crate::local::launch::Launch;
use crate::local::layout::Layout;
use crate::local::ports::Ports;
use crate::local::roster::Kind;
use crate::local::settings;
use crate::local::watch::{Kept, Readiness};
use crate::recipe::{self, Recipe};

/// The simulated S3, as a process.
pub(super) const S3: &str = "s3";
/// Its usual port.
pub(super) const S3_PORT: u16 = 9300;
/// How long it may take to start: Python on a busy machine.
const S3_WITHIN: Duration = Duration::from_mins(1);
/// The simulated devices, as a process.
pub(super) const DEVICES: &str = "hotel-sim";

/// The simulated printer, as a process.
pub(super) const PRINTER: &str = "hotel-vprinter";
/// Where it takes jobs, and where it is handled; purpose, and the usual number.
pub(super) const PRINTER_PORTS: &[(&str, u16)] =
    &[("hotel-vprinter", 9400), ("hotel-vprinter/control", 9480)];
/// How long it may take to start.
const PRINTER_WITHIN: Duration = Duration::from_secs(30);

/// The signaling server of the simulated cloud, as a process.
pub(super) const CLOUD: &str = "cloud-signaling";
/// Where it serves, and where its health is; purpose, and the usual number.
pub(super) const CLOUD_PORTS: &[(&str, u16)] =
    &[("cloud-signaling", 8543), ("cloud-signaling/admin", 9188)];
/// How long it may take to start.
const CLOUD_WITHIN: Duration = Duration::from_secs(30);
/// A port on which nobody listens: the cloud is on no hotel's bus.
const NOWHERE: &str = "1";

/// The database of the simulated cloud, as a process.
pub(super) const HUB_POSTGRES: &str = "hub-postgres";
/// The hub of the simulated cloud, as a process.
pub(super) const HUB: &str = "hub";
/// Where it serves, and where its health is; purpose, and the usual number.
pub(super) const HUB_PORTS: &[(&str, u16)] = &[("hub", 8001), ("hub/admin", 9184)];

/// Every simulated process.
pub(super) const PARTS: [&str; 6] = [S3, DEVICES, PRINTER, CLOUD, HUB_POSTGRES, HUB];

/// Where S3 listens.
pub(super) fn s3_server(ports: &Ports) -> Endpoint {
    Endpoint::loopback(ports.of(S3).unwrap_or(S3_PORT))
}

pub(super) fn s3(
    layout: &Layout,
    sources: &Sources,
    hotel: &Hotel,
    ports: &Ports,
) -> Result<Kept, PlanError> {
    let program = sources.venv.join("bin/moto_server");
    present(S3, &program)?;
    let server = s3_server(ports);
    let arguments = ["-H", &server.host, "-p", &server.port.to_string()].map(OsString::from);
    let launch = launch(layout, S3, program, arguments.to_vec())?;
    let buckets = Buckets {
        server,
        names: vec![hotel.s3.bucket.clone(), hotel.s3.backups.clone()],
    };
    let readiness = Readiness::Makes(buckets, S3_WITHIN);
    Ok(kept(layout, S3, Kind::Simulated, launch, readiness))
}

pub(super) fn devices(layout: &Layout, sources: &Sources) -> Result<Kept, PlanError> {
    let program = sources.artifacts.join(DEVICES);
    present(DEVICES, &program)?;
    if let Some(dir) = layout.ledger().parent() {
        files::make_dir(dir)?;
    }
    let arguments = vec!["--hotel".into(), layout.hotel().into()];
    let launch = launch(layout, DEVICES, program, arguments)?;
    Ok(kept(
        layout,
        DEVICES,
        Kind::Simulated,
        launch,
        Readiness::Runs,
    ))
}

/// Where the signaling server of the simulated cloud serves.
pub(super) fn cloud_server(listen: IpAddr, ports: &Ports) -> Endpoint {
    let (purpose, usual) = CLOUD_PORTS[0];
    Endpoint::at(listen, ports.of(purpose).unwrap_or(usual))
}

/// Where the hub of the simulated cloud serves.
pub(super) fn hub_server(listen: IpAddr, ports: &Ports) -> Endpoint {
    let (purpose, usual) = HUB_PORTS[0];
    Endpoint::at(listen, ports.of(purpose).unwrap_or(usual))
}

/// `signaling` in the role `cloud`, from the recipe that is deployed to boxes.
pub(super) fn cloud(
    layout: &Layout,
    sources: &Sources,
    (hotel, ports): (&Hotel, &Ports),
    recipe: &Recipe,
) -> Result<Kept, PlanError> {
    let mut configuration = settings::configuration(recipe, hotel, ports, layout)?;
    let values = [
        ("/role", json!("cloud")),
        (
            "/tls_listener/port",
            json!(hotel.cloud_signaling.port.to_string()),
        ),
    ];
    let values = values
        .into_iter()
        .chain(in_the_cloud(layout, ports, CLOUD, CLOUD_PORTS[1]));
    for (pointer, value) in values {
        recipe::set(&mut configuration, pointer, value);
    }
    let program = sources.artifacts.join(&recipe.name);
    configured(layout, CLOUD, program, &configuration)
}

/// `replica-sync` in the role `hub`, from the recipe that is deployed to boxes.
pub(super) fn hub(
    layout: &Layout,
    sources: &Sources,
    (hotel, ports): (&Hotel, &Ports),
    recipe: &Recipe,
) -> Result<Kept, PlanError> {
    let mut configuration = settings::configuration(recipe, hotel, ports, layout)?;
    let values = [
        ("/role", json!("hub")),
        ("/listener/port", json!(hotel.cloud_hub.port.to_string())),
        ("/database/host", json!(layout.database(HUB_POSTGRES))),
        ("/hub/url", json!("")),
    ];
    let values = values
        .into_iter()
        .chain(in_the_cloud(layout, ports, HUB, HUB_PORTS[1]));
    for (pointer, value) in values {
        recipe::set(&mut configuration, pointer, value);
    }
    let program = sources.artifacts.join(&recipe.name);
    configured(layout, HUB, program, &configuration)
}

/// What every program in the simulated cloud is told.
fn in_the_cloud(
    layout: &Layout,
    ports: &Ports,
    name: &str,
    (admin, usual): (&str, u16),
) -> [(&'static str, Value); 5] {
    let admin = ports.of(admin).unwrap_or(usual);
    [
        ("/admin/port", json!(admin.to_string())),
        ("/broker/port", json!(NOWHERE)),
        ("/properties_dir", json!(layout.cloud_properties())),
        ("/server_dir", json!(layout.cloud_server())),
        ("/data_dir", json!(layout.data(name))),
    ]
}

fn configured(
    layout: &Layout,
    name: &str,
    program: PathBuf,
    configuration: &Value,
) -> Result<Kept, PlanError> {
    present(name, &program)?;
    files::make_dir(&layout.data(name))?;
    files::write_json(&layout.config(name), configuration)?;
    let mut launch = launch(layout, name, program, Vec::new())?;
    let variable = ("HOTEL_CONFIG".to_owned(), layout.config(name).into());
    launch.environment.extend([variable]);
    let readiness = Readiness::Notified(CLOUD_WITHIN);
    Ok(kept(layout, name, Kind::Simulated, launch, readiness))
}

/// What `hotel.json` says of the printer.
pub(super) fn printer_places(layout: &Layout, ports: &Ports) -> Printer {
    let [job, control] = [0, 1].map(|place| {
        let (purpose, usual) = PRINTER_PORTS[place];
        Endpoint::loopback(ports.of(purpose).unwrap_or(usual))
    });
    Printer {
        address: job,
        control,
        tickets: layout.tickets(),
    }
}

pub(super) fn printer(
    layout: &Layout,
    sources: &Sources,
    hotel: &Hotel,
) -> Result<Kept, PlanError> {
    let program = sources.artifacts.join(PRINTER);
    present(PRINTER, &program)?;
    let address =
        |endpoint: &Endpoint| OsString::from(format!("{}:{}", endpoint.host, endpoint.port));
    let arguments = vec![
        "--listen".into(),
        address(&hotel.printer.address),
        "--control".into(),
        address(&hotel.printer.control),
        "--out".into(),
        layout.tickets().into(),
    ];
    let launch = launch(layout, PRINTER, program, arguments)?;
    let readiness = Readiness::Notified(PRINTER_WITHIN);
    Ok(kept(layout, PRINTER, Kind::Simulated, launch, readiness))
}

fn launch(
    layout: &Layout,
    name: &str,
    program: PathBuf,
    arguments: Vec<OsString>,
) -> Result<Launch, FileError> {
    let directory = layout.work(name);
    files::make_dir(&directory)?;
    let environment = [("NOTIFY_SOCKET".to_owned(), layout.socket(name).into())].into();
    Ok(Launch {
        program,
        arguments,
        environment,
        directory,
        log: layout.log(name),
    })
}
