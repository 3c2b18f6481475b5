//! Answers questions, whichever way they came: by a model while one is healthy, by rules else.
//!
//! Nothing here logs what was asked; problems name fields, never their values.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::clock::Clock;
use tokio::sync::mpsc;
use wire::inference::{
    Allocate, Allocated, GUEST_MESSAGE, InferRequest, InferResponse, Message, MessageRead, Models,
    ROOM_ALLOCATION,
};
use wire::{Code, Integer, Problem, Word};

use super::slot::{Active, Slot};
use crate::edge::runner::{Done, QUEUE, Refused};
use crate::tensor::Question;
use crate::vitals::{Bad, Run};
use crate::{baseline, guest, rooms};

/// A model that has gone bad.
#[derive(Debug, Clone)]
pub(crate) struct Sick {
    pub(crate) model: Word,
    pub(crate) version: u32,
    pub(crate) why: Bad,
}

/// Answers questions.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) slots: BTreeMap<String, Arc<Slot>>,
    pub(crate) sick: mpsc::Sender<Sick>,
    pub(crate) clock: Clock,
}

impl Desk {
    /// Runs a model on tensors.
    pub(crate) async fn infer(
        &self,
        model: &str,
        version: Option<&str>,
        request: InferRequest,
        deadline: Instant,
    ) -> Result<InferResponse, Problem> {
        let slot = self.slot(model)?;
        let active = slot.active().ok_or_else(|| no_model(slot))?;
        refuse_other(&active, version)?;
        let counted = |problem: Problem| {
            count(&active, "refused");
            problem
        };
        let places = active.manifest.wanted(&request.outputs).map_err(counted)?;
        let question = active.manifest.take(&request).map_err(counted)?;
        let rows = question.rows;
        let done = self.ask(&active, question, deadline).await?;
        Ok(InferResponse {
            model_name: slot.name.clone(),
            model_version: active.version().to_string(),
            id: request.id,
            outputs: active.manifest.tell(rows, &done.answer, &places),
        })
    }

    /// Reads a guest's message.
    pub(crate) async fn message(
        &self,
        message: &Message,
        deadline: Instant,
    ) -> Result<MessageRead, Problem> {
        let words = guest::words(&message.text)?;
        let active = self.slots.get(GUEST_MESSAGE).and_then(|slot| slot.active());
        let mut by = None;
        let mut read = None;
        if let Some(active) = active {
            let (question, weights) = guest::question(&words);
            if let Some(done) = self.ask_or_rules(&active, question, deadline).await? {
                read = guest::reading(&done.answer, &weights);
                by = read.map(|_| active.version());
            }
        }
        let read = read.unwrap_or_else(|| baseline::message(&words));
        Ok(MessageRead {
            sentiment: read.sentiment.0,
            score: read.sentiment.1,
            topic: read.topic.0,
            topic_score: read.topic.1,
            model: word(GUEST_MESSAGE),
            version: by.map(Integer::from),
            degraded: by.is_none(),
        })
    }

    /// Ranks the rooms for a reservation.
    pub(crate) async fn allocate(
        &self,
        asked: &Allocate,
        deadline: Instant,
    ) -> Result<Allocated, Problem> {
        rooms::check(asked)?;
        let active = self
            .slots
            .get(ROOM_ALLOCATION)
            .and_then(|slot| slot.active());
        let mut by = None;
        let mut scores = None;
        if let Some(active) = active {
            let question = rooms::question(asked);
            if let Some(done) = self.ask_or_rules(&active, question, deadline).await? {
                let answer = done.answer.first().map(crate::tensor::Values::numbers);
                scores = answer.filter(|scores| scores.len() == asked.rooms.len());
                by = scores.as_ref().map(|_| active.version());
            }
        }
        let scores = scores.unwrap_or_else(|| baseline::scores(asked));
        Ok(Allocated {
            rooms: rooms::ranked(asked, &scores),
            model: word(ROOM_ALLOCATION),
            version: by.map(Integer::from),
            degraded: by.is_none(),
        })
    }

