//! Questions to `uplink`.

use std::time::Duration;

use clap::{Args, Subcommand};
use wire::Component;
use wire::record::Stream;
use wire::request::Nothing;
use wire::uplink::{DRAIN, DUMP, DUMP_MAX, Drained, Dump, Dumped, STAT, Stat};

use crate::operator::{Access, OperatorError};
use crate::output::{json, say};

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
    /// Does it.
    pub(crate) fn run(self) -> Result<(), OperatorError> {
        match self {
            Self::Stat(StatArguments {
                access,
                json: as_json,
            }) => {
                let stat: Stat = access.act(async |operator| {
                    operator
                        .ask(Component::Uplink, STAT, Nothing {}, WAIT)
                        .await
                })?;
                if as_json { json(&stat) } else { show(&stat) }
            }
            Self::Dump(DumpArguments {
                access,
                stream,
                limit,
            }) => {
                let dumped: Dumped = access.act(async |operator| {
                    operator
                        .ask(Component::Uplink, DUMP, Dump { stream, limit }, WAIT)
                        .await
                })?;
                json(&dumped.lines);
            }
            Self::Drain(DrainArguments { access, wait }) => {
                let wait = Duration::from_secs(wait);
                let drained: Drained = access.act(async |operator| {
                    operator
                        .ask(Component::Uplink, DRAIN, Nothing {}, wait)
                        .await
                })?;
                let Drained {
                    uploaded_batches,
                    waiting_records,
                } = drained;
                say(format_args!(
                    "{uploaded_batches} batches uploaded, {waiting_records} records arrived meanwhile"
                ));
            }
        }
        Ok(())
    }
}

fn show(stat: &Stat) {
    say("stream  waiting   bytes  uploaded  batches    bytes");
    for stream in &stat.streams {
        say(format_args!(
            "{:6}  {:7} {:7}  {:8}  {:7}  {:7}",
            stream.stream.as_str(),
            stream.waiting_records,
            stream.waiting_bytes,
            stream.uploaded_records,
            stream.uploaded_batches,
            stream.uploaded_bytes
        ));
    }
    let files = &stat.files;
    say(format_args!(
        "files: {} waiting ({} bytes), {} uploaded ({} bytes)",
        files.waiting, files.waiting_bytes, files.uploaded, files.uploaded_bytes
    ));
    say(match stat.cloud {
        None => "nothing was uploaded yet".to_owned(),
        Some(true) => "the cloud is reachable".to_owned(),
        Some(false) => format!("the cloud is not reachable: {}", stat.last_error),
    });
}
