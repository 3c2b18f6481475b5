//! `edgectl rotate`: a new key and certificate for the box's cloud connection.
//!
//! The box asks with the certificate that is good still; nobody has to visit it. Promises: the old
//! pair works until the new one has been proved by a connection; a power cut leaves a pair that
//! fits, or one that the next run completes; the hotel's own network does not notice. The old
//! certificate is ended by `edgectl cloud retire`, which a box has no right to do.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use kit::ca::Key;
use kit::ca::files::{write_open, write_secret};
use serde::{Deserialize, Serialize};

use crate::first_boot::{Failure, Layout, Plan, acts, layout, nucleus, power};
use crate::fleet::{self, Membership};
use crate::output::{complain, say};
use crate::runtime;

/// Gives the box a new key and certificate for the cloud. Exit codes as of `first-boot`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Rotate {
    /// What the box is.
    #[arg(long, default_value = "/etc/hotel/box.json", value_name = "FILE")]
    plan: PathBuf,
    /// Where the hotel is kept.
    #[arg(long, default_value = "/var/lib/hotel")]
    dir: PathBuf,
}

/// What the cloud gave, until it is in its place.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Next {
    certificate_id: String,
}

impl Rotate {
    /// Does it.
    pub(crate) fn run(self) -> ExitCode {
        match self.rotate() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                complain(&failure);
                say(format_args!("what to do: {}", failure.advice()));
                failure.exit().into()
            }
        }
    }

    fn rotate(&self) -> Result<(), Failure> {
        let plan = Plan::read(&self.plan)?;
        let layout = Layout::new(&self.dir);
        let thing = acts::thing(&layout)?.name;
        if !is_swapping(&layout) {
            let runtime = runtime::current()?;
            runtime.block_on(obtain(&plan, &layout, &thing))?;
        }
        let id = swap(&layout, &thing)?;
        nucleus::hand_over(&plan, &layout)?;
        nucleus::restart(&plan)?;
        say(format_args!("{thing}: new certificate {id}"));
        say(format_args!(
            "end the old one: edgectl cloud retire --thing {thing} --keep {id}"
        ));
        Ok(())
    }
}

/// Whether the new key is in its place and its certificate is not: a swap that was cut short.
fn is_swapping(layout: &Layout) -> bool {
    let next = layout.next_papers();
    next.certificate.exists() && !next.key.exists()
}

/// A new pair beside the old one, proved.
async fn obtain(plan: &Plan, layout: &Layout, thing: &str) -> Result<(), Failure> {
    let (papers, next) = (layout.papers(), layout.next_papers());
    if acts::read_key(&next.key)?.is_none() {
        write_secret(&next.key, Key::generate().secret_pem().as_bytes())?;
    }
    if !acts::fit(&next) {
        let membership = acts::ask(plan, &next.key, &papers, thing).await?;
        power::may_fail("rotate", "given");
        let Membership {
            certificate,
            certificate_id,
            ..
        } = membership;
        let note = layout::json(&Next { certificate_id });
        write_open(&layout.next_note(), &note)?;
        write_open(&next.certificate, certificate.as_bytes())?;
    }
    if !acts::fit(&next) {
        return Err(Failure::OtherKey);
    }
    Ok(fleet::prove(&acts::door(plan), &next, thing).await?)
}

/// Puts the new pair into the place of the old one; returns the id of its certificate.
fn swap(layout: &Layout, thing: &str) -> Result<String, Failure> {
    let (papers, next) = (layout.papers(), layout.next_papers());
    let note: Next = layout::read(&layout.next_note())?.ok_or(Failure::OtherKey)?;
    power::may_fail("rotate", "proved");
    rename(&next.key, &papers.key)?;
    power::may_fail("rotate", "half");
    rename(&next.certificate, &papers.certificate)?;
    let membership = Membership {
        thing: thing.to_owned(),
        certificate_id: note.certificate_id.clone(),
        certificate: String::new(),
    };
    acts::note(&membership, layout)?;
    Ok(note.certificate_id)
}

/// Moves a file into the place of another; one that was moved already is there.
fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(Failure::Owner {
            path: to.to_owned(),
            source,
        }),
        Ok(()) => Ok(()),
    }
}
