//! Printing over the bus: the operations of [`wire::print`], and an event for every change of a job.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kit::bus::{Bus, Delivery, Retain, Subscription};
use kit::clock::Clock;
use kit::error::Chain;
use kit::journal::Journal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::credential::Standing;
use wire::print::{
    CANCEL, JOB, JOB_EVENT, JOBS, Job, OPERATIONS, PREVIEW, PRINTERS, RESOLVE, SUBMIT,
};
use wire::request::{Nothing, Reply, Request};
use wire::topic::{ServiceSubject, Subject};
use wire::{Code, Component, Operation, Principal, Problem, RequestId, Topic, Word};

use crate::order::Asker;
use crate::service::Desk;

/// Most questions that are answered at the same time; others are refused as `busy`, because whoever
/// let them wait would in the end hold back everything else on the bus.
const AT_ONCE: usize = 16;
/// Operations that do something: a repeated one gets the first answer.
const DOING: &[&str] = &[SUBMIT, CANCEL, RESOLVE];
/// How long an event may wait for the broker; later it is no news.
const EVENT: Duration = Duration::from_secs(5);

/// Who asked, and the question's id.
type Question = (Principal, RequestId);

/// Answers questions on the bus.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) desk: Arc<Desk>,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    under_way: Mutex<HashSet<Question>>,
}

/// What is done with a question.
enum Turn {
    Now,
    Already,
    Never,
}

impl Answers {
    pub(crate) fn new(desk: Arc<Desk>, journal: Journal, clock: Clock) -> Self {
        Self {
            desk,
            journal,
            clock,
            under_way: Mutex::default(),
        }
    }

    /// Answers until the stop.
    pub(crate) async fn run(self, bus: Bus, mut requests: Subscription, stop: CancellationToken) {
        let answering = async {
            let mut under_way = FuturesUnordered::new();
            loop {
                tokio::select! {
                    request = requests.recv() => match request {
                        None => return,
                        Some(delivery) => under_way.push(self.attend(&bus, delivery)),
                    },
                    Some(()) = under_way.next() => {}
                }
            }
        };
        stop.run_until_cancelled(answering).await;
    }

    async fn attend(&self, bus: &Bus, delivery: Delivery) {
        if let Subject::Service(_, ServiceSubject::Request(operation, principal, id)) =
            &delivery.topic.subject
        {
            let question = (principal.clone(), *id);
            let answer = match self.take(&question) {
                Turn::Now => {
                    let answer = self.first_answer(operation, &question, &delivery.body);
                    let answer = answer.await;
                    self.lock().remove(&question);
                    answer
                }
                Turn::Already => None,
                Turn::Never => Some(reply::<Nothing>(Err(busy()))),
            };
            if let Some(answer) = answer {
                send(bus, question, answer).await;
            }
        }
        delivery.acknowledge();
    }

