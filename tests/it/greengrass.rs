//! Components below a Greengrass nucleus: configuration, readiness, updates, crashes, and a nucleus that
//! is gone. The components, their supervisor and the broker are real; the nucleus speaks the protocol.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use hotel_tests::client::Client;
use hotel_tests::deployed::{Deployed, runs};
use hotel_tests::doors::petition;
use hotel_tests::hotel::LIMIT;
use hotel_tests::nucleus::{Kind, Nucleus};
use hotel_tests::page::passport;
use hotel_tests::vprinter::{Paper, Printer, Settings};
use hotel_tests::{Hotel, Plan, eventually};
use kit::clock::{Clock, later};
use kit::identity::Identity;
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::Component;
use wire::credential::Role;
use wire::gateway::{DeviceState, Executed, Outcome, STATE};
use wire::print::{JOB, Job, JobState, SUBMIT};

const UPLINK: &str = "uplink";
const IOT_GATEWAY: &str = "iot-gateway";
const DEVICE_PROXY: &str = "device-proxy";
const LOCK: &str = "room-101-lock";
/// How long the box may take to answer on the bus.
const WAIT: Duration = Duration::from_secs(5);
/// Exit codes of `kit::lifecycle::exit`.
const STOPPED: Option<i32> = Some(0);
const FAILED: Option<i32> = Some(1);
const ORPHANED: Option<i32> = Some(77);
const CONFIGURATION: Option<i32> = Some(78);

/// A hotel's broker, and the place of one component beside it.
struct Stage {
    hotel: Hotel,
    home: TempDir,
}

impl Stage {
    fn set() -> Self {
        Self::with(&["broker"])
    }

