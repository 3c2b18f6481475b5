//! Notes of the rules as metrics and logs.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use wire::gateway::Outcome;
use wire::{Code, DeviceId, Problem};

use crate::command::{Execution, State};
use crate::doors::turn::{self, Turn};
use crate::effect::{Note, Why};
use crate::gateway::Gateway;

/// Shortest time between two warnings about one device.
const PAUSE: Duration = Duration::from_mins(1);
/// Most devices whose last warning is remembered; all are forgotten when there are more.
const REMEMBERED: usize = 20_000;

/// Counts everything, and warns about each device now and then.
#[derive(Debug, Default)]
pub(crate) struct Notes(HashMap<Option<DeviceId>, Instant>);

/// Shows how many devices there are.
pub(crate) fn show_devices(gateway: &Gateway) {
    let (total, online) = gateway.count();
    metrics::gauge!("iot_gateway_devices", "state" => "total").set(f64::from(total));
    metrics::gauge!("iot_gateway_devices", "state" => "online").set(f64::from(online));
    metrics::gauge!("iot_gateway_devices", "state" => "revoked").set(f64::from(gateway.revoked()));
}

impl Notes {
    /// Takes down one note.
    pub(crate) fn take(&mut self, now: Instant, note: &Note) {
        match note {
            // The gauges are set once a batch.
            Note::Presence => {}
            Note::Accepted => count("iot_gateway_messages_accepted_total", 1),
            Note::Duplicate => count("iot_gateway_messages_duplicate_total", 1),
            Note::Conflict(id, boot, seq) => {
                count("iot_gateway_messages_conflict_total", 1);
                if self.may_warn(now, Some(id)) {
                    tracing::warn!(device = %id, %boot, %seq, "message contradicts an earlier one");
                }
            }
            Note::Stale(id, boot) => {
                count("iot_gateway_messages_stale_total", 1);
                if self.may_warn(now, Some(id)) {
                    tracing::warn!(device = %id, %boot, "message of an earlier boot");
                }
            }
            Note::Gap(id) => {
                count("iot_gateway_gaps_total", 1);
                tracing::debug!(device = %id, "messages are missing");
            }
            Note::Untaken(id, why) => self.untaken(now, id, *why),
            Note::Lost(id, lost) => {
                count("iot_gateway_messages_lost_total", lost.places.places());
                tracing::warn!(device = %id, boot = %lost.boot, first_seq = lost.places.first,
                    last_seq = lost.places.last, "messages are lost");
            }
            Note::Rejected(id, problem) => self.rejected(now, id.as_ref(), problem),
            Note::Unknown(id) => {
                reject("unknown-device");
                if self.may_warn(now, Some(id)) {
                    tracing::warn!(device = %id, "not in the registry, ignored");
                }
            }
            Note::Removed(id) => tracing::info!(device = %id, "removed from the registry"),
            Note::Expired(asker) => {
                count("iot_gateway_requests_expired_total", 1);
                tracing::debug!(principal = %asker.principal, request = %asker.id,
                    "request came after its deadline");
            }
            Note::Ended(execution) => ended(execution),
            Note::Turned(turn) => turned(turn),
            Note::Refused(id, problem) => {
                count("iot_gateway_turns_refused_total", 1);
                tracing::warn!(device = %id, field = problem.field, error = %problem, "bolt not turned");
            }
            Note::Late(execution) => tracing::info!(execution = %execution.id,
                device = %execution.device, outcome = outcome(execution),
                "outcome of a timed-out command became known"),
        }
    }

    fn untaken(&mut self, now: Instant, id: &DeviceId, why: Why) {
        let reason = match why {
            Why::Gaps => "gaps",
            Why::OutboxFull => "outbox-full",
        };
        metrics::counter!("iot_gateway_messages_untaken_total", "reason" => reason).increment(1);
        if self.may_warn(now, Some(id)) {
            tracing::warn!(device = %id, reason, "message left with its device");
        }
    }

    fn rejected(&mut self, now: Instant, id: Option<&DeviceId>, problem: &Problem) {
        reject(reason(problem.code));
        let device = id.map(DeviceId::as_str);
        if self.may_warn(now, id) {
            tracing::warn!(device, field = problem.field, error = %problem, "message rejected");
        } else {
            tracing::debug!(device, field = problem.field, error = %problem, "message rejected");
        }
    }

    /// Whether the last warning about the device is long enough ago.
    fn may_warn(&mut self, now: Instant, id: Option<&DeviceId>) -> bool {
        let last = self.0.get(&id.cloned());
        if last.is_some_and(|last| now < *last + PAUSE) {
            return false;
        }
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        self.0.insert(id.cloned(), now);
        true
    }
}

fn ended(execution: &Execution) {
    let outcome = outcome(execution);
    metrics::counter!("iot_gateway_commands_total", "outcome" => outcome).increment(1);
    tracing::info!(execution = %execution.id, device = %execution.device,
        operation = %execution.operation, principal = %execution.principal, outcome,
        "command ended");
}

fn turned(turn: &Turn) {
    let known = match &turn.state {
        turn::State::Asking | turn::State::Sent => return,
        turn::State::Ended { outcome, .. } => *outcome,
        turn::State::TimedOut { late } => late.unwrap_or(Outcome::TimedOut),
    };
    let outcome = word(known);
    metrics::counter!("iot_gateway_turns_total", "outcome" => outcome).increment(1);
    tracing::info!(execution = %turn.execution, device = %turn.device, operation = %turn.operation,
        actor = %turn.actor, outcome, "turn of a bolt ended");
}

/// What is known of how a command ended.
fn outcome(execution: &Execution) -> &'static str {
    let outcome = match &execution.state {
        State::Sent | State::Accepted | State::InProgress => return "open",
        State::Ended { outcome, .. } => *outcome,
        State::TimedOut { late } => late.unwrap_or(Outcome::TimedOut),
    };
    word(outcome)
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Rejected => "rejected",
        Outcome::TimedOut => "timed_out",
    }
}

fn reason(code: Code) -> &'static str {
    match code {
        Code::Malformed => "malformed",
        Code::UnsupportedVersion => "unsupported-version",
        Code::Invalid => "invalid",
        Code::TooLarge => "too-large",
        Code::NotFound => "not-found",
        Code::Forbidden
        | Code::Conflict
        | Code::Expired
        | Code::Unsupported
        | Code::Busy
        | Code::TimedOut
        | Code::Unavailable
        | Code::StorageFull
        | Code::Internal => "other",
    }
}

fn reject(reason: &'static str) {
    metrics::counter!("iot_gateway_messages_rejected_total", "reason" => reason).increment(1);
}

fn count(name: &'static str, by: u64) {
    metrics::counter!(name).increment(by);
}
