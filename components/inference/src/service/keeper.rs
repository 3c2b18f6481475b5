//! Keeps models: takes up what was active, fetches what is new, tries it out, lets it answer, and
//! gives up what goes bad.
//!
//! ```text
//! offered ─▶ fetched ─▶ verified ─▶ kept ─▶ probed ─▶ loaded ─▶ activated ─▶ answers
//!               └─ refused ─┘                │ └─ quarantined ◀───────────────── bad
//!                                            └─ too slow here and now: tried again, some times
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kit::clock::Clock;
use kit::error::Chain;
use kit::health::Probe;
use kit::signing::PublicKey;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::desk::Sick;
use super::slot::{Active, Known, Slot};
use crate::bundle::{self, Bundle, BundleError};
use crate::edge::onnx::{LoadError, Net, Onnx};
use crate::edge::probe::{ProbeError, Prober};
use crate::edge::runner::Runner;
use crate::edge::source::{Source, SourceError};
use crate::edge::store::{Link, Store};

/// How often a version is tried that was too slow, one try a look: a box is busiest when it starts,
/// and a trial costs seconds of its processor.
const TRIES: u32 = 5;

/// One model with its disk.
#[derive(Debug)]
pub(crate) struct Kept {
    slot: Arc<Slot>,
    store: Store,
    /// What was offered and refused; without tries left it is not looked at until it changes.
    refused: BTreeMap<(&'static str, u32), Refused>,
    /// A version that was active before and could not be taken up: nothing is wrong with it.
    owed: Option<Owed>,
}

/// An offer that was refused.
#[derive(Debug)]
struct Refused {
    /// What was offered.
    print: String,
    tries_left: u32,
}

/// A version that is tried again.
#[derive(Debug, Clone, Copy)]
struct Owed {
    version: u32,
    tries_left: u32,
}

impl Owed {
    fn new(version: u32) -> Self {
        Self {
            version,
            tries_left: TRIES,
        }
    }
}

impl Kept {
    pub(crate) fn new(slot: Arc<Slot>, store: Store) -> Self {
        Self {
            slot,
            store,
            refused: BTreeMap::new(),
            owed: None,
        }
    }
}

/// Keeps all models, one act at a time.
#[derive(Debug)]
pub(crate) struct Keeper {
    pub(crate) kept: Vec<Kept>,
    pub(crate) sources: Vec<Source>,
    /// Kinds of sources that do not answer.
    pub(crate) silent: BTreeSet<&'static str>,
    pub(crate) keys: Vec<PublicKey>,
    pub(crate) poll: Duration,
    pub(crate) prober: Prober,
    pub(crate) onnx: Option<Onnx>,
    pub(crate) clock: Clock,
    pub(crate) probe: Probe,
}

impl Keeper {
    /// Works until the stop.
    pub(crate) async fn run(mut self, sick: mpsc::Receiver<Sick>, stop: CancellationToken) {
        if self.onnx.is_none() {
            self.probe.missing("rules answer, no model can run");
            stop.cancelled().await;
            return;
        }
        stop.run_until_cancelled(self.keep(sick)).await;
    }

    async fn keep(&mut self, mut sick: mpsc::Receiver<Sick>) {
        for place in 0..self.kept.len() {
            self.take_up(place).await;
        }
        self.show();
        let mut poll = interval(self.poll);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // A sick model does not wait for a slow cloud: looking is left off where it stands, which
            // is never between the disk and the place, and is begun anew later.
            let sick = tokio::select! {
                biased;
                Some(sick) = sick.recv() => Some(sick),
                () = async {
                    poll.tick().await;
                    self.look_everywhere().await;
                } => None,
            };
            if let Some(sick) = sick {
                self.give_up(&sick).await;
            }
            self.show();
        }
    }

    /// Lets the version answer that did before the start, else the one before it, else rules. What is
    /// broken gives way for good; what was only too slow is tried again.
    async fn take_up(&mut self, place: usize) {
        let Kept { slot, store, .. } = &self.kept[place];
        let (slot, store) = (Arc::clone(slot), store.clone());
        let quarantined = store.quarantined();
        let (mut answers, mut owed) = (None, None);
        for link in [Link::Current, Link::Previous] {
            let Some(version) = store.linked(link) else {
                continue;
            };
            let known_bad = quarantined.iter().any(|(bad, _)| *bad == version);
            let taken = if known_bad {
                Err(Refusal::Quarantined)
            } else {
                self.revived(&slot, &store, version).await
            };
            match taken {
                Ok(active) => {
                    tracing::info!(model = %slot.name, version, "model taken up");
                    slot.put(Some(active));
                    answers = Some(version);
                    break;
                }
                Err(error) => {
                    swap("refused");
                    tracing::error!(model = %slot.name, version, error = %Chain(&error), "model cannot be taken up");
                    if !error.is_final() {
                        owed = owed.or(Some(version));
                    }
                }
            }
        }
        let current = store.linked(Link::Current);
        if let Some(good) = owed.or(answers).filter(|good| current != Some(*good)) {
            Self::fall_back(&store, current, good);
        }
        self.kept[place].owed = owed.map(Owed::new);
        tidy(&store);
        self.learn(place);
    }

