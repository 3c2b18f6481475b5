//! The world around the components: S3, devices and a printer.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::{PlanError, Sources, kept, present};
use crate::local::bucket::Bucket;
use crate::local::files::{self, FileError};
use crate::local::hotel::{Endpoint, Hotel, Printer};
use crate::local::launch::Launch;
use crate::local::layout::Layout;
use crate::local::ports::Ports;
use crate::local::roster::Kind;
use crate::local::watch::{Kept, Readiness};

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

/// Every simulated process.
pub(super) const PARTS: [&str; 3] = [S3, DEVICES, PRINTER];

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
    let bucket = Bucket {
        server,
        name: hotel.s3.bucket.clone(),
    };
    let readiness = Readiness::Makes(bucket, S3_WITHIN);
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
