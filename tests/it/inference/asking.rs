//! Questions: what is understood, what is refused and how, and that nothing of a guest's text is
//! seen anywhere.

use futures_util::future::join_all;
use hotel_tests::hotel::LIMIT;
use hotel_tests::network::Network;
use hotel_tests::{Hotel, eventually};
use kit::bus::RequestError;
use serde_json::{Value, json};

use super::PARTS;
use super::house::{self, House, http};

/// A text that is nowhere else.
const CANARY: &str = "Zanzibarquokka";

// inference-5.1, inference-5.2
#[tokio::test]
async fn messages_are_read_and_rooms_are_ranked_on_the_bus() {
    let house = House::up().await;
    let text = json!({ "text": "The soup came cold and the coffee was terrible" });
    let read = house.ask("message", text).await.unwrap();
    assert_eq!(read["sentiment"], "negative", "{read}");
    assert_eq!(read["topic"], "food", "{read}");
    assert_eq!(
        (&read["version"], &read["degraded"]),
        (&json!(1), &json!(false))
    );

    let allocated = house.ask("allocate", house::reservation()).await.unwrap();
    let order = |place: usize| &allocated["rooms"][place];
    assert_eq!(order(0)["room"], "room-102", "{allocated}");
    assert_eq!(order(2)["room"], "room-103", "{allocated}");
    assert_eq!(order(2)["fits"], false, "{allocated}");
    assert_eq!(allocated["degraded"], false);
    // What device-proxy may not ask does not reach the component.
    let denied = house.ask("models", json!({})).await;
    assert!(
        matches!(denied, Err(RequestError::Publish(_))),
        "{denied:?}"
    );
}

// inference-6.1
#[tokio::test]
async fn nothing_of_a_guests_text_is_logged_or_measured_or_told_back() {
    let house = House::up().await;
    let long = format!("{CANARY} ").repeat(300);
    for body in [
        json!({ "text": format!("{CANARY} was here") }),
        json!({ "text": long }),
        json!({ "text": [CANARY] }),
        json!({ "text": { CANARY: 1 } }),
        json!(CANARY),
        json!({ "text": format!("{CANARY}\u{0}\n\u{1b}[31m{CANARY}") }),
    ] {
        match house.ask("message", body).await {
            Ok(read) => assert!(!read.to_string().contains(CANARY), "{read}"),
            Err(RequestError::Problem(problem)) => {
                assert!(!problem.to_string().contains(CANARY), "{problem}");
            }
            Err(other) => panic!("{other}"),
        }
    }
    let body = json!({ "inputs": CANARY, "id": CANARY }).to_string();
    let path = "/v2/models/guest-message/infer";
    let (status, told) = http(&house.address(), "POST", path, &body).await;
    assert_eq!(status, 400);
    assert!(!told.to_string().contains(CANARY), "{told}");
    assert!(!house.log().contains(CANARY));
    let admin = house.hotel.places.admin["inference"].clone();
    let output = std::process::Command::new("curl")
        .args(["--silent", &format!("http://{admin}/metrics")])
        .output()
        .unwrap();
    let metrics = String::from_utf8(output.stdout).unwrap();
    assert!(metrics.contains("inference_requests_total"), "{metrics}");
    assert!(!metrics.contains(CANARY));
}

/// A request with one of its values replaced.
fn tensor(pointer: &str, value: Value) -> String {
    let mut body = json!({ "outputs": [], "parameters": {}, "inputs": [{
        "name": "features", "datatype": "FP32", "shape": [1, 16], "data": vec![0.5; 16],
        "parameters": {},
    }] });
    *body.pointer_mut(pointer).unwrap() = value;
    body.to_string()
}

fn good() -> String {
    tensor("/parameters", json!({}))
}

/// What is wrong where, and how it is refused by which name.
fn wrong() -> Vec<(&'static str, Value, u16, &'static str)> {
    let input =
        json!({ "name": "features", "datatype": "FP32", "shape": [1, 16], "data": vec![0.5; 16] });
    vec![
        ("/inputs/0/name", json!("x"), 422, "inputs[0].name"),
        ("/inputs", json!([]), 422, "inputs"),
        ("/inputs", json!(7), 400, "inputs"),
        ("/inputs", json!([input, input]), 422, "inputs[1].name"),
        (
            "/inputs/0/datatype",
            json!("FP64"),
            422,
            "inputs[0].datatype",
        ),
        ("/inputs/0/shape", json!([1, 15]), 422, "inputs[0].shape"),
        ("/inputs/0/shape", json!([-1, 16]), 422, "inputs[0].shape"),
        ("/inputs/0/shape", json!([0, 16]), 422, "inputs[0].shape"),
        ("/inputs/0/shape", json!([61, 16]), 422, "inputs[0].shape"),
        (
            "/inputs/0/shape",
            json!([i64::MAX, 16]),
            422,
            "inputs[0].shape",
        ),
        ("/inputs/0/shape", json!([2, 16]), 422, "inputs[0].data"),
        ("/inputs/0/data", json!([]), 422, "inputs[0].data"),
        ("/inputs/0/data/3", json!(1.5), 422, "inputs[0].data[3]"),
        ("/inputs/0/data/3", json!(-1e300), 422, "inputs[0].data[3]"),
        ("/inputs/0/data/3", json!("0.5"), 400, "inputs[0].data[3]"),
        ("/inputs/0/data/3", json!(null), 400, "inputs[0].data[3]"),
        ("/outputs", json!([{ "name": "x" }]), 422, "outputs[0].name"),
        (
            "/inputs/0/parameters",
            json!({ "binary_data_size": 64 }),
            422,
            "inputs[0].parameters.binary_data_size",
        ),
    ]
}

