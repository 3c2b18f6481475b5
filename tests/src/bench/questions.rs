//! A question from one component to another and its answer, over the hotel's broker: by the bus of the
//! suite, and by bare clients on the same broker, in turn.

use std::sync::Arc;

use bytes::Bytes;
use kit::bus::{Bus, Delivery, Retain, Session};
use kit::clock::Clock;
use kit::ids;
use serde_json::{Value, json};
use wire::request::{Reply, Request};
use wire::topic::{ServiceSubject, Subject};
use wire::{Component, Filter, Operation, RequestId, Topic, Version};

use super::Figure;
use super::bare::Bare;
use super::samples::Samples;
use crate::client::Client;
use crate::hotel::LIMIT;
use crate::{Hotel, Plan};

/// Turns, of which the first warms both sides and does not count, and questions of one turn.
const TURNS: usize = 11;
const TRIPS: usize = 500;
/// Octets of what is asked and answered, without the envelope.
const TEXT: usize = 256;
/// Who asks whom what, as the policy grants it: ours, and the bare clients.
const OURS: (&str, Component, &str) = ("device-proxy", Component::Inference, "message");
const BARE: (&str, Component, &str) = ("console", Component::Authority, "mint-guest");

pub(super) fn measure() -> Vec<Figure> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    // Components ask from tasks, which the runtime's own threads run; whoever blocks on a runtime is none.
    let both = runtime.block_on(async { tokio::spawn(both()).await });
    let (ours, floor) = both.expect("both are measured");
    let latency = |name, share| {
        Figure::latency("bus", name, ours.quantile_ms(share))
            .floor("bare rumqttc", floor.quantile_ms(share))
    };
    vec![
        latency("request_reply_p50_ms", 0.50),
        latency("request_reply_p99_ms", 0.99),
    ]
}

async fn both() -> (Samples, Samples) {
    let hotel = Hotel::up(Plan {
        rooms: 1,
        only: &["broker"],
    });
    let ours = Ours::start(&hotel).await;
    let mut bare = Floor::start(&hotel).await;
    let clock = Clock::system();
    let (mut trips, mut floor) = (Samples::default(), Samples::default());
    for turn in 0..TURNS {
        for _ in 0..TRIPS {
            let begun = clock.monotonic();
            ours.trip().await;
            let took = clock.monotonic() - begun;
            if turn > 0 {
                trips.add(took);
            }
        }
        for _ in 0..TRIPS {
            let begun = clock.monotonic();
            bare.trip().await;
            let took = clock.monotonic() - begun;
            if turn > 0 {
                floor.add(took);
            }
        }
    }
    (trips, floor)
}

fn text() -> Value {
    json!("x".repeat(TEXT))
}

/// Two clients as components are: one answers, the other asks.
struct Ours {
    asker: Client,
    operation: Operation,
    /// Kept, so that it goes on answering.
    _answerer: Arc<Client>,
}

impl Ours {
    async fn start(hotel: &Hotel) -> Self {
        let (asker, component, operation) = OURS;
        let answerer = Arc::new(hotel.client(component.as_str()).await);
        let property = &hotel.places.property;
        let questions = Filter::requests(property, component, None, None);
        let mut questions = answerer.bus.subscribe([questions]).await;
        let granted = questions.granted().await;
        granted.expect("a component may hear what it is asked");
        let bus = answerer.bus.clone();
        tokio::spawn(async move {
            while let Some(question) = questions.recv().await {
                // Not awaited here: the next question may be on its way.
                tokio::spawn(answer(bus.clone(), component, question));
            }
        });
        Self {
            asker: hotel.client(asker).await,
            operation: operation.parse().expect("it is a word"),
            _answerer: answerer,
        }
    }

    async fn trip(&self) {
        let answer = self
            .asker
            .bus
            .request::<Value, Value>(OURS.1, &self.operation, text(), LIMIT);
        answer.await.expect("it is answered");
    }
}

async fn answer(bus: Bus, component: Component, question: Delivery) {
    if let Subject::Service(_, ServiceSubject::Request(_, principal, id)) = &question.topic.subject
    {
        let asked: Request<Value> = wire::decode(&question.body).expect("it has the form");
        let subject = ServiceSubject::Reply(principal.clone(), *id);
        let topic = Topic::service(bus.property(), component, subject);
        let reply = Reply::from(Ok(asked.body));
        let said = bus.publish(&topic, &reply, Retain::No).await;
        said.expect("a component may answer");
    }
    question.acknowledge();
}

/// The same with bare clients: topics as long, bodies of the same octets, nothing read.
struct Floor {
    asker: Bare,
    topic: String,
    question: Bytes,
}

impl Floor {
    async fn start(hotel: &Hotel) -> Self {
        let (asker, component, operation) = BARE;
        let property = &hotel.places.property;
        let id: RequestId = ids::new(Clock::system().wall());
        let principal = asker.parse().expect("it is a word");
        let operation: Operation = operation.parse().expect("it is a word");
        let request = ServiceSubject::Request(operation, asker.parse().expect("it is one"), id);
        let reply = ServiceSubject::Reply(asker.parse().expect("it is one"), id);
        let mut answerer = Bare::connect(hotel, component.as_str(), Session::Clean).await;
        let questions = Filter::requests(property, component, None, None);
        answerer.subscribe(&questions).await;
        let mut asker = Bare::connect(hotel, asker, Session::Clean).await;
        let replies = Filter::replies(property, None, Some(&principal));
        asker.subscribe(&replies).await;
        let topic = Topic::service(property, component, reply).to_string();
        let answer = Bytes::from(wire::encode(&Reply::from(Ok(text()))));
        tokio::spawn(async move {
            while answerer.message().await.is_some() {
                answerer.publish(&topic, false, answer.clone());
            }
        });
        let question = Request {
            v: Version,
            deadline: Clock::system().wall(),
            body: text(),
        };
        Self {
            asker,
            topic: Topic::service(property, component, request).to_string(),
            question: wire::encode(&question).into(),
        }
    }

    async fn trip(&mut self) {
        self.asker
            .publish(&self.topic, false, self.question.clone());
        let answer = tokio::time::timeout(LIMIT, self.asker.message()).await;
        answer.ok().flatten().expect("it is answered");
    }
}