    /// The version that was current is broken on the disk; the one before stands in its place.
    fn fall_back(store: &Store, broken: Option<u32>, version: u32) {
        let steps = match broken {
            Some(broken) => store.rollback(broken, "it was broken at a start", Some(version)),
            None => store.activation(version),
        };
        if let Err(error) = store.take(&steps) {
            tracing::error!(%error, "cannot note the version that stands in");
        }
    }

    /// A version of the disk, believed and tried out anew.
    async fn revived(
        &self,
        slot: &Slot,
        store: &Store,
        version: u32,
    ) -> Result<Arc<Active>, Refusal> {
        let directory = store.version(version);
        let bundle = self.believed(slot, version, &directory)?;
        self.tried(bundle, &directory).await
    }

    /// Tries the version again that could not be taken up.
    async fn try_again(&mut self, place: usize) {
        let Kept {
            slot, store, owed, ..
        } = &self.kept[place];
        let Some(Owed {
            version,
            tries_left,
        }) = *owed
        else {
            return;
        };
        let (slot, store) = (Arc::clone(slot), store.clone());
        let model = &slot.name;
        let owed = match self.revived(&slot, &store, version).await {
            Ok(active) => {
                forget(slot.put(Some(active)).as_deref());
                swap("activated");
                tracing::info!(%model, version, "model taken up");
                None
            }
            Err(error) if error.is_final() => {
                tracing::error!(%model, version, error = %Chain(&error), "model cannot be taken up");
                let instead = slot.active().map(|active| active.version());
                let steps = store.rollback(version, &Chain(&error).to_string(), instead);
                if let Err(error) = store.take(&steps) {
                    tracing::error!(%model, %error, "cannot note a bad version");
                }
                None
            }
            Err(error) => {
                let tries_left = tries_left - 1;
                tracing::warn!(%model, version, tries_left, error = %Chain(&error), "model cannot be taken up yet");
                (tries_left > 0).then_some(Owed {
                    version,
                    tries_left,
                })
            }
        };
        self.kept[place].owed = owed;
        tidy(&store);
        self.learn(place);
    }

    async fn look_everywhere(&mut self) {
        for place in 0..self.kept.len() {
            self.try_again(place).await;
            self.show();
        }
        for source in 0..self.sources.len() {
            for place in 0..self.kept.len() {
                self.look(source, place).await;
                self.show();
            }
        }
    }

    /// Looks for a newer version and lets it answer, if it may.
    async fn look(&mut self, source: usize, place: usize) {
        let Kept { slot, store, .. } = &self.kept[place];
        let (slot, store) = (Arc::clone(slot), store.clone());
        let offered = self.sources[source].offered(&slot.name).await;
        let kind = self.sources[source].kind();
        let offered = match offered {
            Ok(offered) => {
                if self.silent.remove(kind) {
                    tracing::info!(source = kind, "models can be looked for again");
                }
                offered
            }
            Err(error) => {
                // A cloud that is away for days is said once.
                if self.silent.insert(kind) {
                    tracing::warn!(source = kind, error = %Chain(&error), "cannot look for models");
                }
                return;
            }
        };
        let quarantined = store.quarantined();
        // The newest first; an older one only when it is newer than all that were ever active.
        for (version, print) in offered.into_iter().rev() {
            let bad = quarantined.iter().any(|(bad, _)| *bad == version);
            let refused = self.kept[place].refused.get(&(kind, version));
            let refused = refused.is_some_and(|it| it.print == print && it.tries_left == 0);
            if version <= store.highest() || bad || refused {
                continue;
            }
            match self.take_in(&slot, &store, source, version).await {
                Ok(()) => {
                    self.kept[place].owed = None;
                    break;
                }
                Err(error) => {
                    self.turn_away(place, (kind, version), print, &error);
                }
            }
        }
        self.learn(place);
    }