    fn take(&self, question: &Question) -> Turn {
        let mut under_way = self.lock();
        if under_way.contains(question) {
            Turn::Already
        } else if under_way.len() == AT_ONCE {
            Turn::Never
        } else {
            under_way.insert(question.clone());
            Turn::Now
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Question>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer that the request got before, or a new one; none when nobody waits for it.
    pub(crate) async fn first_answer(
        &self,
        operation: &Operation,
        question: &Question,
        body: &[u8],
    ) -> Option<Vec<u8>> {
        let (principal, id) = question;
        let does = DOING.contains(&operation.as_str());
        if does {
            match kit::answers::recall(self.journal.readers(), principal, *id).await {
                Ok(Some(answer)) => return Some(answer),
                Ok(None) => {}
                Err(error) => tracing::error!(error = %Chain(&error), "cannot recall an answer"),
            }
        }
        let answer = self.answer(operation, &asker(principal), body).await?;
        if does {
            self.remember(question.clone(), answer.clone()).await;
        }
        Some(answer)
    }

    async fn remember(&self, (principal, id): Question, answer: Vec<u8>) {
        let now = self.clock.wall();
        let remembered = self.journal.write(move |connection| {
            Box::pin(async move {
                kit::answers::remember(connection, &principal, id, now, &answer).await
            })
        });
        if let Err(error) = remembered.await {
            // What is asked for is told apart by the job's id as well, so nothing is done twice.
            tracing::error!(error = %Chain(&error), "cannot remember an answer");
        }
    }

    async fn answer(&self, operation: &Operation, asker: &Asker, body: &[u8]) -> Option<Vec<u8>> {
        let desk = &self.desk;
        Some(match operation.as_str() {
            SUBMIT => reply(match self.asked(body)? {
                Ok(submit) => desk.submit(asker, submit).await,
                Err(problem) => Err(problem),
            }),
            JOB => reply(match self.asked(body)? {
                Ok(job) => desk.job(asker, job).await,
                Err(problem) => Err(problem),
            }),
            JOBS => reply(match self.asked::<Nothing>(body)? {
                Ok(_) => desk.jobs(asker).await,
                Err(problem) => Err(problem),
            }),
            CANCEL => reply(match self.asked(body)? {
                Ok(job) => desk.cancel(asker, job).await,
                Err(problem) => Err(problem),
            }),
            RESOLVE => reply(match self.asked(body)? {
                Ok(resolve) => desk.resolve(asker, resolve).await,
                Err(problem) => Err(problem),
            }),
            PRINTERS => {
                let nothing = self.asked::<Nothing>(body)?;
                reply(nothing.and_then(|_| desk.printers(asker)))
            }
            PREVIEW => reply(
                self.asked(body)?
                    .and_then(|preview| desk.preview(asker, preview)),
            ),
            _ => reply::<Nothing>(Err(unknown(operation))),
        })
    }

    /// Reads a question; none when its time is over.
    fn asked<T: DeserializeOwned>(&self, body: &[u8]) -> Option<Result<T, Problem>> {
        match wire::decode::<Request<T>>(body) {
            Ok(request) if request.deadline < self.clock.wall() => None,
            asked => Some(asked.map(|request| request.body)),
        }
    }
}

/// Who asks: the broker vouches for the word of the topic, and lets programs and operators ask.
fn asker(principal: &Principal) -> Asker {
    let component = principal.as_str().parse::<Component>();
    Asker {
        principal: principal.clone(),
        standing: component.map_or(Standing::Operator, |_| Standing::Component),
        seat: None,
    }
}

async fn send(bus: &Bus, (principal, id): Question, answer: Vec<u8>) {
    let subject = ServiceSubject::Reply(principal, id);
    let topic = Topic::service(bus.property(), Component::DeviceProxy, subject);
    if let Err(error) = bus.publish_bytes(&topic, answer.into(), Retain::No).await {
        tracing::warn!(%topic, error = %Chain(&error), "cannot answer");
    }
}

/// Tells everybody on the bus of every change of every job; what waits too long is no news.
pub(crate) async fn tell(bus: Bus, mut jobs: broadcast::Receiver<Job>, stop: CancellationToken) {
    let event: Word = JOB_EVENT.parse().expect("the event's name is a word");
    let subject = ServiceSubject::Event(event);
    let topic = Topic::service(bus.property(), Component::DeviceProxy, subject);
    let telling = async {
        loop {
            match jobs.recv().await {
                Ok(job) => publish(&bus, &topic, &job).await,
                Err(RecvError::Lagged(count)) => untold(count),
                Err(RecvError::Closed) => return std::future::pending().await,
            }
        }
    };
    stop.run_until_cancelled(telling).await;
}

async fn publish(bus: &Bus, topic: &Topic, job: &Job) {
    match timeout(EVENT, bus.publish(topic, job, Retain::No)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(error = %Chain(&error), "cannot tell of a job"),
        Err(_) => untold(1),
    }
}

fn untold(count: u64) {
    metrics::counter!("device_proxy_job_events_untold_total").increment(count);
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

fn busy() -> Problem {
    let detail = format!("{AT_ONCE} questions are being answered");
    Problem::new(Code::Busy, detail)
}

fn unknown(operation: &Operation) -> Problem {
    let detail = format!("{operation} is not one of {}", OPERATIONS.join(", "));
    Problem::new(Code::NotFound, detail).at("operation")
}

#[cfg(test)]
mod tests;
