//! The first boot, its power cuts and what stops it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use axum::http::StatusCode;
use hotel_tests::fleet::{Claims, Fleet, THING};

use super::site::{Boot, Site, page, page_of};

const SERIAL: &str = "NUC-0001";
const GOOD: Claims = Claims { days: 30 };

/// A cloud that expects one box, and the box.
async fn day_one() -> (Fleet, Site) {
    let fleet = Fleet::with(&[SERIAL], GOOD).await;
    let site = Site::new(&fleet, SERIAL).await;
    (fleet, site)
}

// provisioning-1.2 provisioning-1.3 provisioning-1.4
#[tokio::test]
async fn a_box_becomes_a_member_by_itself() {
    let (fleet, site) = day_one().await;
    let boot = site.boot().await;
    assert_eq!(boot.code, Some(0), "{}", boot.said);

    let state = fleet.state();
    assert_eq!(state.things[THING].len(), 1);
    assert_eq!(state.parameters[0]["SerialNumber"], SERIAL);
    assert_eq!(fleet.last_client().as_deref(), Some("core"));
    let key = site.path("provisioning/thing/key.pem");
    let mode = fs::metadata(key).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert!(!site.path("claim-key.pem").exists());
    assert!(!site.path("claim-cert.pem").exists());
    assert!(site.path("property/chain/request.json").exists());
    assert!(site.path("started").exists());
    assert_eq!(site.report()["done"], true);
}

/// Every place at which the power fails, in the order of a boot.
fn places() -> Vec<String> {
    let middles = [
        ("key", "made"),
        ("certificate", "given"),
        ("certificate", "written"),
        ("claim", "overwritten"),
        ("nucleus", "configured"),
    ];
    let steps = [
        "hardware",
        "clock",
        "network",
        "key",
        "certificate",
        "proof",
        "claim",
        "property",
        "nucleus",
        "deployment",
    ];
    let of_step = |step| {
        let inner = middles.iter().filter(move |(of, _)| *of == step);
        let inner = inner.map(|(_, point)| *point);
        let points = ["begin"].into_iter().chain(inner);
        points
            .chain(["taken", "noted"])
            .map(move |point| format!("{step}.{point}"))
    };
    steps.into_iter().flat_map(of_step).collect()
}

// provisioning-1.1
#[tokio::test]
async fn the_power_may_fail_at_every_step() {
    let (fleet, site) = day_one().await;
    let places = places();
    // After the last note nothing is left to be cut.
    let (last, places) = places.split_last().unwrap();
    for place in places {
        let boot = site.boot_until(place).await;
        assert_eq!(boot.code, None, "at {place}: {}", boot.said);
    }
    assert_eq!(site.boot_until(last).await.code, None);
    let boot = site.boot().await;
    assert_eq!(boot.code, Some(0), "{}", boot.said);
    let state = fleet.state();
    assert_eq!(
        state.things.len(),
        1,
        "one thing, however often it was asked for"
    );
    let done = &state.allowed[SERIAL];
    assert!(done.is_some(), "and one key");
    assert!(!site.path("claim-key.pem").exists());
}

/// What a boot that stops says, and how it ends.
#[track_caller]
fn check_stopped(boot: &Boot, code: i32, says: &str) {
    assert_eq!(boot.code, Some(code), "{}", boot.said);
    assert!(boot.said.contains(says), "{}", boot.said);
    assert!(boot.said.contains("what to do: "), "{}", boot.said);
}

// provisioning-2.1
#[tokio::test]
async fn a_claim_that_expired_is_not_even_tried() {
    let (fleet, mut site) = day_one().await;
    site.set("/claim/expires", "2026-01-02T12:00:00Z");
    check_stopped(&site.boot().await, 13, "the claim expired at 2026-01-02");
    assert_eq!(fleet.state().asked, 0);
}

// provisioning-2.1
#[tokio::test]
async fn a_claim_that_the_cloud_finds_expired_is_told() {
    let fleet = Fleet::with(&[SERIAL], Claims { days: -1 }).await;
    let site = Site::new(&fleet, SERIAL).await;
    check_stopped(&site.boot().await, 13, "CertificateExpired");
    assert!(site.path("claim-key.pem").exists());
}

// provisioning-2.2
#[tokio::test]
async fn a_claim_serves_one_box_only() {
    let (fleet, first) = day_one().await;
    let second = Site::new(&fleet, SERIAL).await;
    assert_eq!(first.boot().await.code, Some(0));
    check_stopped(
        &second.boot().await,
        13,
        "the pre-provisioning hook refused",
    );
    assert_eq!(second.report()["code"], 13);
    assert_eq!(fleet.state().things[THING].len(), 1);
}

// provisioning-2.2
#[tokio::test]
async fn a_box_that_nobody_expects_is_refused() {
    let (fleet, _) = day_one().await;
    let stranger = Site::new(&fleet, "NUC-6666").await;
    check_stopped(&stranger.boot().await, 13, "refuses membership");
}

// provisioning-2.7
#[tokio::test]
async fn a_box_that_the_cloud_calls_otherwise_stops() {
    let (_fleet, mut site) = day_one().await;
    site.set("/box", "box-9");
    let says = "the cloud calls this box box-1, its image box-9";
    check_stopped(&site.boot().await, 13, says);
    assert!(!site.path("provisioning/thing/cert.pem").exists());
}

