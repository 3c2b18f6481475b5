//! An operator on the bus: one connection for one question.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use kit::bus::{Bus, ControlError, Link, RequestError, Session, Settings};
use kit::clock::Clock;
use kit::config::Address;
use kit::credential::{NotAList, Passport, Verifier, believed, revocations};
use kit::health::Health;
use kit::identity::{Door, Identity, IdentityError, RenewalError, renew};
use kit::lifecycle::{StillBusy, Tasks};
use kit::policy::EDGECTL;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use wire::credential::Revocations;
use wire::{Component, Operation, RequestId};

use crate::local;
use crate::output::complain;
use crate::property::{Layout, Property, PropertyError};

/// How long another run of this operator is waited for.
const TURN: Duration = Duration::from_secs(30);
/// Between two looks whether it has ended.
const TURN_PAUSE: Duration = Duration::from_millis(50);
/// How long the broker may take to let the operator in.
const CONNECT: Duration = Duration::from_secs(10);

/// Where the broker of a box listens.
pub(crate) const BROKER_PORT: u16 = 8883;
/// Where the authority of a box serves HTTPS.
pub(crate) const AUTHORITY_PORT: u16 = 8444;

/// Where and how to reach the bus.
#[derive(Debug, Clone, Args)]
pub(crate) struct Access {
    /// Where the property, or the local hotel, is kept.
    #[arg(long, default_value = ".local")]
    dir: PathBuf,
    /// The broker, HOST:PORT; in a local hotel its own, else localhost:8883, as on a box.
    #[arg(long, value_parser = address)]
    broker: Option<Address>,
    /// Who renews the operator's certificate, HOST:PORT; port 8444 beside a broker that is named, in a
    /// local hotel its own, else localhost:8444, as on a box.
    #[arg(long, value_parser = address)]
    authority: Option<Address>,
}

/// A connected operator.
#[derive(Debug)]
pub(crate) struct Operator {
    bus: Bus,
    passport: Passport,
    verifier: Verifier,
}

impl Access {
    /// Connects, lets `act` do its work, and leaves.
    pub(crate) fn act<T>(
        &self,
        act: impl AsyncFnOnce(Operator) -> Result<T, OperatorError>,
    ) -> Result<T, OperatorError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(OperatorError::Runtime)?;
        runtime.block_on(async {
            self.identity()?;
            let _lock = self.lock().await?;
            let identity = self.current().await?;
            let person = (Passport::of(&identity), Verifier::of(&identity));
            let settings = self.settings(identity);
            let tasks = Tasks::new();
            let outcome = match connect(settings, person, &tasks).await {
                Ok(operator) => act(operator).await,
                Err(error) => Err(error),
            };
            tasks.drain().await.map_err(OperatorError::Drain)?;
            outcome
        })
    }

    /// The property itself.
    pub(crate) fn property(&self) -> Result<Property, PropertyError> {
        Property::open(&self.dir)
    }

    /// The operator's identity: whose property it is, and whom that believes.
    pub(crate) fn identity(&self) -> Result<Identity, OperatorError> {
        Identity::load(&self.identity_dir()).map_err(OperatorError::Identity)
    }

    /// The same, renewed when it is due; one that is good still serves when nobody renews it.
    async fn current(&self) -> Result<Identity, OperatorError> {
        let (identity, clock) = (self.identity()?, Clock::system());
        let now = clock.wall();
        let Some(door) = self.door().filter(|_| identity.due_in(now).is_none()) else {
            return Ok(identity);
        };
        match renew(&self.identity_dir(), &identity, &door, &clock).await {
            Ok(next) => Ok(next),
            Err(error) if (identity.not_before..identity.not_after).contains(&now) => {
                complain(&error);
                Ok(identity)
            }
            Err(source) => Err(OperatorError::Lapsed(source)),
        }
    }

    /// Who renews the operator's leaf; nobody in a local hotel that has no authority.
    fn door(&self) -> Option<Door> {
        let beside = |broker: &Address| Address {
            host: broker.host.clone(),
            port: AUTHORITY_PORT,
        };
        let named = self.authority.clone();
        let named = named.or_else(|| self.broker.as_ref().map(beside));
        let known = named.or_else(|| match local::hotel(&self.dir) {
            Some(_) => local::authority(&self.dir),
            None => Some(beside(&broker_of_box())),
        });
        known.map(Door::at)
    }

    /// Where the property, or the local hotel, is kept.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The directory of the operator's certificate and key.
    fn identity_dir(&self) -> PathBuf {
        let operator = EDGECTL.parse().expect("the operator's name is a word");
        Layout::new(&self.dir).identity(&operator)
    }

    /// Waits for its turn: the client id is the certificate's name, so two runs at once would push
    /// each other out.
    async fn lock(&self) -> Result<File, OperatorError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.identity_dir().join("lock"))
            .map_err(OperatorError::Lock)?;
        let turn = async {
            loop {
                match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                    Err(Errno::WOULDBLOCK) => sleep(TURN_PAUSE).await,
                    taken => return taken,
                }
            }
        };
        let taken = timeout(TURN, turn).await.map_err(|_| OperatorError::Busy)?;
        taken.map_err(|error| OperatorError::Lock(error.into()))?;
        Ok(file)
    }

    fn settings(&self, identity: Identity) -> Settings {
        let broker = match &self.broker {
            Some(broker) => broker.clone(),
            None => local::broker(&self.dir).unwrap_or_else(broker_of_box),
        };
        Settings {
            broker,
            property: identity.spiffe.property.clone(),
            identity: watch::channel(Arc::new(identity)).1,
            session: Session::Clean,
            will: None,
        }
    }
}