    fn with(only: &[&str]) -> Self {
        Self {
            hotel: Hotel::up(Plan { rooms: 1, only }),
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn data(&self) -> PathBuf {
        let data = self.home.path().join("data");
        fs::create_dir_all(&data).unwrap();
        data
    }

    fn configuration(&self, component: &str) -> Value {
        let mut configuration = self.hotel.configuration(component, &self.data());
        // As a classic nucleus may write numbers.
        if let Some(port) = configuration["broker"]["port"].as_str() {
            configuration["broker"]["port"] = json!(port.parse::<f64>().unwrap());
        }
        configuration
    }

    fn nucleus(&self, kind: Kind, component: &str) -> Nucleus {
        Nucleus::start(kind, self.configuration(component))
    }

    fn start(&self, nucleus: &Nucleus, component: &str) -> Deployed {
        Deployed::start(nucleus, component, &self.data())
    }

    /// What is kept as the last good configuration.
    fn kept(&self) -> Option<Value> {
        let text = fs::read(self.data().join("configuration.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }

    async fn kept_something(&self) {
        eventually("a good configuration is kept", LIMIT, || async {
            self.kept().map(|_| ())
        })
        .await;
    }
}

async fn told(nucleus: &Nucleus, states: &[&str]) {
    eventually(
        &format!("the nucleus was told {states:?}"),
        LIMIT,
        || async { (nucleus.told() == states).then_some(()) },
    )
    .await;
}

/// Waits until both, the component and its supervisor, are connected.
async fn attended(nucleus: &Nucleus) {
    eventually("component and supervisor are connected", LIMIT, || async {
        (nucleus.connected() == 2).then_some(())
    })
    .await;
}

// greengrass-2.1, greengrass-3.1
#[tokio::test]
async fn a_component_takes_its_configuration_from_the_nucleus_and_tells_it_when_it_works() {
    let stage = Stage::set();
    for kind in [Kind::Classic, Kind::Lite] {
        let nucleus = stage.nucleus(kind, UPLINK);
        let mut uplink = stage.start(&nucleus, UPLINK);
        told(&nucleus, &["RUNNING"]).await;
        uplink.signal(Signal::TERM);
        assert_eq!(uplink.ended().await, STOPPED);
        assert_eq!(nucleus.told(), ["RUNNING"]);
    }
}

// greengrass-2.2, greengrass-2.3
#[tokio::test]
async fn a_configuration_that_cannot_be_used_is_refused_by_name_and_the_last_good_one_works_on() {
    let stage = Stage::set();
    let nucleus = stage.nucleus(Kind::Classic, UPLINK);
    let mut uplink = stage.start(&nucleus, UPLINK);
    told(&nucleus, &["RUNNING"]).await;
    stage.kept_something().await;
    let good = stage.kept();

    // Refused while it runs: nothing ends.
    let program = uplink.program();
    nucleus.configure("/batch/age_ms", json!("soon"));
    uplink.wrote("configuration key batch.age_ms").await;
    assert_eq!(uplink.program(), program);
    assert_eq!(stage.kept(), good);

    // Refused at a start: the last good one is used, and the health of the component says so.
    uplink.signal(Signal::TERM);
    assert_eq!(uplink.ended().await, STOPPED);
    nucleus.renew_token();
    let uplink = stage.start(&nucleus, UPLINK);
    let health = readiness(&stage).await;
    assert!(health.contains("batch.age_ms is refused"), "{health}");
    assert!(!health.contains("soon"), "values are not shown: {health}");

    // Mended: the same process is content.
    let program = uplink.program();
    nucleus.configure("/batch/age_ms", json!("2000"));
    eventually("the component is ready", LIMIT, || async {
        let status = readiness(&stage).await;
        (!status.contains("refused")).then_some(())
    })
    .await;
    assert_eq!(uplink.program(), program);
}

/// The body of `/readyz`, whatever it says, as soon as there is one that names the configuration.
async fn readiness(stage: &Stage) -> String {
    let admin = &stage.hotel.places.admin[UPLINK];
    eventually("the component tells how it is", LIMIT, || async {
        let mut stream = TcpStream::connect((admin.host.as_str(), admin.port))
            .await
            .ok()?;
        let question =
            format!("GET /readyz HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n");
        stream.write_all(question.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        answer.contains("\"configuration\"").then_some(answer)
    })
    .await
}

// greengrass-2.6
#[tokio::test]
async fn a_configuration_with_which_no_start_succeeds_gives_way_to_the_last_good_one() {
    let stage = Stage::set();
    let nucleus = stage.nucleus(Kind::Classic, IOT_GATEWAY);
    let gateway = stage.start(&nucleus, IOT_GATEWAY);
    told(&nucleus, &["RUNNING"]).await;
    stage.kept_something().await;
    let good = stage.kept();
    attended(&nucleus).await;
    // Of the right form, and nowhere on Earth.
    nucleus.configure("/doors/time_zone", json!("Mars/Base"));
    gateway.wrote("failed 3 starts").await;
    attended(&nucleus).await;
    assert_eq!(stage.kept(), good);

    // A start for another reason does not try it again.
    let starts = || gateway.log().matches("the program starts").count();
    let before = starts();
    let killed = gateway.signal_program(Signal::KILL).await;
    eventually("the last good one is used again", LIMIT, || async {
        let fell_back = gateway.log().matches("failed 3 starts").count() == 2;
        (fell_back && gateway.program()? != killed).then_some(())
    })
    .await;
    attended(&nucleus).await;
    assert_eq!(starts(), before + 1, "{}", gateway.log());

    // Mended, it is taken up.
    nucleus.configure("/doors/time_zone", json!("Europe/Lisbon"));
    eventually("the new configuration is kept", LIMIT, || async {
        (stage.kept()?["doors"]["time_zone"] == "Europe/Lisbon").then_some(())
    })
    .await;
    assert_eq!(nucleus.told(), ["RUNNING"]);
}

// greengrass-2.4
#[tokio::test]
async fn a_first_configuration_that_cannot_be_used_fails_the_start() {
    let stage = Stage::set();
    let nucleus = stage.nucleus(Kind::Lite, UPLINK);
    nucleus.configure("/s3/bucket", json!(""));
    let mut uplink = stage.start(&nucleus, UPLINK);
    assert_eq!(uplink.ended().await, CONFIGURATION);
    assert_eq!(nucleus.told(), ["ERRORED"]);
    assert!(uplink.log().contains("s3.bucket"), "{}", uplink.log());
}

// greengrass-2.5
#[tokio::test]
async fn a_new_log_filter_is_applied_at_once_and_everything_else_by_a_start_below_the_nucleus() {
    let stage = Stage::set();
    let nucleus = stage.nucleus(Kind::Lite, UPLINK);
    let uplink = stage.start(&nucleus, UPLINK);
    told(&nucleus, &["RUNNING"]).await;
    attended(&nucleus).await;
    let before = uplink.program();
    nucleus.configure("/log", json!("uplink=debug,info"));
    uplink.wrote("log filter changed").await;
    assert_eq!(uplink.program(), before);

    nucleus.configure("/batch/age_ms", json!("3000"));
    eventually("the component has started again", LIMIT, || async {
        let program = uplink.program()?;
        (Some(program) != before).then_some(())
    })
    .await;
    eventually("the new one is kept", LIMIT, || async {
        (stage.kept()?["batch"]["age_ms"] == "3000").then_some(())
    })
    .await;
    // No business of the nucleus.
    assert_eq!(nucleus.told(), ["RUNNING"]);
}

// greengrass-3.2
#[tokio::test]
async fn a_component_that_is_killed_again_and_again_comes_back_below_the_nucleus() {
    let stage = Stage::set();
    let nucleus = stage.nucleus(Kind::Lite, UPLINK);
    let mut uplink = stage.start(&nucleus, UPLINK);
    told(&nucleus, &["RUNNING"]).await;
    // More often than any nucleus would bear in an hour.
    for _ in 0..5 {
        let killed = uplink.signal_program(Signal::KILL).await;
        eventually("another one runs", LIMIT, || async {
            (uplink.program()? != killed).then_some(())
        })
        .await;
    }
    attended(&nucleus).await;
    assert_eq!(nucleus.told(), ["RUNNING"]);
    uplink.signal(Signal::TERM);
    assert_eq!(uplink.ended().await, STOPPED);
}

// greengrass-3.3
#[tokio::test]
async fn a_program_never_outlives_its_supervisor() {
    let stage = Stage::set();
    let nucleus = stage.nucleus(Kind::Classic, UPLINK);
    let mut uplink = stage.start(&nucleus, UPLINK);
    told(&nucleus, &["RUNNING"]).await;
    let program = uplink.program().unwrap();
    uplink.signal(Signal::KILL);
    uplink.ended().await;
    eventually("the program is gone", LIMIT, || async {
        (!runs(program)).then_some(())
    })
    .await;
}

// greengrass-3.3
#[tokio::test]
async fn a_stop_takes_everything_along_that_the_program_started() {
    let stage = Stage::set();
    let nucleus = stage.nucleus(Kind::Lite, UPLINK);
    let script = "trap 'exit 0' TERM; sleep 1000 & echo child=$!; wait";
    let mut shell = Deployed::supervise(&nucleus, &stage.data(), &["/bin/sh", "-c", script]);
    shell.wrote("child=").await;
    let log = shell.log();
    let (_, child) = log.split_once("child=").unwrap();
    let child: u32 = child.lines().next().unwrap().parse().unwrap();
    assert!(runs(child));
    shell.signal(Signal::TERM);
    assert_eq!(shell.ended().await, STOPPED);
    eventually("the child is gone", LIMIT, || async {
        (!runs(child)).then_some(())
    })
    .await;
}

// greengrass-3.4
#[tokio::test]
async fn a_program_that_cannot_be_run_ends_the_start() {
    let stage = Stage::set();
    let nucleus = stage.nucleus(Kind::Classic, UPLINK);
    let mut nothing = Deployed::supervise(&nucleus, &stage.data(), &["/nowhere/uplink"]);
    assert_eq!(nothing.ended().await, CONFIGURATION);
    assert_eq!(nucleus.told(), ["ERRORED"]);
}

// greengrass-3.5
#[tokio::test]
async fn a_deployment_that_never_becomes_ready_fails_and_one_that_was_goes_on() {
    let stage = Stage::set();
    let nucleus = stage.nucleus(Kind::Lite, UPLINK);
    let mut deaf = Deployed::awaited(&nucleus, &stage.data(), 2, &["/bin/sleep", "1000"]);
    assert_eq!(deaf.ended().await, FAILED);
    assert_eq!(nucleus.told(), ["ERRORED"]);

    // Once it was ready, whatever keeps it from being so is not the deployment's fault.
    let ready = "if [ -e once ]; then exec sleep 1000; fi; touch once; \
        exec systemd-notify --ready";
    let program = ["/bin/sh", "-c", ready];
    let mut proven = Deployed::awaited(&nucleus, &stage.data(), 60, &program);
    told(&nucleus, &["ERRORED", "RUNNING"]).await;
    proven.signal(Signal::TERM);
    assert_eq!(proven.ended().await, STOPPED);
    let program = ["/bin/sh", "-c", "exec sleep 1000"];
    let mut again = Deployed::awaited(&nucleus, &stage.data(), 2, &program);
    told(&nucleus, &["ERRORED", "RUNNING", "RUNNING"]).await;
    again.signal(Signal::TERM);
    assert_eq!(again.ended().await, STOPPED);
}

// greengrass-4.1
#[tokio::test]
async fn a_nucleus_that_is_gone_ends_the_component_in_order_and_the_hotel_works_on() {
    let stage = Stage::set();
    let mut nucleus = stage.nucleus(Kind::Lite, UPLINK);
    let uplink = stage.start(&nucleus, UPLINK);
    told(&nucleus, &["RUNNING"]).await;
    stage.kept_something().await;
    attended(&nucleus).await;
    let before = uplink.program();
    nucleus.stop();
    uplink
        .wrote("started with the last good configuration")
        .await;
    assert_ne!(uplink.program(), before);
    assert!(uplink.log().contains("component stopped"), "not in order");

    // It knows the token still: it is followed again.
    nucleus.resume();
    attended(&nucleus).await;
}

// greengrass-4.2
#[tokio::test]
async fn a_nucleus_that_does_not_know_the_token_any_more_ends_the_whole_start() {
    let stage = Stage::set();
    let mut nucleus = stage.nucleus(Kind::Classic, UPLINK);
    let mut uplink = stage.start(&nucleus, UPLINK);
    told(&nucleus, &["RUNNING"]).await;
    attended(&nucleus).await;
    nucleus.stop();
    nucleus.renew_token();
    nucleus.resume();
    assert_eq!(uplink.ended().await, ORPHANED);
    assert!(nucleus.refused() > 0);
}

// greengrass-4.2
#[tokio::test]
async fn a_wrong_token_is_no_start() {
    let stage = Stage::set();
    let nucleus = stage.nucleus(Kind::Classic, UPLINK);
    let outdated = nucleus.environment();
    nucleus.renew_token();
    let mut uplink = Deployed::with(&outdated, &nucleus, UPLINK, &stage.data());
    assert_eq!(uplink.ended().await, ORPHANED);
    assert_eq!(nucleus.told(), Vec::<String>::new());
}

// greengrass-5.1, greengrass-5.2
#[tokio::test]
async fn an_update_waits_for_a_print_that_is_in_flight() {
    let stage = Stage::set();
    let printer = Printer::start(Settings::default());
    let nucleus = stage.nucleus(Kind::Classic, DEVICE_PROXY);
    nucleus.configure(
        "/print",
        json!({
            "printers": { "pass": { "address": printer.address().to_string() } },
            "routes": { "kitchen": { "printers": ["pass"] } },
        }),
    );
    let _proxy = stage.start(&nucleus, DEVICE_PROXY);
    told(&nucleus, &["RUNNING"]).await;
    eventually("the component listens to updates", LIMIT, || async {
        (nucleus.listeners() == 1).then_some(())
    })
    .await;

    nucleus.announce_update("while-idle");
    assert_eq!(answer(&nucleus, "while-idle", 0).await, 0);

    let operator = stage.hotel.client("edgectl").await;
    submit(&operator, 1).await;
    comes_to(&operator, 1, &JobState::Done).await;
    printer.load_lines(1);
    submit(&operator, 2).await;
    comes_to(&operator, 2, &JobState::Printing).await;
    nucleus.announce_update("while-printing");
    assert!(answer(&nucleus, "while-printing", 0).await > 0);

    printer.set_paper(Paper::Enough);
    comes_to(&operator, 2, &JobState::Done).await;
    nucleus.announce_update("while-printing");
    assert_eq!(answer(&nucleus, "while-printing", 1).await, 0);
    operator.end().await;
}

// greengrass-5.1, greengrass-5.2
#[tokio::test]
async fn an_update_waits_for_a_bolt_that_is_turned() {
    let stage = Stage::with(&["broker", "hotel-sim"]);
    let nucleus = stage.nucleus(Kind::Classic, IOT_GATEWAY);
    let _gateway = stage.start(&nucleus, IOT_GATEWAY);
    told(&nucleus, &["RUNNING"]).await;
    eventually("the component listens to updates", LIMIT, || async {
        (nucleus.listeners() == 1).then_some(())
    })
    .await;
    let authority = Identity::load(&stage.hotel.identity_dir("authority")).unwrap();
    let desk = passport(&authority, "front-desk-1", Role::FrontDesk, None);
    let carrier = stage.hotel.client("device-proxy").await;
    eventually("the lock is online", LIMIT, || async {
        let (operation, lock) = (STATE.parse().unwrap(), json!({ "device": LOCK }));
        let bus = &carrier.bus;
        let asked = bus.request(Component::IotGateway, &operation, lock, WAIT);
        let of_lock: DeviceState = asked.await.ok()?;
        of_lock.online.then_some(())
    })
    .await;

    let frozen = stage.hotel.freeze("hotel-sim").await;
    let expires_at = later(Clock::system().wall(), LIMIT / 2);
    let wanted = petition(&desk, LOCK, "unlock", expires_at);
    let id = wanted.execution.to_string().parse().unwrap();
    let bus = &carrier.bus;
    let turned = bus.request_as(id, Component::IotGateway, &wanted.operation, &wanted, LIMIT);
    let update = async {
        let mut asked = 0;
        // Until the petition has reached the gateway, nothing is in flight.
        while answered_anew(&nucleus, "while-turning", asked).await == 0 {
            asked += 1;
        }
        drop(frozen);
    };
    let (executed, ()) = tokio::join!(turned, update);
    let executed: Executed = executed.unwrap();
    assert_eq!(executed.outcome, Outcome::Succeeded);
    assert_eq!(answered_anew(&nucleus, "when-done", 0).await, 0);
    carrier.end().await;
}

/// Announces an update that was announced `earlier` times; the answer.
async fn answered_anew(nucleus: &Nucleus, deployment: &str, earlier: usize) -> i64 {
    nucleus.announce_update(deployment);
    answer(nucleus, deployment, earlier).await
}

/// The answer to a deployment after `earlier` ones: when to ask again.
async fn answer(nucleus: &Nucleus, deployment: &str, earlier: usize) -> i64 {
    eventually("the update is answered", LIMIT, || async {
        let answers = nucleus.deferrals();
        let mut of = answers.iter().filter(|it| it.deployment == deployment);
        of.nth(earlier).map(|it| it.recheck_ms)
    })
    .await
}

fn id(number: u32) -> String {
    format!("01941f29-7c00-7000-8000-{number:012x}")
}

async fn submit(operator: &Client, number: u32) {
    let line = json!({ "kind": "text", "text": format!("Ticket {number}.") });
    let lines: Vec<_> = (0..4).map(|_| line.clone()).collect();
    let receipt = json!({
        "v": 1, "job": id(number), "route": "kitchen",
        "document": { "kind": "receipt", "lines": lines },
    });
    eventually("the job is taken", LIMIT, || async {
        let operation = SUBMIT.parse().unwrap();
        let bus = &operator.bus;
        let asked = bus.request(Component::DeviceProxy, &operation, receipt.clone(), WAIT);
        let taken: Result<Job, _> = asked.await;
        taken.ok()
    })
    .await;
}

async fn comes_to(operator: &Client, number: u32, state: &JobState) {
    eventually(&format!("the job is {state:?}"), LIMIT, || async {
        let operation = JOB.parse().unwrap();
        let bus = &operator.bus;
        let body = json!({ "job": id(number) });
        let asked = bus.request(Component::DeviceProxy, &operation, body, WAIT);
        let job: Job = asked.await.ok()?;
        (job.state == *state).then_some(())
    })
    .await;
}
