//! Looks before the first act: is this a box, is the time right, is there a way to the cloud?

use std::time::Duration;

use kit::clock::Clock;

use super::plan::{Moment, Plan};
use super::{Failure, Layout};
use crate::probe::{self, Machine};
use crate::property::present;

/// How far the clock may be from others'. Certificates are backdated by a day, but S3 refuses
/// requests that are a quarter of an hour off.
const SKEW_MAX: Duration = Duration::from_mins(5);
/// How much of a portal's page is told.
const TOLD_MAX: usize = 60;

/// Enough processors, memory and disk.
pub(super) fn hardware(plan: &Plan, layout: &Layout) -> Result<String, Failure> {
    let machine = Machine::of(layout.dir()).map_err(Failure::Machine)?;
    let needs = &plan.needs;
    let compared = [
        ("processors", machine.cpus, needs.cpus),
        ("MB of memory", machine.memory_mb, needs.memory_mb),
        ("MB of free disk", machine.disk_free_mb, needs.disk_free_mb),
    ];
    for (what, has, needs) in compared {
        if has < needs {
            return Err(Failure::Hardware { what, has, needs });
        }
    }
    Ok(compared
        .map(|(what, has, _)| format!("{has} {what}"))
        .join(", "))
}

/// No earlier than the image.
pub(super) fn clock(plan: &Plan, clock: &Clock) -> Result<String, Failure> {
    let (now, built_at) = (Moment(present(clock)), plan.built_at);
    if now < built_at {
        return Err(Failure::ClockEarly { now, built_at });
    }
    Ok(format!("{now}"))
}

/// Names, a free way to the internet at the time that others have, and the cloud's own MQTT.
pub(crate) async fn network(plan: &Plan, clock: &Clock) -> Result<String, Failure> {
    let endpoint = &plan.cloud.data;
    for address in [&plan.internet.server, endpoint] {
        probe::resolve(address)
            .await
            .map_err(|source| Failure::Name {
                host: address.host.clone(),
                source,
            })?;
    }
    internet(plan, clock).await?;
    probe::greet(endpoint, Some(&plan.cloud.root_ca))
        .await
        .map_err(|source| Failure::Cloud {
            endpoint: endpoint.clone(),
            source,
        })?;
    Ok(format!("{endpoint} is reached and is the cloud's"))
}

async fn internet(plan: &Plan, clock: &Clock) -> Result<(), Failure> {
    let server = plan.internet.server.clone();
    let answer = match probe::fetch(&server, &plan.internet.path).await {
        Ok(answer) => answer,
        Err(source) => return Err(Failure::Internet { server, source }),
    };
    if answer.status != 200 || answer.body.trim() != plan.internet.says {
        return Err(Failure::Portal {
            server,
            status: answer.status,
            said: answer.body.trim().chars().take(TOLD_MAX).collect(),
        });
    }
    let now = Moment(present(clock));
    match answer.date {
        Some(theirs) if (now.0 - theirs).unsigned_abs() > SKEW_MAX => Err(Failure::ClockOff {
            now,
            server,
            theirs: Moment(theirs),
        }),
        Some(_) | None => Ok(()),
    }
}
