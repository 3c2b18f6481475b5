//! `edgectl first-boot`: from the unopened box to a member of its hotel.
//!
//! Promises: every step may be cut short by the power and is taken up by the next run; the key is
//! made here and never leaves; the claim is overwritten and removed once the box has proved its own
//! certificate, not before; what stops the boot is said with what to do about it, an exit code of
//! its own, and in a report. Deliberately not here: opening the network (`edgectl image` does), and
//! whatever the deployment itself brings.
//!
//! ```text
//! DIR/provisioning/journal.json     what is done
//! DIR/provisioning/thing/           key.pem, cert.pem, thing.json: the box in AWS IoT
//! DIR/provisioning/report.json      how the last run went, also as report.txt
//! ```

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use kit::ca::files::{create_dir, write_open};
use kit::clock::Clock;
use kit::error::Chain;

pub(crate) mod acts;
pub(crate) mod deployment;
mod failure;
pub(crate) mod layout;
pub(crate) mod nucleus;
mod owner;
pub(crate) mod plan;
pub(crate) mod power;
mod report;
pub(crate) mod settle;
mod step;
mod wipe;
mod world;

pub(crate) use failure::{Exit, Failure};
pub(crate) use layout::Layout;
pub(crate) use plan::Plan;
pub(crate) use wipe::erase;
pub(crate) use world::network;

use crate::output::{complain, say};
use crate::runtime;
use owner::open_way;
use report::Report;
use step::{Done, Journal, Run, Step};

/// Makes this box a member of its hotel, or goes on where an earlier run was cut short.
///
/// Exit codes: 0 done; 10 hardware, 11 clock, 12 network, 13 claim refused, expired or used,
/// 14 a policy of the cloud is too narrow, 15 the deployment did not come in time, 16 files of
/// this box, 17 the nucleus does not start. The report says the same in words.
#[derive(Debug, Clone, Args)]
pub(crate) struct FirstBoot {
    /// What the box is to become.
    #[arg(long, default_value = "/etc/hotel/box.json", value_name = "FILE")]
    plan: PathBuf,
    /// Where the hotel is kept.
    #[arg(long, default_value = "/var/lib/hotel")]
    dir: PathBuf,
}

impl FirstBoot {
    /// Does it.
    pub(crate) fn run(self) -> ExitCode {
        let clock = Clock::system();
        let plan = match Plan::read(&self.plan) {
            Ok(plan) => plan,
            Err(error) => {
                complain(&error);
                return Exit::Files.into();
            }
        };
        let layout = Layout::new(&self.dir);
        match boot(&plan, &layout, &clock) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                complain(&failure);
                say(format_args!("what to do: {}", failure.advice()));
                failure.exit().into()
            }
        }
    }
}

/// Takes the steps that are left, and leaves a report whatever comes of it.
fn boot(plan: &Plan, layout: &Layout, clock: &Clock) -> Result<(), Failure> {
    create_dir(&layout.thing())?;
    // Components and the nucleus have other users than this program.
    open_way(layout.dir())?;
    open_way(&layout.provisioning())?;
    let mut run = Run::resume(read_journal(plan, layout)?);
    let runtime = runtime::current()?;
    let outcome = runtime.block_on(take_steps(&mut run, plan, layout, clock));
    let failed = run.next().zip(outcome.as_ref().err());
    let report = Report::of(plan, &run, failed, clock.wall());
    report.write(layout)?;
    if outcome.is_ok() {
        say(&report);
    }
    outcome
}

async fn take_steps(
    run: &mut Run,
    plan: &Plan,
    layout: &Layout,
    clock: &Clock,
) -> Result<(), Failure> {
    while let Some(step) = run.next() {
        power::may_fail(step.as_str(), "begin");
        say(format_args!("{step} …"));
        let detail = take(step, plan, layout, clock).await?;
        say(format_args!("{step}: {detail}"));
        power::may_fail(step.as_str(), "taken");
        let at = clock.wall();
        if run.took(Done { step, at, detail }) {
            write_journal(layout, &run.journal)?;
        }
        power::may_fail(step.as_str(), "noted");
    }
    Ok(())
}

/// Takes a step, which looks first whether it was taken already; returns what came of it.
async fn take(step: Step, plan: &Plan, layout: &Layout, clock: &Clock) -> Result<String, Failure> {
    match step {
        Step::Hardware => world::hardware(plan, layout),
        Step::Clock => world::clock(plan, clock),
        Step::Network => world::network(plan, clock).await,
        Step::Key => acts::key(layout),
        Step::Certificate => acts::certificate(plan, layout, clock).await,
        Step::Proof => acts::proof(plan, layout).await,
        Step::Claim => acts::claim(plan),
        Step::Property => acts::property(plan, layout, clock),
        Step::Nucleus => nucleus::start(plan, layout),
        Step::Deployment => deployment::wait(&plan.deployment, clock).await,
    }
}

/// What earlier runs did; a journal of another box is refused.
fn read_journal(plan: &Plan, layout: &Layout) -> Result<Journal, Failure> {
    let path = layout.journal();
    let Some(journal) = layout::read::<Journal>(&path)? else {
        return Ok(Journal::new(plan.serial.clone()));
    };
    if journal.serial == plan.serial {
        return Ok(journal);
    }
    Err(Failure::OtherBox {
        path,
        found: journal.serial,
        wanted: plan.serial.clone(),
    })
}

fn write_journal(layout: &Layout, journal: &Journal) -> Result<(), Failure> {
    Ok(write_open(&layout.journal(), &layout::json(journal))?)
}

/// An error with its causes, for the report.
fn told(failure: &Failure) -> String {
    Chain(failure).to_string()
}

/// A name for what a program was told to run.
fn shown(path: &Path) -> String {
    path.display().to_string()
}