// inference-1.3, inference-1.4
#[tokio::test]
async fn what_a_model_cannot_take_is_refused_by_the_name_of_its_field() {
    let house = House::up().await;
    let path = "/v2/models/room-allocation/infer";
    for (pointer, value, status, field) in wrong() {
        let body = tensor(pointer, value);
        let (found, told) = http(&house.address(), "POST", path, &body).await;
        assert_eq!(
            (found, &told["field"]),
            (status, &json!(field)),
            "{body} {told}"
        );
        assert!(told["error"].is_string(), "{told}");
    }
    let nested = tensor("/inputs/0/data", json!([vec![0.5; 16]]));
    let large = format!("{{\"id\":\"{}\"}}", "x".repeat(300_000));
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let not_a_number = good().replace("0.5", "NaN");
    for (body, status) in [
        (nested.as_str(), 200),
        (large.as_str(), 413),
        (deep.as_str(), 413),
        (not_a_number.as_str(), 400),
        ("", 400),
        ("{", 400),
    ] {
        let (found, told) = http(&house.address(), "POST", path, body).await;
        assert_eq!(found, status, "{told}");
        assert!(status == 200 || told["field"].is_string(), "{told}");
    }
    let good = good();
    for (path, status) in [
        ("/v2/models/nobody/infer", 404),
        ("/v2/models/room-allocation/versions/7/infer", 404),
        ("/v2/models/..%2f..%2fetc/infer", 404),
        ("/v2/models/room-allocation/versions/1/infer", 200),
        ("/v1/models", 404),
    ] {
        let (found, told) = http(&house.address(), "POST", path, &good).await;
        assert_eq!(found, status, "{path} {told}");
    }
}

// inference-1.5, inference-1.6
#[tokio::test]
async fn who_comes_to_a_full_queue_is_told_at_once_and_what_is_late_is_not_computed() {
    let house = House::up().await;
    // Each run takes some tens of milliseconds, within its own budget.
    house.offer("busy", 2, 8.0);
    house.serves(2).await;
    let address = house.address();
    let body = |timeout: u64| tensor("/parameters", json!({ "timeout": timeout }));
    let path = "/v2/models/room-allocation/infer";
    let (within_a_second, at_once) = (body(1_000_000), body(1_000));
    let asked = (0..200).map(|_| http(&address, "POST", path, &within_a_second));
    let statuses: Vec<u16> = join_all(asked)
        .await
        .into_iter()
        .map(|(status, _)| status)
        .collect();
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    // Some get a place that others leave meanwhile.
    assert!(count(429) >= 1, "{statuses:?}");
    assert!(count(200) >= 1, "{statuses:?}");
    assert_eq!(count(200) + count(429) + count(504), 200, "{statuses:?}");

    // A run is ended at its deadline, and the next one is not held up by it.
    let (status, told) = http(&address, "POST", path, &at_once).await;
    assert_eq!(
        (status, &told["code"]),
        (504, &json!("timed-out")),
        "{told}"
    );
    eventually("the model answers again", LIMIT, || async {
        let (status, _) = http(&address, "POST", path, &within_a_second).await;
        (status == 200).then_some(())
    })
    .await;
}

// inference-1.6
#[tokio::test]
async fn a_model_that_was_quick_and_is_not_any_more_is_ended_at_the_deadline() {
    let house = House::up().await;
    house.offer("later-endless", 2, 0.5);
    house.serves(2).await;
    let address = house.address();
    let path = "/v2/models/room-allocation/infer";
    let quick = tensor("/inputs/0/data", json!(vec![0.05; 16]));
    let endless = tensor("/inputs/0/data", json!(vec![0.5; 16]));
    let address = &address;
    let ask = |body: String| async move { http(address, "POST", path, &body).await };
    for _ in 0..3 {
        // Enough of them that whoever asks computes.
        for _ in 0..40 {
            assert_eq!(ask(quick.clone()).await.0, 200);
        }
        let (status, told) = ask(endless.clone()).await;
        assert_eq!(
            (status, &told["code"]),
            (504, &json!("timed-out")),
            "{told}"
        );
    }
    assert_eq!(ask(quick).await.0, 200);
}

// inference-1.7
#[tokio::test]
async fn elsewhere_than_on_loopback_only_known_programs_are_answered_over_tls() {
    let Ok(network) = Network::offline("models") else {
        return;
    };
    let hotel = Hotel::up_in(network, PARTS);
    let at = hotel.listener("inference", "listener");
    let curl = |scheme: &str, certificate: Option<&str>| {
        let mut command = hotel.command("curl");
        command.args(["--silent", "--insecure", "--output", "/dev/null"]);
        command.args(["--write-out", "%{http_code}"]);
        if let Some(name) = certificate {
            let dir = hotel.identity_dir(name);
            command.arg("--cert").arg(dir.join("cert.pem"));
            command.arg("--key").arg(dir.join("key.pem"));
        }
        let output = command.arg(format!("{scheme}://{at}/v2")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    eventually("it serves", LIMIT, || async {
        (curl("https", Some("console")) == "200").then_some(())
    })
    .await;
    assert_eq!(curl("https", Some("edgectl")), "200");
    assert_eq!(curl("https", None), "401");
    assert_eq!(curl("https", Some("room-101-thermostat")), "403");
    assert_eq!(curl("http", None), "000");
}
