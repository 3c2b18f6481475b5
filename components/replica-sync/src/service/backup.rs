//! Makes backups: every night, and whenever an operator asks; one at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use kit::Host;
use kit::backoff::Backoff;
use kit::bus::{Bus, Delivery, Retain, Subscription};
use kit::clock::Clock;
use kit::error::Chain;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wire::replica::{BACKUP, Backup, OPERATIONS};
use wire::request::{Nothing, Reply, Request};
use wire::topic::{ServiceSubject, Subject};
use wire::{Code, Component, Filter, Integer, Principal, Problem, RequestId, Topic};

use super::handover;
use crate::backup::{Due, due};
use crate::config::Config;
use crate::edge::backup::{LONGEST, MakeError, Maker, Memory, Shelf};

/// How often the clock is looked at: it may be set at any time.
const LOOK: Duration = Duration::from_secs(20);
/// Ceilings of the rests after a night's backup failed: first and longest.
const RESTS: (Duration, Duration) = (Duration::from_mins(5), Duration::from_hours(1));

/// Starts to make backups, or says that there are none; questions are answered either way.
pub(super) async fn start(config: &Config, host: &Host) {
    let property = host.bus.property();
    let requests = Filter::requests(property, Component::ReplicaSync, None, None);
    let requests = host.bus.subscribe([requests]).await;
    let made = Arc::new(Notify::new());
    let maker = config.backup.clone().map(|backup| {
        let shelf = Shelf::new(backup.directory.clone(), &host.common.data_dir);
        Arc::new(Maker {
            database: config.database.clone(),
            backup,
            shelf,
            common: Arc::clone(&host.common),
            clock: host.clock.clone(),
            longest: LONGEST,
        })
    });
    metrics::gauge!("replica_sync_backup_configured").set(if maker.is_some() { 1.0 } else { 0.0 });
    if let Some(maker) = &maker {
        let (shelf, bus) = (maker.shelf.clone(), host.bus.clone());
        let news = Arc::clone(&made);
        host.tasks
            .spawn("handover", |stop| handover::run(shelf, bus, news, stop));
    } else {
        tracing::warn!("there are no backups: backup.recipient is empty");
    }
    let desk = Desk {
        maker,
        made,
        bus: host.bus.clone(),
        clock: host.clock.clone(),
        told: None,
    };
    host.tasks.spawn("backup", |stop| run(desk, requests, stop));
}

/// Who asked, and the question's id.
type Question = (Principal, RequestId);

/// Who answers, and looks at the clock.
struct Desk {
    maker: Option<Arc<Maker>>,
    made: Arc<Notify>,
    bus: Bus,
    clock: Clock,
    /// The last answer: a question that is repeated gets it again.
    told: Option<(Question, Vec<u8>)>,
}

/// A backup under way, and who waits for it.
struct Making {
    work: BoxFuture<'static, Result<Backup, MakeError>>,
    asker: Option<(Question, Delivery)>,
}

/// What somebody is told; their question is done with when the broker has it.
struct Answer {
    question: Question,
    body: Vec<u8>,
    delivery: Delivery,
}

async fn run(mut desk: Desk, mut requests: Subscription, stop: CancellationToken) {
    let bus = desk.bus.clone();
    let working = async {
        let mut nights = desk.maker.clone().map(Nights::new);
        let mut making: Option<Making> = None;
        // No more than questions that the broker lets be open. Not awaited where questions come in:
        // while the broker is away, nights pass all the same.
        let mut answers = FuturesUnordered::new();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                request = requests.recv() => match request {
                    None => return,
                    Some(delivery) => {
                        let answer = desk.attend(delivery, &mut making);
                        answers.extend(answer.map(|answer| answer.send(&bus)));
                    }
                },
                Some(()) = answers.next() => {}
                outcome = work(&mut making) => {
                    let asker = making.take().and_then(|making| making.asker);
                    if let Some(nights) = &mut nights {
                        nights.note(asker.is_none(), &outcome);
                    }
                    let answer = desk.tell(asker, outcome);
                    answers.extend(answer.map(|answer| answer.send(&bus)));
                }
                _ = looks.tick(), if making.is_none() => {
                    if nights.as_mut().is_some_and(Nights::due) {
                        making = desk.begin(None);
                    }
                }
            }
        }
    };
    stop.run_until_cancelled(working).await;
}

/// The outcome of a backup that is under way; never, when there is none.
async fn work(making: &mut Option<Making>) -> Result<Backup, MakeError> {
    match making {
        Some(making) => (&mut making.work).await,
        None => std::future::pending().await,
    }
}

impl Desk {
    fn begin(&self, asker: Option<(Question, Delivery)>) -> Option<Making> {
        let maker = Arc::clone(self.maker.as_ref()?);
        let work = async move { maker.make().await }.boxed();
        Some(Making { work, asker })
    }

