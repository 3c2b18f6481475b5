//! Waiting until the first deployment has brought every component and all are ready.

use std::time::Duration;

use kit::clock::Clock;
use kit::config::Address;
use tokio::time::sleep;

use super::Failure;
use super::plan::Deployment;
use crate::probe;

/// Between two rounds of questions.
const PAUSE: Duration = Duration::from_secs(1);
/// How much of what a component says is told.
const TOLD_MAX: usize = 200;

/// Returns when all are ready.
pub(super) async fn wait(deployment: &Deployment, clock: &Clock) -> Result<String, Failure> {
    let wait = Duration::from_secs(deployment.wait_s);
    let begun = clock.monotonic();
    loop {
        let waiting = not_ready(deployment).await;
        if waiting.is_empty() {
            let count = deployment.components.len();
            return Ok(format!("{count} components ready"));
        }
        if clock.monotonic().duration_since(begun) >= wait {
            let waiting = waiting.join("; ");
            return Err(Failure::Deployment { wait, waiting });
        }
        sleep(PAUSE).await;
    }
}

async fn not_ready(deployment: &Deployment) -> Vec<String> {
    let mut waiting = Vec::new();
    for (name, admin) in &deployment.components {
        if let Some(lacks) = lacking(admin).await {
            waiting.push(format!("{name} ({lacks})"));
        }
    }
    waiting
}

/// What a component lacks, as it says itself; nothing when it is ready.
pub(crate) async fn lacking(admin: &Address) -> Option<String> {
    match probe::fetch(admin, "/readyz").await {
        Ok(answer) if answer.status == 200 => None,
        Ok(answer) => Some(checks(&answer.body)),
        Err(_) => Some("does not run".to_owned()),
    }
}

fn checks(body: &str) -> String {
    let Ok(status) = serde_json::from_str::<wire::status::Status>(body) else {
        return "not ready".to_owned();
    };
    let lacking = status.checks.iter().filter(|check| !check.ready);
    let told: Vec<_> = lacking
        .map(|check| format!("{}: {}", check.name, check.detail))
        .collect();
    told.join(", ").chars().take(TOLD_MAX).collect()
}
