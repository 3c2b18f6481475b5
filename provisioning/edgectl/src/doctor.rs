//! `edgectl doctor`: finds what is wrong with a box and says what to do.
//!
//! Promises: it changes nothing; every finding says what was looked at, what was found and what to
//! do; one look that hangs does not hold up the others for longer than some seconds; no secret is
//! shown. What the messages mean: `docs/runbooks/doctor.md`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use kit::clock::Clock;
use serde::Serialize;
use wire::Version;

mod certificates;
mod finding;
mod looks;

use crate::first_boot::{Layout, Plan};
use crate::output::{complain, json, say};
use crate::runtime;
use finding::{Finding, Health};

/// Exit code where something is wrong.
const SICK: u8 = 19;

/// Finds what is wrong with this box and says what to do. Exit codes: 0 well, or only to be
/// watched; 19 something is wrong; 1 it cannot look.
#[derive(Debug, Clone, Args)]
pub(crate) struct Doctor {
    /// What the box is.
    #[arg(long, default_value = "/etc/hotel/box.json", value_name = "FILE")]
    plan: PathBuf,
    /// Where the hotel is kept.
    #[arg(long, default_value = "/var/lib/hotel")]
    dir: PathBuf,
    /// For programs.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Diagnosis {
    v: Version<1>,
    version: &'static str,
    health: Health,
    findings: Vec<Finding>,
}

impl Doctor {
    /// Does it.
    pub(crate) fn run(self) -> ExitCode {
        match self.diagnose() {
            Ok(diagnosis) => {
                let sick = diagnosis.health == Health::Wrong;
                self.tell(&diagnosis);
                if sick { SICK.into() } else { ExitCode::SUCCESS }
            }
            Err(error) => {
                complain(&error);
                ExitCode::FAILURE
            }
        }
    }

    fn diagnose(&self) -> Result<Diagnosis, crate::runtime::RuntimeError> {
        let clock = Clock::system();
        let layout = Layout::new(&self.dir);
        let mut findings = looks::of_machine(&layout);
        findings.extend(certificates::keys(&self.dir));
        findings.extend(certificates::leaves(&self.dir, &layout, &clock));
        match Plan::read(&self.plan) {
            Ok(plan) => {
                let runtime = runtime::current()?;
                findings.extend(runtime.block_on(looks::of_world(&plan, &layout, &clock)));
            }
            Err(error) => findings.push(looks::no_plan(&error)),
        }
        let worst = findings.iter().map(|finding| finding.health).max();
        Ok(Diagnosis {
            v: Version,
            version: env!("CARGO_PKG_VERSION"),
            health: worst.unwrap_or(Health::Well),
            findings,
        })
    }

    fn tell(&self, diagnosis: &Diagnosis) {
        if self.json {
            return json(diagnosis);
        }
        diagnosis.findings.iter().for_each(say);
        say(match diagnosis.health {
            Health::Well => "the box is well",
            Health::Watch => "the box works; watch what is marked",
            Health::Wrong => "something is wrong; do what stands beside it, from the top",
        });
    }
}
