//! Questions to `uplink`.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::record::Stream;
use wire::request::Nothing;
use wire::uplink::{
    COST, Cost, DRAIN, DUMP, DUMP_MAX, Drained, Dump, Dumped, LETTERS, Letters, LettersOf,
    LinkStat, MODE, Mode, QUARANTINE, Quarantine, REPLAY, Replay, Replayed, STAT, SetMode, Stat,
};
use wire::{Component, Integer};

use crate::operator::{Access, OperatorError};
use crate::output::{json, say};

mod ranges;
mod show;
mod verify;

pub(crate) use verify::VerifyError;

/// How long a question without work may take.
const WAIT: Duration = Duration::from_secs(10);

/// Looks into the spool, and empties it.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum UplinkCommand {
    /// Show how full the spool is and how uploads go.
    Stat(StatArguments),
    /// Show the oldest records that wait.
    Dump(DumpArguments),
    /// Upload everything that waits, now.
    Drain(DrainArguments),
    /// Count the spool again, and see that nothing is missing between it and the bucket.
    Verify(verify::Verify),
    /// Batches that are set aside, because the bucket will not have them.
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Try batches again that are set aside.
    Replay(ReplayArguments),
    /// Show or choose how the link to the cloud is used.
    Mode(ModeArguments),
    /// Show what was sent, what it costs, and how much stayed in the house.
    Cost(StatArguments),
}

/// What is done about batches that do not get through.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// List them.
    List(StatArguments),
    /// Show the first lines of one.
    Show(ShowArguments),
    /// Set the batch aside that holds a stream up.
    Put(PutArguments),
}

/// Arguments of `uplink quarantine show`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    access: Access,
    /// Its number.
    #[arg(value_parser = number)]
    number: Integer,
}

/// Arguments of `uplink quarantine put`.
#[derive(Debug, Clone, Args)]
pub(crate) struct PutArguments {
    #[command(flatten)]
    access: Access,
    /// p0, p1, p2 or p3.
    stream: Stream,
}

/// Arguments of `uplink replay`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReplayArguments {
    #[command(flatten)]
    access: Access,
    /// The number of the one; all when not said.
    #[arg(value_parser = number)]
    number: Option<Integer>,
}

/// Arguments of `uplink mode`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ModeArguments {
    #[command(flatten)]
    access: Access,
    /// normal, metered or offline; `configured` leaves it to the configuration.
    #[arg(value_parser = ["normal", "metered", "offline", "configured"])]
    mode: Option<String>,
}

/// Arguments of `uplink stat`.
#[derive(Debug, Clone, Args)]
pub(crate) struct StatArguments {
    #[command(flatten)]
    access: Access,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Arguments of `uplink dump`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DumpArguments {
    #[command(flatten)]
    access: Access,
    /// p0, p1, p2 or p3.
    stream: Stream,
    /// At most this many records.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=i64::from(DUMP_MAX)))]
    limit: u32,
}

/// Arguments of `uplink drain`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DrainArguments {
    #[command(flatten)]
    access: Access,
    /// Longest wait, in seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: u64,
}

impl UplinkCommand {
    /// Does it; the exit code is 1 when something is wrong with the spool.
    pub(crate) fn run(self) -> Result<ExitCode, VerifyError> {
        match self {
            Self::Stat(StatArguments {
                access,
                json: as_json,
            }) => {
                let stat: Stat = ask(&access, STAT, Nothing {}, WAIT)?;
                if as_json {
                    json(&stat);
                } else {
                    show::stat(&stat);
                }
            }
            Self::Dump(DumpArguments {
                access,
                stream,
                limit,
            }) => {
                let dumped: Dumped = ask(&access, DUMP, Dump { stream, limit }, WAIT)?;
                json(&dumped.lines);
            }
            Self::Drain(DrainArguments { access, wait }) => {
                let wait = Duration::from_secs(wait);
                let drained: Drained = ask(&access, DRAIN, Nothing {}, wait)?;
                let Drained {
                    uploaded_batches,
                    waiting_records,
                } = drained;
                say(format_args!(
                    "{uploaded_batches} batches uploaded, {waiting_records} records arrived meanwhile"
                ));
            }
            Self::Verify(verify) => return verify.run(),
            Self::Quarantine(command) => command.run()?,
            Self::Replay(ReplayArguments { access, number }) => {
                let replayed: Replayed = ask(&access, REPLAY, Replay { number }, WAIT)?;
                say(format_args!("{} batches are tried again", replayed.batches));
            }
            Self::Mode(ModeArguments { access, mode }) => turn(&access, mode.as_deref())?,
            Self::Cost(StatArguments {
                access,
                json: as_json,
            }) => {
                let cost: Cost = ask(&access, COST, Nothing {}, WAIT)?;
                if as_json {
                    json(&cost);
                } else {
                    show::cost(&cost);
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl QuarantineCommand {
    fn run(self) -> Result<(), OperatorError> {
        match self {
            Self::List(StatArguments {
                access,
                json: as_json,
            }) => {
                let letters: Letters = ask(&access, LETTERS, LettersOf::default(), WAIT)?;
                if as_json {
                    json(&letters.letters);
                } else {
                    show::letters(&letters.letters);
                }
            }
            Self::Show(ShowArguments { access, number }) => {
                let number = Some(number);
                let letters: Letters = ask(&access, LETTERS, LettersOf { number }, WAIT)?;
                json(&letters);
            }
            Self::Put(PutArguments { access, stream }) => {
                let letters: Letters = ask(&access, QUARANTINE, Quarantine { stream }, WAIT)?;
                show::letters(&letters.letters);
            }
        }
        Ok(())
    }
}

/// Shows the link, or turns it first.
fn turn(access: &Access, mode: Option<&str>) -> Result<(), OperatorError> {
    let Some(mode) = mode else {
        let stat: Stat = ask(access, STAT, Nothing {}, WAIT)?;
        show::link(&stat.link);
        return Ok(());
    };
    let chosen = Mode::ALL.iter().copied().find(|one| one.as_str() == mode);
    let link: LinkStat = ask(access, MODE, SetMode { mode: chosen }, WAIT)?;
    show::link(&link);
    Ok(())
}

fn ask<Q: Serialize, A: DeserializeOwned>(
    access: &Access,
    operation: &str,
    question: Q,
    wait: Duration,
) -> Result<A, OperatorError> {
    access.act(async |operator| {
        operator
            .ask(Component::Uplink, operation, question, wait)
            .await
    })
}

fn number(text: &str) -> Result<Integer, String> {
    let number = text.parse().ok().and_then(Integer::new);
    number.ok_or_else(|| "not a number".to_owned())
}