// provisioning-2.3
#[tokio::test]
async fn a_clock_before_the_image_is_wrong() {
    let (_fleet, mut site) = day_one().await;
    site.set("/built_at", "2096-01-01T00:00:00Z");
    check_stopped(&site.boot().await, 11, "the image was made at 2096");
}

// provisioning-2.3
#[tokio::test]
async fn a_clock_that_others_contradict_is_wrong() {
    let (_fleet, mut site) = day_one().await;
    let port = page_of("Mon, 01 Jan 2035 00:00:00 GMT").await;
    site.set("/internet/server/port", port);
    check_stopped(&site.boot().await, 11, "says 2035-01-01T00:00:00Z");
}

// provisioning-2.4
#[tokio::test]
async fn a_network_without_names_is_told() {
    let (_fleet, mut site) = day_one().await;
    site.set("/cloud/data/host", "no-such-endpoint.invalid");
    check_stopped(
        &site.boot().await,
        12,
        "no-such-endpoint.invalid cannot be resolved",
    );
}

// provisioning-2.4
#[tokio::test]
async fn a_captive_portal_is_recognised() {
    let (fleet, mut site) = day_one().await;
    let login = "<html><title>Welcome! Please accept our terms</title></html>";
    let port = page(StatusCode::OK, login).await;
    site.set("/internet/server/port", port);
    let boot = site.boot().await;
    check_stopped(&boot, 12, "a captive portal answers");
    assert!(boot.said.contains("MAC address"), "{}", boot.said);
    assert_eq!(fleet.state().asked, 0);
}

// provisioning-2.4
#[tokio::test]
async fn somebody_who_opens_tls_is_not_the_cloud() {
    let (_fleet, mut site) = day_one().await;
    let other = Fleet::with(&[], GOOD).await;
    let roots = other.file("ca.pem").display().to_string();
    site.set("/cloud/root_ca", roots);
    check_stopped(&site.boot().await, 12, "no trustworthy way");
}

/// A boot with a claim whose policy lacks something.
async fn boot_denied(kind: &str, topic: &str) -> Boot {
    let fleet = Fleet::denying(&[SERIAL], GOOD, &[(kind, topic)]).await;
    let site = Site::new(&fleet, SERIAL).await;
    site.boot().await
}

// provisioning-2.5
#[tokio::test]
async fn a_policy_that_is_too_narrow_is_named_by_its_action() {
    let create = "$aws/certificates/create-from-csr/json";
    let answer = format!("{create}/accepted");
    let boot = boot_denied("subscribeLiteral", &answer).await;
    check_stopped(
        &boot,
        14,
        &format!("lacks iot:Subscribe on topicfilter/{answer}"),
    );
    let boot = boot_denied("publishClientSend", create).await;
    check_stopped(&boot, 14, &format!("lacks iot:Publish on topic/{create}"));
    let provision = "$aws/provisioning-templates/hotel-edge/provision/json";
    let boot = boot_denied("publishClientSend", provision).await;
    check_stopped(
        &boot,
        14,
        &format!("lacks iot:Publish on topic/{provision}"),
    );
}

// provisioning-2.5
#[tokio::test]
async fn a_policy_that_lets_nothing_be_heard_is_named_too() {
    let create = "$aws/certificates/create-from-csr/json";
    let boot = boot_denied("publishClientReceive", &format!("{create}/accepted")).await;
    let lacks = format!("lacks iot:Publish on topic/{create}, or iot:Receive on its answers");
    check_stopped(&boot, 14, &lacks);
}

// provisioning-2.6
#[tokio::test]
async fn a_machine_that_is_too_small_is_told() {
    let (fleet, mut site) = day_one().await;
    site.set("/needs/memory_mb", 1_000_000_000);
    check_stopped(&site.boot().await, 10, "MB of memory, and needs 1000000000");
    assert_eq!(fleet.state().asked, 0);
}

// provisioning-1.4
#[tokio::test]
async fn a_deployment_that_does_not_come_is_waited_for_again() {
    let (_fleet, mut site) = day_one().await;
    let good = site.get("/deployment/components/uplink/port");
    let port = page(StatusCode::SERVICE_UNAVAILABLE, "{}").await;
    site.set("/deployment/components/uplink/port", port);
    check_stopped(&site.boot().await, 15, "not ready within 1s: uplink");
    assert_eq!(site.report()["done"], false);
    site.set("/deployment/components/uplink/port", good);
    assert_eq!(site.boot().await.code, Some(0));
    assert_eq!(site.report()["done"], true);
}

/// A nucleus that does not start is told with its own words; the next run starts it.
// provisioning-1.3
#[tokio::test]
async fn a_nucleus_that_does_not_start_is_told() {
    let (_fleet, mut site) = day_one().await;
    let start = site.get("/nucleus/start");
    site.set("/nucleus/start", vec!["ls", "/no/such/nucleus"]);
    check_stopped(&site.boot().await, 17, "/no/such/nucleus");
    site.set("/nucleus/start", start);
    assert_eq!(site.boot().await.code, Some(0));
    let config = fs::read_to_string(site.path("greengrass/config.yaml")).unwrap();
    assert!(config.contains("thingName: \"box-1\""), "{config}");
}
