use serde_json::{Value, json};

use super::*;

pub(crate) fn good() -> Value {
    json!({
        "v": 1, "model": "room-allocation", "version": 3,
        "inputs": [{ "name": "features", "datatype": "FP32", "shape": [-1, 2], "least": 0, "most": 1 }],
        "outputs": [{ "name": "score", "datatype": "FP32", "shape": [-1, 1], "least": 0, "most": 1 }],
        "batch_max": 4, "budget": { "latency_ms": 20, "rss_mb": 100 }, "tolerance": 1e-5,
        "quality": { "anything": 1 },
    })
}

pub(crate) fn manifest() -> Manifest {
    Manifest::read(&wire::encode(&good())).unwrap()
}

#[track_caller]
fn check_refused(pointer: &str, value: Value, field: &str) {
    let mut manifest = good();
    *manifest.pointer_mut(pointer).unwrap() = value;
    let error = Manifest::read(&wire::encode(&manifest)).unwrap_err();
    assert_eq!(error.field, field, "{error}");
}

#[test]
fn what_a_manifest_must_not_say_is_named() {
    check_refused("/v", json!(2), "v");
    check_refused("/version", json!(0), "version");
    check_refused("/model", json!("../etc"), "model");
    check_refused("/inputs", json!([]), "inputs");
    check_refused("/inputs/0/datatype", json!("BYTES"), "inputs[0].datatype");
    for shape in [
        json!([2, 2]),
        json!([-1]),
        json!([-1, -1]),
        json!([-1, 0]),
        json!([-1, 1_000_000_000_000_u64]),
        json!([-1, i64::MAX, i64::MAX]),
    ] {
        check_refused("/inputs/0/shape", shape, "inputs[0].shape");
    }
    check_refused("/outputs/0/least", json!(2), "outputs[0].least");
    check_refused("/batch_max", json!(0), "batch_max");
    check_refused("/batch_max", json!(1_000_000), "inputs[0].shape");
    check_refused("/budget/latency_ms", json!(0), "budget.latency_ms");
    check_refused("/budget/rss_mb", json!(4_096), "budget.rss_mb");
    check_refused("/tolerance", json!(1), "tolerance");
}
