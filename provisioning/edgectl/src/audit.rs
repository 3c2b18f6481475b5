//! The audit trail: taking it out, and finding out whether anybody has touched it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use kit::audit::{Broken, Sound, verify};
use kit::credential::Verifier;
use serde::{Deserialize, Serialize};
use wire::Component;
use wire::audit::{Entry, HEAD_RECORD, Head, Page, PageOf};
use wire::gateway::AUDIT;

use crate::operator::{Access, Operator, OperatorError};
use crate::output::say;

/// How long the gateway may take for a page.
const WAIT: Duration = Duration::from_secs(10);

/// Takes the trail out, and checks it.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum AuditCommand {
    /// Print the whole trail, a JSON object a line: entries and signed heads.
    Export(ExportArguments),
    /// Check that nothing in the trail was changed, taken out, put in or cut off.
    Verify(VerifyArguments),
}

/// Arguments of `audit export`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    access: Access,
}

/// Arguments of `audit verify`.
#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    access: Access,
    /// An exported trail; without it the gateway is asked for the present one.
    file: Option<PathBuf>,
    /// Heads that were kept elsewhere, a JSON object a line: exported ones, or lines of the cloud's
    /// stream p0.
    #[arg(long)]
    anchor: Option<PathBuf>,
}

impl AuditCommand {
    pub(crate) fn run(self) -> Result<(), AuditError> {
        match self {
            Self::Export(export) => export.run(),
            Self::Verify(verify) => verify.run(),
        }
    }
}

impl ExportArguments {
    fn run(self) -> Result<(), AuditError> {
        let trail = self.access.act(async |operator| whole(&operator).await)?;
        for line in trail.lines() {
            say(serde_json::to_string(&line).expect("wire types always have a JSON form"));
        }
        Ok(())
    }
}

impl VerifyArguments {
    fn run(self) -> Result<(), AuditError> {
        let identity = self.access.identity()?;
        let Trail { entries, heads } = match &self.file {
            Some(path) => Trail::read(path)?,
            None => self.access.act(async |operator| whole(&operator).await)?,
        };
        let anchors = self.anchor.as_deref().map(Trail::read).transpose()?;
        let anchors = anchors.map(|trail| trail.heads).unwrap_or_default();
        let property = &identity.spiffe.property;
        let Sound {
            entries,
            heads,
            anchors,
            unsigned,
            open,
        } = verify(
            property,
            &Verifier::of(&identity),
            &entries,
            &heads,
            &anchors,
        )?;
        say(format_args!(
            "sound: {entries} entries, {heads} heads, {anchors} anchors; {unsigned} not signed yet, \
             {open} without an outcome"
        ));
        if anchors == 0 {
            say("without an anchor a trail that was cut off or written anew cannot be told");
        }
        Ok(())
    }
}

/// Turns page after page.
async fn whole(operator: &Operator) -> Result<Trail, OperatorError> {
    let (mut trail, mut of) = (Trail::default(), PageOf::default());
    loop {
        let page: Page = operator.ask(Component::IotGateway, AUDIT, of, WAIT).await?;
        trail.entries.extend(page.entries);
        trail.heads.extend(page.heads);
        match page.next {
            Some(after) => of = PageOf { after },
            None => return Ok(trail),
        }
    }
}

/// A trail, or the part of it that a file holds.
#[derive(Debug, Clone, Default)]
struct Trail {
    entries: Vec<Entry>,
    heads: Vec<Head>,
}

/// One line of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Entry(Entry),
    Head(Head),
    #[serde(untagged)]
    Uploaded(Box<wire::uplink::Line>),
}

impl Trail {
    fn lines(self) -> impl Iterator<Item = Line> {
        let entries = self.entries.into_iter().map(Line::Entry);
        entries.chain(self.heads.into_iter().map(Line::Head))
    }

    fn read(path: &Path) -> Result<Self, AuditError> {
        let text = fs::read_to_string(path).map_err(|source| AuditError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut trail = Self::default();
        for (place, line) in (1..).zip(text.lines()) {
            trail.take(line).map_err(|source| AuditError::Line {
                path: path.to_owned(),
                place,
                source,
            })?;
        }
        Ok(trail)
    }

    fn take(&mut self, line: &str) -> Result<(), serde_json::Error> {
        match serde_json::from_str(line)? {
            Line::Entry(entry) => self.entries.push(entry),
            Line::Head(head) => self.heads.push(head),
            Line::Uploaded(uploaded) => {
                let record = uploaded.record;
                if record.kind.as_str() == HEAD_RECORD {
                    let head = serde_json::from_value(serde_json::Value::Object(record.body))?;
                    self.heads.push(head);
                }
            }
        }
        Ok(())
    }
}

/// The trail cannot be had, or is not as it was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    /// The gateway did not give it.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// A file is missing or not ours to read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line is neither an entry nor a head.
    #[error("{path}: line {place} is no part of a trail", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        place: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// Somebody has touched it.
    #[error("the trail is not as it was written")]
    Broken(#[from] Broken),
}

#[cfg(test)]
mod tests;