    /// The answer to a question, unless a backup has to be made first.
    fn attend(&self, delivery: Delivery, making: &mut Option<Making>) -> Option<Answer> {
        let Subject::Service(_, ServiceSubject::Request(operation, principal, id)) =
            &delivery.topic.subject
        else {
            return None;
        };
        let question = (principal.clone(), *id);
        let asked = match wire::decode::<Request<Nothing>>(&delivery.body) {
            _ if operation.as_str() != BACKUP => {
                let detail = format!("{operation} is not one of {}", OPERATIONS.join(", "));
                Err(Problem::new(Code::NotFound, detail).at("operation"))
            }
            Ok(request) if request.deadline < self.clock.wall() => {
                delivery.acknowledge();
                return None;
            }
            asked => asked.map(|_| ()),
        };
        let known = self.told.as_ref().filter(|(told, _)| *told == question);
        let under_way = making.as_ref().and_then(|making| making.asker.as_ref());
        let body = if let Some((_, answer)) = known {
            answer.clone()
        } else if let Err(problem) = asked {
            refusal(problem)
        } else if self.maker.is_none() {
            let detail = "there are no backups: backup.recipient is not configured";
            refusal(Problem::new(Code::Unavailable, detail))
        } else if under_way.is_some_and(|(asker, _)| *asker == question) {
            // It is being answered already; that answer is for both.
            delivery.acknowledge();
            return None;
        } else if making.is_some() {
            refusal(Problem::new(Code::Busy, "a backup is being made"))
        } else {
            *making = self.begin(Some((question, delivery)));
            return None;
        };
        Some(Answer {
            question,
            body,
            delivery,
        })
    }

    /// Says what came of a backup; the answer for whoever asked for it.
    fn tell(
        &mut self,
        asker: Option<(Question, Delivery)>,
        outcome: Result<Backup, MakeError>,
    ) -> Option<Answer> {
        let answer = match outcome {
            Ok(backup) => {
                log(&backup);
                self.made.notify_one();
                Ok(backup)
            }
            Err(error) => {
                tracing::error!(error = %Chain(&error), "no backup");
                metrics::counter!("replica_sync_backup_failures_total").increment(1);
                Err(error.problem())
            }
        };
        let (question, delivery) = asker?;
        let body = wire::encode(&Reply::from(answer));
        self.told = Some((question.clone(), body.clone()));
        Some(Answer {
            question,
            body,
            delivery,
        })
    }
}

impl Answer {
    async fn send(self, bus: &Bus) {
        let (principal, id) = self.question;
        let subject = ServiceSubject::Reply(principal, id);
        let topic = Topic::service(bus.property(), Component::ReplicaSync, subject);
        let sent = bus.publish_bytes(&topic, self.body.into(), Retain::No);
        if let Err(error) = sent.await {
            tracing::warn!(%topic, error = %Chain(&error), "cannot answer");
        }
        self.delivery.acknowledge();
    }
}

fn refusal(problem: Problem) -> Vec<u8> {
    wire::encode(&Reply::<Nothing>::from(Err(problem)))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "gauges are floating point, and sizes and seconds are far below 2^53"
)]
fn log(backup: &Backup) {
    let Backup {
        name,
        bytes,
        rows,
        took_ms,
        at,
        ..
    } = backup;
    tracing::info!(name, %bytes, %rows, %took_ms, "backup made");
    metrics::counter!("replica_sync_backups_total").increment(1);
    metrics::gauge!("replica_sync_backup_bytes").set(bytes.value() as f64);
    metrics::gauge!("replica_sync_backup_last_seconds").set((at.value() / 1_000) as f64);
    metrics::histogram!("replica_sync_backup_seconds").record(took_ms.value() as f64 / 1_000.0);
}

/// Which night's backup is due.
struct Nights {
    maker: Arc<Maker>,
    last: Integer,
    backoff: Backoff,
    /// Not before: the last try failed.
    rests_until: Option<Instant>,
}

impl Nights {
    /// Goes on from the last backup; on the first start, the first one is due next night.
    fn new(maker: Arc<Maker>) -> Self {
        let now = maker.clock.wall();
        let last = maker.shelf.memory().map_or(now, |memory| memory.last);
        let nights = Self {
            maker,
            last,
            backoff: Backoff::new(RESTS.0, RESTS.1),
            rests_until: None,
        };
        nights.remember();
        nights
    }

    fn due(&mut self) -> bool {
        let now = self.maker.clock.now();
        let local = |wall| self.maker.local(wall);
        match due(local(self.last), local(now.wall), self.maker.backup.at) {
            Due::Now => self.rests_until.is_none_or(|until| now.monotonic >= until),
            Due::Later => false,
            Due::Anew => {
                tracing::warn!("the last backup was made by a clock that was ahead");
                self.last = now.wall;
                self.remember();
                false
            }
        }
    }

    /// Takes note of a backup; one that was asked for in the day is not that of the night.
    fn note(&mut self, was_due: bool, outcome: &Result<Backup, MakeError>) {
        if !was_due {
            return;
        }
        if let Ok(backup) = outcome {
            self.last = backup.at;
            self.rests_until = None;
            self.backoff.reset();
            self.remember();
        } else {
            let rest = self.backoff.wait();
            self.rests_until = Some(self.maker.clock.monotonic() + rest);
        }
    }

    fn remember(&self) {
        if let Err(error) = self.maker.shelf.remember(Memory { last: self.last }) {
            tracing::error!(error = %Chain(&error), "cannot remember the last backup");
        }
    }
}
