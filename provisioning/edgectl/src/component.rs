//! Certificates of components and operators.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kit::clock::Clock;
use kit::identity::Holder;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wire::{Component, Integer, Principal};

use crate::output::say;
use crate::property::{Leaf, Property, PropertyError, Renewal, present};

/// Issues certificates to components.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ComponentCommand {
    /// See to it that a component has a current certificate.
    Issue(IssueComponent),
}

/// Issues certificates to operators.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum OperatorCommand {
    /// See to it that an operator has a current certificate.
    Issue(IssueOperator),
}

/// Arguments of `component issue`.
#[derive(Debug, Clone, Args)]
pub(crate) struct IssueComponent {
    /// Where the property is kept.
    #[arg(long)]
    dir: PathBuf,
    /// The component.
    #[arg(value_parser = component)]
    name: Component,
    /// Issue a new certificate although the old one is not due.
    #[arg(long)]
    renew: bool,
}

/// Arguments of `operator issue`.
#[derive(Debug, Clone, Args)]
pub(crate) struct IssueOperator {
    /// Where the property is kept.
    #[arg(long)]
    dir: PathBuf,
    /// The operator.
    name: Principal,
    /// Issue a new certificate although the old one is not due.
    #[arg(long)]
    renew: bool,
}

impl ComponentCommand {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), PropertyError> {
        let Self::Issue(IssueComponent { dir, name, renew }) = self;
        issue(&dir, &Holder::Component(name), renew, &Clock::system())
    }
}

impl OperatorCommand {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), PropertyError> {
        let Self::Issue(IssueOperator { dir, name, renew }) = self;
        issue(&dir, &Holder::Operator(name), renew, &Clock::system())
    }
}

fn issue(dir: &Path, holder: &Holder, renew: bool, clock: &Clock) -> Result<(), PropertyError> {
    let renewal = if renew {
        Renewal::Now
    } else {
        Renewal::WhenDue
    };
    let leaf = Property::open(dir)?.issue(holder, renewal, present(clock))?;
    let principal = holder.principal();
    say(match leaf {
        Leaf::Issued(until) => format!(
            "{principal}: certificate issued, valid until {}",
            date(until)
        ),
        Leaf::Kept(until) => {
            format!(
                "{principal}: certificate valid until {}, nothing changed",
                date(until)
            )
        }
    });
    Ok(())
}

fn date(ms: Integer) -> String {
    i64::try_from(ms.value() / 1_000)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| ms.to_string())
}

fn component(text: &str) -> Result<Component, String> {
    text.parse().map_err(|_| {
        let names: Vec<_> = Component::ALL
            .iter()
            .map(|component| component.as_str())
            .collect();
        format!("not one of {}", names.join(", "))
    })
}