    /// How the models are.
    pub(crate) fn models(&self) -> Models {
        Models {
            models: self.slots.values().map(|slot| slot.tell()).collect(),
        }
    }

    /// Whether no model is missing.
    pub(crate) fn whole(&self) -> bool {
        self.slots.values().all(|slot| slot.active().is_some())
    }

    /// The place of a model.
    pub(crate) fn slot(&self, model: &str) -> Result<&Slot, Problem> {
        let slot = self.slots.get(model).map(Arc::as_ref);
        slot.ok_or_else(|| Problem::new(Code::NotFound, "there is no such model").at("model"))
    }

    /// The model's answer; none when rules have to answer because the model failed.
    async fn ask_or_rules(
        &self,
        active: &Active,
        question: Question,
        deadline: Instant,
    ) -> Result<Option<Done>, Problem> {
        if active.manifest.inputs.len() != question.inputs.len()
            || !active.manifest.holds(&question)
        {
            // A model of another form than this program knows; only `infer` can use it.
            return Ok(None);
        }
        match self.ask(active, question, deadline).await {
            Ok(done) => Ok(Some(done)),
            Err(problem) if problem.code == Code::Internal => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    async fn ask(
        &self,
        active: &Active,
        question: Question,
        deadline: Instant,
    ) -> Result<Done, Problem> {
        let outcome = active.runner.ask(question, deadline).await;
        self.note(active, &outcome);
        outcome.map_err(problem)
    }

    /// Counts a run, and calls the keeper when it was one too many.
    fn note(&self, active: &Active, outcome: &Result<Done, Refused>) {
        let budget = Duration::from_millis(active.manifest.budget.latency_ms.into());
        let (label, run) = match outcome {
            Ok(done) => {
                histogram("queue", done.queued);
                histogram("compute", done.computed);
                let slow = done.computed > budget;
                ("answered", Some(if slow { Run::Slow } else { Run::Good }))
            }
            Err(Refused::Full) => ("busy", None),
            Err(Refused::Late) => ("late", None),
            // Only a run can be ended, but a question may also have waited until then.
            Err(Refused::Ended) => ("ended", Some(Run::Slow)),
            Err(Refused::Failed) => ("failed", Some(Run::Failed)),
            Err(Refused::Flawed(_)) => ("flawed", Some(Run::Failed)),
        };
        count(active, label);
        let Some(why) = run.and_then(|run| active.vitals().note(run)) else {
            return;
        };
        let sick = Sick {
            model: active.manifest.model.clone(),
            version: active.version(),
            why,
        };
        // A model is sick once, so there is always room.
        drop(self.sick.try_send(sick));
    }
}

fn refuse_other(active: &Active, version: Option<&str>) -> Result<(), Problem> {
    let other = |version: &str| !version.is_empty() && version != active.version().to_string();
    if version.is_some_and(other) {
        let detail = "only the active version answers";
        return Err(Problem::new(Code::NotFound, detail).at("version"));
    }
    Ok(())
}

fn no_model(slot: &Slot) -> Problem {
    let detail = format!("no version of {} is healthy", slot.name);
    Problem::new(Code::Unavailable, detail).at("model")
}

fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::Full => Problem::new(Code::Busy, format!("{QUEUE} questions wait for the model")),
        Refused::Late | Refused::Ended => Problem::new(
            Code::TimedOut,
            "the deadline passed before there was an answer",
        ),
        Refused::Failed => Problem::new(Code::Internal, "the model failed"),
        Refused::Flawed(flaw) => Problem::new(Code::Internal, flaw.to_string()),
    }
}

fn word(name: &str) -> Word {
    name.parse().expect("names of models are words")
}

fn count(active: &Active, outcome: &'static str) {
    let labels = [
        ("model", active.manifest.model.to_string()),
        ("version", active.version().to_string()),
        ("outcome", outcome.to_owned()),
    ];
    metrics::counter!("inference_requests_total", &labels).increment(1);
}

fn histogram(stage: &'static str, took: Duration) {
    metrics::histogram!("inference_duration_seconds", "stage" => stage).record(took.as_secs_f64());
}
