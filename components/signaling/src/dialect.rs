//! Reading and writing messages, in today's words and in those of earlier clients.
//!
//! An earlier client is known by its first message, and spoken to in its own words from then on.
//! Reading accepts both from everybody: the other names are aliases in [`wire::signaling`]. Several
//! candidates in one message (`iceCandidates`) become several messages.

use serde_json::{Map, Value, json};
use wire::signaling::{
    Candidate, ClientMessage, Dialect, IceCandidate, Join, MESSAGE_MAX, Sdp, ServerMessage,
};
use wire::{Code, Problem, decode, encode};

use crate::syntax;

/// Names of earlier clients for fields of ours.
const EARLIER: &[(&str, &str)] = &[
    ("to", "toDeviceId"),
    ("from", "fromDeviceId"),
    ("connection", "connectionId"),
    ("sdp", "sdi"),
    ("property", "propertyId"),
    ("device_type", "deviceType"),
    ("ice_servers", "iceServers"),
];

/// The dialect of whoever begins with `text`.
pub(crate) fn of(text: &str) -> Dialect {
    let first: Value = serde_json::from_str(text).unwrap_or_default();
    let earlier = first["type"] == "device-registered"
        || ["tenantId", "deviceId"]
            .iter()
            .any(|key| first.get(key).is_some());
    if earlier {
        Dialect::Earlier
    } else {
        Dialect::Canonical
    }
}

/// Reads what a client said; the problem names the field at fault.
pub(crate) fn read(text: &str) -> Result<Vec<ClientMessage>, Problem> {
    if text.len() > MESSAGE_MAX {
        let detail = format!("{} bytes are more than {MESSAGE_MAX}", text.len());
        return Err(Problem::new(Code::TooLarge, detail));
    }
    let message: ClientMessage =
        decode(text.as_bytes()).map_err(|problem| explained(text, problem))?;
    match message {
        ClientMessage::Offer(_) | ClientMessage::Answer(_) | ClientMessage::IceCandidate(_) => {
            with_candidates(text, message)
        }
        ClientMessage::Join(_)
        | ClientMessage::GetIceServers
        | ClientMessage::Ping(_)
        | ClientMessage::Leave => Ok(vec![message]),
    }
}

/// Finds the field at fault: a decoder that chooses by `type` has lost it.
fn explained(text: &str, problem: Problem) -> Problem {
    let fields = match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) => return problem.at("type"),
        Err(_) => {
            return Problem {
                field: None,
                ..problem
            };
        }
    };
    let Some(Value::String(kind)) = fields.get("type") else {
        return problem.at("type");
    };
    let bytes = text.as_bytes();
    let precise = match kind.as_str() {
        "join" | "device-registered" => decode::<Join>(bytes).err(),
        "offer" | "answer" => decode::<Sdp>(bytes).err(),
        "ice-candidate" | "iceCandidate" => decode::<Candidate>(bytes).err(),
        "ping" => None,
        _ => return problem.at("type"),
    };
    located(precise.unwrap_or(problem))
}

/// Names the field that is missing, which a decoder says in words only.
pub(crate) fn located(problem: Problem) -> Problem {
    match (&problem.field, missing(&problem.detail)) {
        (None, Some(field)) => problem.at(field),
        (Some(_) | None, _) => problem,
    }
}

/// The field whose absence a decoder complains of: it says "missing field `name` at …".
fn missing(detail: &str) -> Option<String> {
    let (_, rest) = detail.split_once("missing field `")?;
    let (field, _) = rest.split_once('`')?;
    Some(field.to_owned())
}

/// Takes the candidates out of `iceCandidates`, if there are any.
fn with_candidates(text: &str, message: ClientMessage) -> Result<Vec<ClientMessage>, Problem> {
    let fields: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(list) = fields.get("iceCandidates") else {
        return Ok(vec![message]);
    };
    let candidates: Vec<IceCandidate> = serde_json::from_value(list.clone())
        .map_err(|error| Problem::new(Code::Malformed, error.to_string()).at("iceCandidates"))?;
    syntax::candidates(&candidates)?;
    let (first, like) = match message {
        ClientMessage::Offer(ref sdp) | ClientMessage::Answer(ref sdp) => {
            let like = Candidate {
                to: sdp.to.clone(),
                from: None,
                connection: sdp.connection,
                negotiation: sdp.negotiation,
                candidate: None,
            };
            (Some(message), like)
        }
        ClientMessage::IceCandidate(candidate) if candidates.is_empty() => {
            return Ok(vec![ClientMessage::IceCandidate(candidate)]);
        }
        ClientMessage::IceCandidate(candidate) => (None, candidate),
        other => return Ok(vec![other]),
    };
    let candidate = |candidate| {
        ClientMessage::IceCandidate(Candidate {
            candidate: Some(candidate),
            ..like.clone()
        })
    };
    Ok(first
        .into_iter()
        .chain(candidates.into_iter().map(candidate))
        .collect())
}

/// Writes what the server says.
pub(crate) fn write(message: &ServerMessage, dialect: Dialect) -> String {
    let text = match dialect {
        Dialect::Canonical => encode(message),
        Dialect::Earlier => encode(&earlier(message)),
    };
    String::from_utf8(text).expect("JSON is text")
}

fn earlier(message: &ServerMessage) -> Value {
    match message {
        ServerMessage::PeerJoined { peer } => {
            let mut fields = peer_fields(json!(peer));
            fields.insert("type".to_owned(), json!("device-online"));
            Value::Object(fields)
        }
        ServerMessage::PeerLeft { peer, reason } => {
            json!({ "type": "device-offline", "deviceId": peer, "reason": reason })
        }
        ServerMessage::Offer(_) | ServerMessage::Answer(_) => {
            let mut fields = renamed(json!(message));
            fields.insert("iceCandidates".to_owned(), json!([]));
            Value::Object(fields)
        }
        ServerMessage::IceCandidate(candidate) => {
            let mut fields = renamed(json!(message));
            fields.insert("type".to_owned(), json!("iceCandidate"));
            let list = json!(candidate.candidate.as_slice());
            fields.insert("iceCandidates".to_owned(), list);
            Value::Object(fields)
        }
        ServerMessage::IceServers(_) => {
            let mut fields = renamed(json!(message));
            fields.insert("type".to_owned(), json!("iceServers"));
            Value::Object(fields)
        }
        ServerMessage::Welcome(welcome) => {
            let mut fields = renamed(json!(message));
            let peers = welcome.peers.iter().map(|peer| peer_fields(json!(peer)));
            fields.insert("peers".to_owned(), peers.map(Value::Object).collect());
            let you = peer_fields(json!(welcome.you));
            fields.insert("you".to_owned(), Value::Object(you));
            Value::Object(fields)
        }
        ServerMessage::Undeliverable(_) => Value::Object(renamed(json!(message))),
        ServerMessage::Challenge(_)
        | ServerMessage::Pong(_)
        | ServerMessage::Problem { .. }
        | ServerMessage::GoAway { .. } => json!(message),
    }
}

fn peer_fields(peer: Value) -> Map<String, Value> {
    let mut fields = renamed(peer);
    if let Some(id) = fields.remove("id") {
        fields.insert("deviceId".to_owned(), id);
    }
    fields
}

fn renamed(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else {
        return Map::new();
    };
    let name = |name: String| {
        let earlier = EARLIER.iter().find(|(ours, _)| *ours == name);
        earlier.map_or(name, |(_, theirs)| (*theirs).to_owned())
    };
    let fields = fields.into_iter();
    fields.map(|(key, value)| (name(key), value)).collect()
}

#[cfg(test)]
mod tests;