    fn turn_away(
        &mut self,
        place: usize,
        (kind, version): (&'static str, u32),
        print: String,
        error: &Refusal,
    ) {
        let kept = &mut self.kept[place];
        let model = &kept.slot.name;
        swap(error.label());
        let before = kept.refused.get(&(kind, version));
        let before = before.filter(|before| before.print == print);
        let tries_left = before.map_or(TRIES, |before| before.tries_left);
        let tries_left = match error {
            error if error.is_final() => Some(0),
            Refusal::Probe(ProbeError::Slow(_)) => Some(tries_left.saturating_sub(1)),
            // The network, or this machine: it costs little to try again.
            _ => None,
        };
        tracing::error!(%model, version, source = kind, tries_left, error = %Chain(error), "bundle refused");
        if let Some(tries_left) = tries_left {
            let refused = Refused { print, tries_left };
            kept.refused.insert((kind, version), refused);
        }
        if let Refusal::Probe(ProbeError::Failed(_)) | Refusal::Load(_) = error {
            let steps = [crate::edge::store::Step::Quarantine(
                version,
                Chain(error).to_string(),
            )];
            if let Err(error) = kept.store.take(&steps) {
                tracing::error!(%model, %error, "cannot note a bad version");
            }
        }
        tidy(&kept.store);
    }

    /// Brings a version in and lets it answer.
    async fn take_in(
        &self,
        slot: &Slot,
        store: &Store,
        source: usize,
        version: u32,
    ) -> Result<(), Refusal> {
        let incoming = store.incoming(version).map_err(Refusal::Disk)?;
        let source = &self.sources[source];
        source
            .fetch(&slot.name, version, &self.keys, &incoming)
            .await?;
        self.believed(slot, version, &incoming)?;
        store.keep(version).map_err(Refusal::Disk)?;
        let directory = store.version(version);
        let bundle = self.believed(slot, version, &directory)?;
        let active = self.tried(bundle, &directory).await?;
        store
            .take(&store.activation(version))
            .map_err(Refusal::Disk)?;
        let before = slot.put(Some(active));
        swap("activated");
        tracing::info!(model = %slot.name, version, "model activated");
        forget(before.as_deref());
        tidy(store);
        Ok(())
    }

    /// A bundle whose signature, digests and place are right.
    fn believed(&self, slot: &Slot, version: u32, directory: &Path) -> Result<Bundle, Refusal> {
        let bundle = bundle::verify(directory, &self.keys)?;
        if bundle.model() != &slot.name || bundle.version() != version {
            return Err(Refusal::Bundle(BundleError::Elsewhere {
                model: bundle.model().clone(),
                version: bundle.version(),
            }));
        }
        Ok(bundle)
    }

    /// A version that passed its trial, at work.
    async fn tried(&self, bundle: Bundle, directory: &Path) -> Result<Arc<Active>, Refusal> {
        let seen = self.prober.probe(directory).await?;
        let (load_ms, run_ms, rss_mb) = (seen.load_ms, seen.run_ms, seen.rss_mb);
        let (model, version) = (bundle.model().clone(), bundle.version());
        tracing::info!(%model, version, load_ms, run_ms, rss_mb, "trial passed");
        let digest = bundle.digest();
        let manifest = Arc::new(bundle.manifest);
        let onnx = self
            .onnx
            .as_ref()
            .expect("without the library nothing is kept");
        let begun = self.clock.monotonic();
        let net = Net::load(onnx, &bundle.model, Arc::clone(&manifest))?;
        let took = self.clock.monotonic().duration_since(begun);
        metrics::histogram!("inference_model_load_seconds").record(took.as_secs_f64());
        let runner = Runner::start(net, Arc::clone(&manifest), self.clock.clone());
        let active = Active {
            manifest,
            digest,
            runner: runner.map_err(Refusal::Disk)?,
            vitals: std::sync::Mutex::default(),
        };
        told(&active, 1.0);
        Ok(Arc::new(active))
    }

    /// Gives a bad version up for the one before, or for rules.
    async fn give_up(&mut self, sick: &Sick) {
        let named = |kept: &Kept| kept.slot.name == sick.model;
        let Some(place) = self.kept.iter().position(named) else {
            return;
        };
        let Kept { slot, store, .. } = &self.kept[place];
        let (slot, store) = (Arc::clone(slot), store.clone());
        let active = slot.active().map(|active| active.version());
        if active != Some(sick.version) {
            return;
        }
        let (model, version) = (&sick.model, sick.version);
        tracing::error!(%model, version, error = %sick.why, "model gone bad");
        // It may have stood in itself, for a version that is still the current one.
        let others = [Link::Previous, Link::Current].into_iter();
        let mut others = others.filter_map(|link| store.linked(link));
        let (mut stands_in, mut owed) = (None, None);
        if let Some(other) = others.find(|other| *other != version) {
            match self.revived(&slot, &store, other).await {
                Ok(active) => stands_in = Some(active),
                Err(error) => {
                    tracing::error!(%model, version = other, error = %Chain(&error), "the other version cannot stand in");
                    owed = (!error.is_final()).then_some(other);
                }
            }
        }
        self.kept[place].owed = owed.map(Owed::new);
        let instead = stands_in.as_ref().map(|active| active.version());
        let instead = instead.or(owed);
        let steps = store.rollback(version, &sick.why.to_string(), instead);
        if let Err(error) = store.take(&steps) {
            tracing::error!(%model, %error, "cannot note the rollback");
        }
        swap("rolled-back");
        forget(slot.put(stands_in).as_deref());
        tidy(&store);
        self.learn(place);
    }

    fn learn(&self, place: usize) {
        let Kept { slot, store, .. } = &self.kept[place];
        slot.learn(Known {
            previous: store.linked(Link::Previous),
            quarantined: store.quarantined(),
        });
    }

    /// Shows whether a model is missing.
    fn show(&self) {
        let missing = |kept: &&Kept| kept.slot.active().is_none();
        let missing: Vec<_> = self.kept.iter().filter(missing).collect();
        if missing.is_empty() {
            self.probe.there();
        } else {
            let names = missing.iter().map(|kept| kept.slot.name.as_str());
            let names: Vec<_> = names.collect();
            let why = format!("rules answer in place of {}", names.join(", "));
            self.probe.missing(why);
        }
        for kept in &self.kept {
            let degraded = if kept.slot.active().is_none() {
                1.0
            } else {
                0.0
            };
            let name = kept.slot.name.to_string();
            metrics::gauge!("inference_degraded", "model" => name).set(degraded);
        }
    }
}

fn tidy(store: &Store) {
    if let Err(error) = store.tidy() {
        tracing::warn!(%error, "cannot remove old versions");
    }
}

fn swap(result: &'static str) {
    metrics::counter!("inference_model_swaps_total", "result" => result).increment(1);
}

fn told(active: &Active, value: f64) {
    let labels = [
        ("model", active.manifest.model.to_string()),
        ("version", active.version().to_string()),
        ("digest", active.digest.to_string()),
    ];
    metrics::gauge!("inference_model_info", &labels).set(value);
}

fn forget(before: Option<&Active>) {
    if let Some(before) = before {
        told(before, 0.0);
    }
}

/// A version is not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    /// It failed here before.
    #[error("it was quarantined")]
    Quarantined,
    /// It cannot be had.
    #[error("cannot be fetched")]
    Fetch(#[source] SourceError),
    /// It is not believed.
    #[error("is not believed")]
    Bundle(#[source] BundleError),
    /// It failed its trial.
    #[error("failed its trial")]
    Probe(#[source] ProbeError),
    /// It passed its trial and cannot be loaded all the same.
    #[error("cannot be loaded")]
    Load(#[source] LoadError),
    /// The disk failed.
    #[error("cannot be kept")]
    Disk(#[source] std::io::Error),
}

impl Refusal {
    /// Whether the same files would be refused again; what the network or this machine lacked is
    /// tried again.
    fn is_final(&self) -> bool {
        match self {
            Self::Quarantined
            | Self::Bundle(_)
            | Self::Load(_)
            | Self::Probe(ProbeError::Failed(_))
            | Self::Fetch(SourceError::File { .. }) => true,
            Self::Probe(ProbeError::Start(_) | ProbeError::Slow(_))
            | Self::Disk(_)
            | Self::Fetch(SourceError::Bucket(_) | SourceError::Bundle(_)) => false,
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Fetch(_) => "not-fetched",
            Self::Bundle(_) => "not-believed",
            Self::Probe(ProbeError::Slow(_)) => "slow-trial",
            Self::Probe(_) => "failed-trial",
            Self::Load(_) => "not-loaded",
            Self::Disk(_) => "not-kept",
        }
    }
}

impl From<SourceError> for Refusal {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Bundle(error) => Self::Bundle(error),
            SourceError::File { .. } | SourceError::Bucket(_) => Self::Fetch(error),
        }
    }
}

impl From<BundleError> for Refusal {
    fn from(error: BundleError) -> Self {
        Self::Bundle(error)
    }
}

impl From<ProbeError> for Refusal {
    fn from(error: ProbeError) -> Self {
        Self::Probe(error)
    }
}

impl From<LoadError> for Refusal {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}
