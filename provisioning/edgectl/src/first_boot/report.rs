//! How a run went, for the person in front of the box and for programs.

use std::fmt;

use kit::ca::files::write_open;
use serde::Serialize;
use wire::{Integer, Version};

use super::plan::{Plan, Serial};
use super::step::{Run, Step};
use super::{Failure, Layout, layout, told};

/// A run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    v: Version<1>,
    serial: Serial,
    property: String,
    #[serde(rename = "box")]
    box_id: String,
    /// When it ended, in Unix milliseconds of the box's clock.
    at: Integer,
    done: bool,
    /// Exit code of the process.
    code: u8,
    steps: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Line {
    step: Step,
    result: Outcome,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Done,
    Failed,
    NotReached,
}

impl Report {
    /// What is known at the end of a run.
    pub(super) fn of(
        plan: &Plan,
        run: &Run,
        failed: Option<(Step, &Failure)>,
        at: Integer,
    ) -> Self {
        let line = |step: Step| {
            let (result, detail) = match (run.known(step), failed) {
                (Some(done), _) => (Outcome::Done, done.detail.clone()),
                (None, Some((at, failure))) if at == step => (Outcome::Failed, told(failure)),
                (None, _) if run.journal.is_complete() => (Outcome::Done, String::new()),
                (None, _) => (Outcome::NotReached, String::new()),
            };
            Line {
                step,
                result,
                detail,
            }
        };
        Self {
            v: Version,
            serial: plan.serial.clone(),
            property: plan.property.to_string(),
            box_id: plan.box_id.to_string(),
            at,
            done: failed.is_none(),
            code: failed.map_or(0, |(_, failure)| failure.exit() as u8),
            steps: Step::ALL.into_iter().map(line).collect(),
            advice: failed.map(|(_, failure)| failure.advice()),
        }
    }

    /// Leaves it on the disk, for programs and for people.
    pub(super) fn write(&self, layout: &Layout) -> Result<(), Failure> {
        write_open(&layout.report("json"), &layout::json(self))?;
        let text = format!("{self}\n");
        Ok(write_open(&layout.report("txt"), text.as_bytes())?)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            serial,
            property,
            box_id,
            ..
        } = self;
        write!(f, "box {box_id} ({serial}) of {property}")?;
        for line in &self.steps {
            let result = match line.result {
                Outcome::Done => "done",
                Outcome::Failed => "FAILED",
                Outcome::NotReached => "not reached",
            };
            write!(
                f,
                "\n  {:12} {result:11} {}",
                line.step.as_str(),
                line.detail
            )?;
        }
        match self.advice {
            Some(advice) => write!(f, "\nwhat to do: {advice}"),
            None => write!(f, "\nthe box is a member of its hotel"),
        }
    }
}
