//! The whole way: a company's cloud, the image of a box, its first boot, a release that reaches it,
//! the next one, and back.

use std::fs;
use std::path::Path;

use hotel_tests::hotel::LIMIT;
use hotel_tests::releases::{Workshop, delivery, deployed, reported, said_json, told};
use hotel_tests::runbook::Runbook;
use hotel_tests::{Aws, Hotel, Plan, eventually};
use serde_json::{Value, json};

use super::runbooks::World;
use super::site::Site;

/// The group that releases go to, as the hotel's setup made it.
const GROUP: &str = "hotel-seaside";
const BOX: &str = "box-1";
/// How a deployment ends that nobody waited for.
const UNDER_WAY: i32 = 3;
/// Every component, and what is simulated of the hotel; no cloud, which is not on boxes.
const WHOLE: Plan<'static> = Plan {
    rooms: 1,
    only: &[
        "authority",
        "broker",
        "console",
        "device-proxy",
        "hotel-sim",
        "hotel-vprinter",
        "inference",
        "iot-gateway",
        "postgres",
        "replica-sync",
        "s3",
        "signaling",
        "uplink",
    ],
};

// provisioning-1.4 delivery-5.3
#[tokio::test]
async fn a_box_comes_by_post_runs_a_release_takes_the_next_and_goes_back() {
    let world = World::new().await;
    let mut book = Runbook::read("provisioning.md");
    world
        .follows(&mut book, &["cloud-setup", "make-image"], &[])
        .await;
    let mut site = Site::of_seed(&world.fleet, &world.desk.path().join("out/seed")).await;
    site.set("/deployment/components/uplink/port", 1);
    let early = site.boot().await;
    // A member, to which nothing was deployed yet.
    assert_eq!(early.code, Some(15), "{}", early.said);
    assert!(!site.path("claim-key.pem").exists());
    let root = |path: &Path| fs::read_to_string(path).unwrap();
    let pinned = site.path("property/chain/root.pem");
    assert_eq!(root(&pinned), root(&world.desk.path().join("root.pem")));

    let aws = &world.aws;
    aws.make_bucket().await;
    let workshop = Workshop::new();
    let programs = workshop.light_programs();
    let first = workshop.pack_all("0.1.0", &programs, &[]);
    release(aws, &workshop, &first);
    let hotel = Hotel::installed(WHOLE, &first, &workshop.key);
    ready(&hotel).await;
    site.set("/deployment/components", components(&hotel));
    site.set("/deployment/broker", broker(&hotel));
    let done = site.boot().await;
    assert_eq!(done.code, Some(0), "{}", done.said);
    assert_eq!(site.report()["done"], true);
    is_told_healthy(aws, "0.1.0").await;

    let uplink = programs.join("uplink");
    let mut next = fs::read(&uplink).unwrap();
    next.extend_from_slice(b"next");
    fs::write(&uplink, next).unwrap();
    let second = workshop.pack_all("0.2.0", &programs, &["--since", text(&first)]);
    release(aws, &workshop, &second);
    runs_after_switch(&hotel, &workshop, &second, "0.2.0").await;
    is_told_healthy(aws, "0.2.0").await;

    let back = delivery(Some(aws), &["rollback", "--target", GROUP, "--wait", "0"]);
    assert_eq!(back.status.code(), Some(UNDER_WAY), "{}", told(&back));
    runs_after_switch(&hotel, &workshop, &first, "0.1.0").await;
    is_told_healthy(aws, "0.1.0").await;
}

/// Brings a release to the cloud and to the group.
fn release(aws: &Aws, workshop: &Workshop, set: &Path) {
    let published = workshop.publish(aws, set, &[]);
    assert!(published.status.success(), "{}", told(&published));
    let deployed = workshop.deploy(aws, set, &["--target", GROUP, "--wait", "0"]);
    assert_eq!(
        deployed.status.code(),
        Some(UNDER_WAY),
        "{}",
        told(&deployed)
    );
}

/// Installs a release as the nucleus does, and waits until everything of it is ready.
async fn runs_after_switch(hotel: &Hotel, workshop: &Workshop, set: &Path, version: &str) {
    hotel.edgectl(&[
        "local",
        "install",
        "--set",
        text(set),
        "--trust",
        &workshop.key,
    ]);
    hotel.restart_installed(WHOLE);
    ready(hotel).await;
    let pid = hotel.part("uplink").unwrap().pid.unwrap();
    let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    let expected = format!("/uplink/{version}/");
    assert!(text(&program).contains(&expected), "{}", program.display());
}

async fn ready(hotel: &Hotel) {
    eventually("every component is ready", LIMIT, || async {
        let status = hotel.status()?;
        let mut parts = status.components.iter();
        parts.all(|part| part.ready).then_some(())
    })
    .await;
}

/// The admin listeners of the components, as a box's plan names them.
fn components(hotel: &Hotel) -> Value {
    let admin = hotel.places.admin.iter();
    admin
        .map(|(name, at)| (name.clone(), json!({ "host": at.host, "port": at.port })))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn broker(hotel: &Hotel) -> Value {
    let at = &hotel.places.broker;
    json!({ "host": at.host, "port": at.port })
}

/// The box reports what it runs, and the operator reads it.
async fn is_told_healthy(aws: &Aws, version: &str) {
    let status = ["status", "--target", GROUP, "--json"];
    let sent = said_json(&delivery(Some(aws), &status));
    let components = deployed(aws, GROUP).await;
    assert_eq!(reported(&components, "uplink"), version);
    let told_by_box = json!({
        "thing": BOX, "groups": [GROUP], "status": "HEALTHY", "components": components,
        "deployments": [{
            "deploymentId": sent["deployment_id"], "coreDeviceExecutionStatus": "SUCCEEDED",
        }],
    });
    aws.report(&told_by_box).await;
    let read = delivery(Some(aws), &["status", "--target", GROUP]);
    assert_eq!(read.status.code(), Some(0), "{}", told(&read));
    assert!(told(&read).contains(BOX), "{}", told(&read));
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
