//! Questions to the gateway and their answers.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::gateway::{
    COMMAND, Desired, DeviceState, Devices, LIST, LOCK, List, PAGE_MAX, SET_DESIRED, STATE,
    SetDesired, StateOf, UNLOCK,
};
use wire::request::{Reply, Request as Body};
use wire::{Code, DeviceId, Integer, Operation, Problem};

use crate::device::{self, Device};
use crate::effect::{Asker, Change, Effect, Note, Saying};
use crate::gateway::Gateway;
use crate::moment::Moment;
use crate::settings;

mod command;

use command::command;
pub(crate) use command::{asker_of, asker_of_turn};

/// A question as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub operation: Operation,
    /// Who asks.
    pub asker: Asker,
    /// The body, not read yet.
    pub body: Vec<u8>,
}

/// Whether the answers to an operation are kept, so that a repetition changes nothing. Repeated
/// questions that change nothing anyway are answered anew.
pub fn is_kept(operation: &Operation) -> bool {
    matches!(operation.as_str(), SET_DESIRED | COMMAND | UNLOCK | LOCK)
}

/// Answers a question, or begins to; nothing is said when its asker has stopped waiting.
pub(crate) fn answer(gateway: &mut Gateway, now: Moment, request: Request) -> Vec<Effect> {
    let Request {
        operation,
        asker,
        body,
    } = request;
    let outcome = match operation.as_str() {
        LIST => read(now, &body).map(|(list, _)| reply(&asker, Ok(devices(gateway, &list)))),
        STATE => read(now, &body).map(|(of, _)| reply(&asker, state(gateway, &of))),
        SET_DESIRED => read(now, &body).map(|(set, _)| set_desired(gateway, now, &asker, set)),
        COMMAND => read(now, &body)
            .map(|(execute, deadline)| command(gateway, now, &asker, execute, deadline)),
        unknown => {
            let detail = format!("the gateway has no operation {unknown}");
            let problem = Problem::new(Code::Unsupported, detail).at("operation");
            Err(Unanswerable::Refused(problem))
        }
    };
    match outcome {
        Ok(effects) => effects,
        Err(Unanswerable::Expired) => vec![Effect::Note(Note::Expired(asker))],
        Err(Unanswerable::Refused(problem)) => reply(&asker, Err::<(), _>(problem)),
    }
}

/// Answers a question as it was answered the first time.
pub(crate) fn answer_again(now: Moment, request: &Request, answer: Vec<u8>) -> Vec<Effect> {
    let asker = request.asker.clone();
    match read::<Value>(now, &request.body) {
        Ok(_) | Err(Unanswerable::Refused(_)) => vec![Effect::Say(Saying::Reply(asker, answer))],
        Err(Unanswerable::Expired) => vec![Effect::Note(Note::Expired(asker))],
    }
}

/// Why a question is not looked into.
enum Unanswerable {
    Expired,
    Refused(Problem),
}

/// Reads a question and its deadline, in Unix milliseconds.
fn read<T: DeserializeOwned>(now: Moment, body: &[u8]) -> Result<(T, Integer), Unanswerable> {
    let request: Body<T> = wire::decode(body).map_err(Unanswerable::Refused)?;
    if request.deadline <= now.wall {
        return Err(Unanswerable::Expired);
    }
    Ok((request.body, request.deadline))
}

fn devices(gateway: &Gateway, list: &List) -> Devices {
    let page_max = usize::try_from(PAGE_MAX).expect("a page is small");
    let mut rest = gateway.roster.after(list.after.as_ref());
    let devices: Vec<_> = rest.by_ref().take(page_max).map(Device::summary).collect();
    let more = rest.next().is_some();
    let end = devices.last().map(|summary| summary.device.clone());
    let (total, online) = gateway.count();
    Devices {
        devices,
        total,
        online,
        next: end.filter(|_| more),
    }
}

fn state(gateway: &Gateway, of: &StateOf) -> Result<DeviceState, Problem> {
    find(gateway, &of.device).map(Device::state)
}

fn set_desired(gateway: &mut Gateway, now: Moment, asker: &Asker, set: SetDesired) -> Vec<Effect> {
    if let Err(problem) = check_set(gateway, &set) {
        return first_answer(now, asker.clone(), Err::<(), _>(problem));
    }
    let mut effects = gateway
        .roster
        .feed(now, &set.device, device::Input::Set(set.state));
    let desired = find(gateway, &set.device).map(|device| {
        let shadow = device.shadow();
        Desired {
            version: shadow.desired().version,
            state: shadow.desired().state.clone(),
            delta: shadow.delta(),
        }
    });
    effects.extend(first_answer(now, asker.clone(), desired));
    effects
}

fn check_set(gateway: &Gateway, set: &SetDesired) -> Result<(), Problem> {
    let device = find(gateway, &set.device)?;
    let capabilities = device.capabilities();
    let is_capable = |name: &str| capabilities.contains(name);
    settings::check_change(device.registered().kind, is_capable, &set.state)?;
    device.shadow().check_version(set.version)
}

fn find<'a>(gateway: &'a Gateway, id: &DeviceId) -> Result<&'a Device, Problem> {
    gateway.roster.find(id).ok_or_else(|| {
        let detail = format!("the registry has no device {id}");
        Problem::new(Code::NotFound, detail).at("device")
    })
}

/// An answer that is said and not kept.
fn reply<T: Serialize>(asker: &Asker, outcome: Result<T, Problem>) -> Vec<Effect> {
    let body = wire::encode(&Reply::from(outcome));
    vec![Effect::Say(Saying::Reply(asker.clone(), body))]
}

/// An answer that is kept, so that a repeated question gets it again.
pub(crate) fn first_answer<T: Serialize>(
    now: Moment,
    asker: Asker,
    outcome: Result<T, Problem>,
) -> Vec<Effect> {
    let body = wire::encode(&Reply::from(outcome));
    vec![
        Effect::Store(Change::Answer(asker.clone(), now.wall, body.clone())),
        Effect::Say(Saying::Reply(asker, body)),
    ]
}
