//! What is asked of `inference`, as it is written.

use serde_json::json;

use super::Form;
use super::pages::said;
use crate::inference::{
    Allocate, Allocated, Infer, InferRequest, InferResponse, Message, MessageRead, Models,
};

pub(super) fn all() -> Vec<Form> {
    let tokens = json!({
        "name": "tokens", "datatype": "INT64", "shape": [1, 4], "data": [17, 4095, 0, 0],
    });
    let request = json!({
        "id": "42", "inputs": [tokens], "outputs": [{ "name": "sentiment" }],
    });
    vec![
        said::<InferRequest>("inference-request", &request),
        said::<Infer>(
            "inference-infer",
            &json!({ "model": "guest-message", "version": "3", "request": request }),
        ),
        said::<InferResponse>(
            "inference-response",
            &json!({
                "model_name": "guest-message", "model_version": "3", "id": "42",
                "outputs": [{
                    "name": "sentiment", "datatype": "FP32", "shape": [1, 3],
                    "data": [0.25, 0.5, 0.25],
                }],
            }),
        ),
        said::<Models>(
            "inference-models",
            &json!({ "models": [{
                "name": "guest-message", "version": 3, "digest": "07".repeat(32), "previous": 2,
                "quarantined": [{ "version": 4, "reason": "latency: 31 ms are more than 20" }],
                "degraded": false,
            }] }),
        ),
        said::<Message>(
            "inference-message",
            &json!({ "text": "Lovely room, thank you" }),
        ),
        said::<MessageRead>(
            "inference-message-read",
            &json!({
                "sentiment": "positive", "score": 0.75, "topic": "room", "topic_score": 0.5,
                "model": "guest-message", "version": 3, "degraded": false,
            }),
        ),
        said::<Allocate>(
            "inference-allocate",
            &json!({
                "wishes": {
                    "guests": 2, "nights": 3, "category": 2, "beds": "twin", "accessible": false,
                    "quiet": true, "view": false, "high_floor": false, "near_lift": false,
                },
                "rooms": [{
                    "room": "room-101", "capacity": 2, "category": 2, "beds": "twin", "floor": 1,
                    "accessible": false, "quiet": true, "view": false, "near_lift": true,
                    "ready": true,
                }],
            }),
        ),
        said::<Allocated>(
            "inference-allocated",
            &json!({
                "rooms": [{ "room": "room-101", "score": 0.875, "fits": true }],
                "model": "room-allocation", "degraded": true,
            }),
        ),
    ]
}
