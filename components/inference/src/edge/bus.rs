//! Questions on the bus: the operations of [`wire::inference`].
//!
//! All of them only look, so a repeated one is answered anew. What cannot be read is refused without
//! showing what it was: it may be a guest's text.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kit::bus::{Bus, Delivery, Retain, Subscription};
use kit::error::Chain;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use wire::inference::{ALLOCATE, Allocate, INFER, Infer, MESSAGE, MODELS, Message, OPERATIONS};
use wire::request::{Nothing, Reply, Request};
use wire::topic::{ServiceSubject, Subject};
use wire::{Code, Component, Operation, Principal, Problem, RequestId, Topic};

use crate::service::Desk;
use crate::tensor::under;

/// Most questions that are answered at the same time; those beyond are refused at once.
const AT_ONCE: usize = 128;
/// Most replies on their way to the broker beside them.
const TELLING: usize = 256;
/// The longest that a question may take, whatever its deadline.
const WAIT: Duration = Duration::from_mins(1);

/// Answers until the stop.
pub(crate) async fn run(
    desk: Arc<Desk>,
    bus: Bus,
    mut requests: Subscription,
    stop: CancellationToken,
) {
    let answering = async {
        let under_way = UnderWay::default();
        let mut attending = FuturesUnordered::new();
        loop {
            tokio::select! {
                request = requests.recv(), if attending.len() < TELLING => match request {
                    None => return,
                    Some(delivery) => attending.push(attend(&desk, &bus, &under_way, delivery)),
                },
                Some(()) = attending.next() => {}
            }
        }
    };
    stop.run_until_cancelled(answering).await;
}

/// Questions that are being answered.
#[derive(Default)]
struct UnderWay(Mutex<HashSet<(Principal, RequestId)>>);

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, HashSet<(Principal, RequestId)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn attend(desk: &Desk, bus: &Bus, under_way: &UnderWay, delivery: Delivery) {
    if let Subject::Service(_, ServiceSubject::Request(operation, principal, id)) =
        &delivery.topic.subject
    {
        let question = (principal.clone(), *id);
        let full = under_way.lock().len() >= AT_ONCE;
        let answer = if full {
            let detail = format!("{AT_ONCE} questions are being answered");
            Some(reply::<Nothing>(Err(Problem::new(Code::Busy, detail))))
        } else if under_way.lock().insert(question.clone()) {
            let answer = desk.reply(operation, &delivery.body).await;
            under_way.lock().remove(&question);
            answer
        } else {
            // It is being answered already; that answer is for both.
            None
        };
        if let Some(answer) = answer {
            send(bus, question, answer).await;
        }
    }
    delivery.acknowledge();
}

async fn send(bus: &Bus, (principal, id): (Principal, RequestId), answer: Vec<u8>) {
    let subject = ServiceSubject::Reply(principal, id);
    let topic = Topic::service(bus.property(), Component::Inference, subject);
    if let Err(error) = bus.publish_bytes(&topic, answer.into(), Retain::No).await {
        tracing::warn!(%topic, error = %Chain(&error), "cannot answer");
    }
}

impl Desk {
    /// The reply to a question; none when nobody waits for it.
    pub(crate) async fn reply(&self, operation: &Operation, body: &[u8]) -> Option<Vec<u8>> {
        let within = |problem: Problem| match problem.field {
            Some(_) => under("body", problem),
            None => problem,
        };
        Some(match operation.as_str() {
            INFER => {
                let asked = self.asked::<Infer>(body)?;
                let answer = async {
                    let (infer, deadline) = asked?;
                    let (model, version) = (infer.model.as_str(), infer.version.as_deref());
                    let answer = self.infer(model, version, infer.request, deadline).await;
                    answer.map_err(|problem| match problem.field.as_deref() {
                        Some("model" | "version") | None => within(problem),
                        Some(_) => under("body.request", problem),
                    })
                };
                reply(answer.await)
            }
            MESSAGE => {
                let asked = self.asked::<Message>(body)?;
                let answer = async {
                    let (message, deadline) = asked?;
                    self.message(&message, deadline).await.map_err(within)
                };
                reply(answer.await)
            }
            ALLOCATE => {
                let asked = self.asked::<Allocate>(body)?;
                let answer = async {
                    let (wishes, deadline) = asked?;
                    self.allocate(&wishes, deadline).await.map_err(within)
                };
                reply(answer.await)
            }
            MODELS => {
                let asked = self.asked::<Nothing>(body)?;
                reply(asked.map(|_| self.models()))
            }
            _ => {
                let detail = format!("not one of {}", OPERATIONS.join(", "));
                reply::<Nothing>(Err(Problem::new(Code::NotFound, detail).at("operation")))
            }
        })
    }

    /// Reads a question with its deadline; none when its time is over.
    fn asked<T: DeserializeOwned>(&self, body: &[u8]) -> Option<Result<(T, Instant), Problem>> {
        let now = self.clock.now();
        match wire::decode::<Request<T>>(body) {
            Ok(request) => {
                let left = request.deadline.value().checked_sub(now.wall.value())?;
                let left = Duration::from_millis(left).min(WAIT);
                Some(Ok((request.body, now.monotonic + left)))
            }
            Err(problem) => Some(Err(without_words(problem))),
        }
    }
}

/// The problem without what the reader says of the text, which may quote it.
pub(crate) fn without_words(problem: Problem) -> Problem {
    match problem.code {
        Code::Malformed | Code::UnsupportedVersion => Problem {
            detail: "is not of the documented form".to_owned(),
            ..problem
        },
        _ => problem,
    }
}

/// The reply as bytes that every reader accepts.
fn reply<T: Serialize>(answer: Result<T, Problem>) -> Vec<u8> {
    let body = wire::encode(&Reply::from(answer));
    match wire::bound::check(&body) {
        Ok(()) => body,
        Err(error) => {
            let problem = Problem::new(Code::TooLarge, error.to_string());
            wire::encode(&Reply::<T>::from(Err(problem)))
        }
    }
}
