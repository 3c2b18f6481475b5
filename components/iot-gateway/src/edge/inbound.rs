//! Messages from the bus, as the rules take them.

use kit::bus::Delivery;
use kit::digest::sha256;
use wire::bound::{DEVICE_BODY_MAX, STATE_MAX};
use wire::device::{Ack, Birth, Event, Online, Reported, State, Telemetry};
use wire::topic::{DeviceSubject, DeviceWord, ServiceSubject, Subject};
use wire::{Capability, Code, Component, ExecutionId, Filter, Integer, Problem, PropertyId, Topic};

use crate::desired::Report;
use crate::effect::Asker;
use crate::gateway::{Input, Said};
use crate::presence::{self, Origin};
use crate::record::{Content, Message};
use crate::requests::Request;
use crate::stream::Place;

/// Longest firmware version, in characters.
const FIRMWARE_MAX: usize = 64;

/// Everything that the gateway listens to.
pub(crate) fn filters(property: &PropertyId) -> Vec<Filter> {
    let said = DeviceWord::SAID
        .iter()
        .map(|word| Filter::device(property, None, *word));
    let asked = Filter::requests(property, Component::IotGateway, None, None);
    said.chain([asked]).collect()
}

/// What a message says; one that says nothing is an input as well, to be counted.
pub(crate) fn read(delivery: &Delivery) -> Input {
    let origin = if delivery.retained {
        Origin::Retained
    } else {
        Origin::Live
    };
    input(&delivery.topic, &delivery.body, origin)
}

fn input(topic: &Topic, body: &[u8], origin: Origin) -> Input {
    match &topic.subject {
        Subject::Device(id, subject) => match said(subject, body, origin) {
            Ok(said) => Input::Said(id.clone(), origin, said),
            Err(problem) => Input::Unreadable(Some(id.clone()), problem),
        },
        Subject::Service(_, ServiceSubject::Request(operation, principal, id)) => {
            Input::Asked(Request {
                operation: operation.clone(),
                asker: Asker {
                    principal: principal.clone(),
                    id: *id,
                },
                body: body.to_vec(),
            })
        }
        Subject::Service(..) => Input::Unreadable(None, not_for_us()),
    }
}

fn said(subject: &DeviceSubject, body: &[u8], origin: Origin) -> Result<Said, Problem> {
    if body.len() > DEVICE_BODY_MAX {
        let detail = format!(
            "{} bytes are more than the {DEVICE_BODY_MAX} of a device",
            body.len()
        );
        return Err(Problem::new(Code::TooLarge, detail));
    }
    match subject {
        DeviceSubject::Birth | DeviceSubject::Online | DeviceSubject::Reported
            if body.is_empty() =>
        {
            Ok(Said::Cleared)
        }
        DeviceSubject::Birth => birth(body),
        DeviceSubject::Online => online(body),
        DeviceSubject::Reported => reported(body, origin),
        DeviceSubject::Telemetry(capability) => telemetry(capability, body),
        DeviceSubject::Event => event(body),
        DeviceSubject::Ack(execution) => ack(*execution, body),
        DeviceSubject::Received | DeviceSubject::Delta | DeviceSubject::Command(_) => {
            Err(not_for_us())
        }
    }
}

fn birth(body: &[u8]) -> Result<Said, Problem> {
    let Birth {
        v: _,
        boot,
        capabilities,
        firmware,
        oldest_seq,
    } = wire::decode(body)?;
    if firmware.chars().count() > FIRMWARE_MAX {
        let detail = format!("longer than {FIRMWARE_MAX} characters");
        return Err(Problem::new(Code::TooLarge, detail).at("firmware"));
    }
    let birth = presence::Birth {
        boot,
        capabilities,
        firmware,
    };
    Ok(Said::Birth(birth, oldest_seq))
}

fn online(body: &[u8]) -> Result<Said, Problem> {
    let Online { v: _, online, boot } = wire::decode(body)?;
    Ok(Said::Presence(presence::Input::Online { boot, online }))
}

fn reported(body: &[u8], origin: Origin) -> Result<Said, Problem> {
    let Reported {
        v: _,
        boot,
        seq,
        oldest_seq,
        at,
        version,
        state,
    } = wire::decode(body)?;
    check_state("state", &state, body)?;
    match origin {
        Origin::Live => {
            let content = Content::Reported(version, state);
            message(body, boot, seq, oldest_seq, at, content)
        }
        Origin::Retained => Ok(Said::Hint(Report {
            boot,
            seq,
            at,
            version,
            state,
        })),
    }
}

fn telemetry(capability: &Capability, body: &[u8]) -> Result<Said, Problem> {
    let Telemetry {
        v: _,
        boot,
        seq,
        oldest_seq,
        at,
        value,
    } = wire::decode(body)?;
    let content = Content::Telemetry(capability.clone(), value);
    message(body, boot, seq, oldest_seq, at, content)
}

fn event(body: &[u8]) -> Result<Said, Problem> {
    let Event {
        v: _,
        boot,
        seq,
        oldest_seq,
        at,
        kind,
        alarm,
        data,
    } = wire::decode(body)?;
    check_state("data", &data, body)?;
    let content = Content::Event { kind, alarm, data };
    message(body, boot, seq, oldest_seq, at, content)
}

fn message(
    body: &[u8],
    boot: Integer,
    seq: Integer,
    oldest_seq: Option<Integer>,
    at: Integer,
    content: Content,
) -> Result<Said, Problem> {
    if oldest_seq.is_some_and(|oldest| oldest > seq) {
        let detail = format!("above the message's own seq {seq}");
        return Err(Problem::new(Code::Invalid, detail).at("oldest_seq"));
    }
    Ok(Said::Message(Message {
        place: Place {
            boot,
            seq,
            oldest_seq,
        },
        sha256: sha256(body),
        at,
        content,
    }))
}

/// Checks the size of a state that came in `body`. Written again, numbers may take four times the
/// room: `1e15`.
fn check_state(field: &str, state: &State, body: &[u8]) -> Result<(), Problem> {
    if body.len() <= STATE_MAX / 4 || wire::encode(state).len() <= STATE_MAX {
        return Ok(());
    }
    let detail = format!("larger than {STATE_MAX} bytes");
    Err(Problem::new(Code::TooLarge, detail).at(field))
}

fn ack(execution: ExecutionId, body: &[u8]) -> Result<Said, Problem> {
    let ack: Ack = wire::decode(body)?;
    if ack.execution == execution {
        return Ok(Said::Ack(ack));
    }
    let detail = "not the execution of the topic";
    Err(Problem::new(Code::Invalid, detail).at("execution"))
}

fn not_for_us() -> Problem {
    Problem::new(Code::Malformed, "not a topic of what the gateway hears")
}

#[cfg(test)]
mod tests;