async fn connect(
    settings: Settings,
    (passport, verifier): (Passport, Verifier),
    tasks: &Tasks,
) -> Result<Operator, OperatorError> {
    let broker = settings.broker.clone();
    let bus = Bus::new(settings, tasks, Health::new().need("bus"));
    bus.connect();
    let mut link = bus.link();
    let up = timeout(CONNECT, link.wait_for(|link| *link == Link::Up))
        .await
        .is_ok();
    if up {
        Ok(Operator {
            bus,
            passport,
            verifier,
        })
    } else {
        Err(OperatorError::NotConnected {
            broker,
            link: link.borrow().clone(),
        })
    }
}

impl Operator {
    /// Asks a component.
    pub(crate) async fn ask<Q: Serialize, A: DeserializeOwned>(
        &self,
        component: Component,
        operation: &str,
        question: Q,
        wait: Duration,
    ) -> Result<A, OperatorError> {
        let operation: Operation = operation.parse().expect("operations of wire are words");
        let answer = self
            .bus
            .request(component, &operation, question, wait)
            .await;
        answer.map_err(|source| OperatorError::Request { component, source })
    }

    /// Asks with an id of the caller's, which the question itself carries.
    pub(crate) async fn ask_as<Q: Serialize, A: DeserializeOwned>(
        &self,
        id: RequestId,
        component: Component,
        operation: &Operation,
        question: Q,
        wait: Duration,
    ) -> Result<A, OperatorError> {
        let answer = self
            .bus
            .request_as(id, component, operation, question, wait)
            .await;
        answer.map_err(|source| OperatorError::Request { component, source })
    }

    /// Who the operator is, with the key to sign.
    pub(crate) fn passport(&self) -> &Passport {
        &self.passport
    }

    /// Asks the broker's security plugin.
    pub(crate) async fn control(&self, commands: Vec<Value>) -> Result<Value, ControlError> {
        self.bus.control(commands).await
    }

    /// Whom the authority has revoked, as the broker keeps it; nobody where none ever spoke, or where
    /// the broker's rules are from before operators could hear it.
    pub(crate) async fn revoked(&self) -> Result<Revocations, OperatorError> {
        let mut lists = revocations(&self.bus).await;
        if lists.granted().await.is_err() {
            return Ok(Revocations::default());
        }
        // What the broker has kept comes before its answer to a later question.
        let question = json!({ "command": "getDefaultACLAccess" });
        let answered = self.control(vec![question]).await;
        answered.map_err(OperatorError::Control)?;
        match timeout(Duration::ZERO, lists.recv()).await {
            Ok(Some(kept)) => {
                let now = Clock::system().wall();
                believed(&self.verifier, &kept.body, now).map_err(OperatorError::Revocations)
            }
            Ok(None) | Err(_) => Ok(Revocations::default()),
        }
    }
}

/// The broker of a box, on the box, as its recipe has it.
fn broker_of_box() -> Address {
    Address {
        host: "localhost".to_owned(),
        port: BROKER_PORT,
    }
}

/// Reads HOST:PORT.
pub(crate) fn address(text: &str) -> Result<Address, String> {
    let (host, port) = text.rsplit_once(':').ok_or("not HOST:PORT")?;
    let port = port
        .parse()
        .map_err(|error| format!("port {port:?}: {error}"))?;
    Ok(Address {
        host: host.to_owned(),
        port,
    })
}

/// The question got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OperatorError {
    /// The property cannot be used.
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// The operator has no certificate here.
    #[error("cannot load the operator's identity")]
    Identity(#[source] IdentityError),
    /// The broker would not let the operator in.
    #[error("the operator's certificate is not valid now and cannot be renewed")]
    Lapsed(#[source] RenewalError),
    /// Another run holds the operator's name for too long.
    #[error("another edgectl has been using this operator's identity for {TURN:?}")]
    Busy,
    /// The operator's name cannot be taken.
    #[error("cannot take the operator's lock")]
    Lock(#[source] std::io::Error),
    /// The broker did not let the operator in.
    #[error("cannot connect to the broker at {}:{} within {CONNECT:?}: {link:?}", broker.host, broker.port)]
    NotConnected {
        /// Where it was looked for.
        broker: Address,
        /// What it said last.
        link: Link,
    },
    /// The component did not answer, or said no.
    #[error("{component}")]
    Request {
        /// Who was asked.
        component: Component,
        /// Why.
        source: RequestError,
    },
    /// The broker's rules cannot be looked at.
    #[error("cannot reach the broker's security plugin")]
    Control(#[source] ControlError),
    /// Nobody can tell who is revoked.
    #[error("cannot tell who is revoked")]
    Revocations(#[source] NotAList),
    /// This program cannot run.
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    /// This program cannot stop.
    #[error("cannot leave the bus")]
    Drain(#[source] StillBusy),
}
