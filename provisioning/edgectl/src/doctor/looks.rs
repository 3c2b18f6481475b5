//! The machine, the network, the cloud and the components.

use std::process::{Command, Stdio};

use kit::clock::Clock;
use kit::config::Address;
use kit::error::Chain;

use super::finding::Finding;
use crate::first_boot::plan::{Plan, PlanError};
use crate::first_boot::{Failure, Layout, acts, deployment, network};
use crate::fleet;
use crate::probe::{self, Machine};

/// With less free disk nothing new is accepted before long.
const DISK_WRONG_MB: u64 = 1_000;
/// With less free disk somebody should look.
const DISK_WATCH_MB: u64 = 5_000;
/// Host name of S3 in a region.
const S3: (&str, &str) = ("s3.", ".amazonaws.com");

/// Disk, memory, firewall.
pub(super) fn of_machine(layout: &Layout) -> Vec<Finding> {
    vec![disk(layout), firewall()]
}

fn disk(layout: &Layout) -> Finding {
    let advice = "see what grew: du -xhd2 /var/lib/hotel; a full disk stops orders and doors";
    let free = match Machine::of(layout.dir()) {
        Ok(machine) => machine.disk_free_mb,
        Err(error) => return Finding::wrong("disk", error.to_string(), advice),
    };
    let found = format!("{free} MB free");
    if free < DISK_WRONG_MB {
        Finding::wrong("disk", found, advice)
    } else if free < DISK_WATCH_MB {
        Finding::watch("disk", found, advice)
    } else {
        Finding::well("disk", found)
    }
}

/// Our table is in the kernel; only root can see it.
fn firewall() -> Finding {
    let advice = "systemctl enable --now nftables; its rules are in /etc/nftables.conf";
    let list = Command::new("nft")
        .args(["list", "table", "inet", "hotel"])
        .stdin(Stdio::null())
        .output();
    match list {
        Ok(output) if output.status.success() => {
            Finding::well("firewall", "our rules are in force")
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().next().unwrap_or("not there").to_owned();
            Finding::watch("firewall", said, advice)
        }
        Err(_) => Finding::watch("firewall", "nft is not installed", advice),
    }
}

/// A box without a plan is none yet.
pub(super) fn no_plan(error: &PlanError) -> Finding {
    let advice = "this box was not made from an image of ours: provisioning/make-image.sh";
    Finding::wrong("plan", Chain(error).to_string(), advice)
}

/// Network, cloud, components.
pub(super) async fn of_world(plan: &Plan, layout: &Layout, clock: &Clock) -> Vec<Finding> {
    let mut findings = vec![
        way_out(plan, clock).await,
        membership(plan, layout).await,
        storage(plan).await,
        broker(plan).await,
    ];
    for (name, admin) in &plan.deployment.components {
        findings.push(component(name, admin).await);
    }
    findings
}

/// Clock, names, portal and the cloud's MQTT, as at the first boot.
async fn way_out(plan: &Plan, clock: &Clock) -> Finding {
    match network(plan, clock).await {
        Ok(found) => Finding::well("network and clock", found),
        Err(failure) => of_failure("network and clock", &failure),
    }
}

/// The box's own certificate still lets it in.
async fn membership(plan: &Plan, layout: &Layout) -> Finding {
    let check = "membership";
    let thing = match acts::thing(layout) {
        Ok(thing) => thing.name,
        Err(failure) => {
            let advice = "the first boot is not done; see /var/lib/hotel/provisioning/report.txt";
            return Finding::wrong(check, Chain(&failure).to_string(), advice);
        }
    };
    // Under its own name it would push the nucleus off the connection.
    if !acts::fit(&layout.papers()) {
        let advice = "finish the rotation: edgectl rotate";
        return Finding::wrong(check, "key and certificate do not fit", advice);
    }
    match fleet::shake(&acts::door(plan), &layout.papers()).await {
        Ok(()) => Finding::well(check, format!("{thing}, accepted by the cloud")),
        Err(error) => of_failure(check, &Failure::from(error)),
    }
}

fn of_failure(check: &str, failure: &Failure) -> Finding {
    Finding::wrong(check, Chain(failure).to_string(), failure.advice())
}

/// S3 of the region.
async fn storage(plan: &Plan) -> Finding {
    let (before, after) = S3;
    let host = format!("{before}{}{after}", plan.cloud.region);
    let server = Address { host, port: 443 };
    // Its certificate is of the same authorities as that of the cloud's MQTT.
    match probe::greet(&server, None).await {
        Ok(()) => Finding::well("S3", format!("{server} is reached")),
        Err(error) => Finding::watch(
            "S3",
            format!("{server}: {error}"),
            "let the box out on TCP 443; until then records wait on its disk",
        ),
    }
}

/// The local broker listens.
async fn broker(plan: &Plan) -> Finding {
    let broker = &plan.deployment.broker;
    match probe::connect(broker).await {
        Ok(()) => Finding::well("broker", format!("{broker} listens")),
        Err(error) => Finding::wrong(
            "broker",
            format!("{broker}: {error}"),
            "every component waits for it; look at the log of component broker first",
        ),
    }
}

/// A component says itself what it lacks.
async fn component(name: &str, admin: &Address) -> Finding {
    let check = format!("component {name}");
    match deployment::lacking(admin).await {
        None => Finding::well(check, "ready"),
        Some(lacks) => Finding::wrong(
            check,
            lacks,
            "see docs/runbooks/component-not-ready.md; its log says since when",
        ),
    }
}
