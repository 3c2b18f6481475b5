//! Turning a bolt by an operator's own hand: for when no tablet of staff works.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use kit::clock::{Clock, later};
use kit::ids;
use wire::device::State;
use wire::door::{Petition, Signed};
use wire::gateway::Executed;
use wire::{Component, DeviceId, ExecutionId, Operation, RequestId, Signature};

use super::{EXECUTION, told};
use crate::operator::{Access, Operator, OperatorError};

/// How long the petition is good; the gateway takes seven seconds at most.
const GOOD: Duration = Duration::from_secs(10);

/// Arguments of `gateway unlock` and `gateway lock`.
#[derive(Debug, Clone, Args)]
pub(crate) struct TurnArguments {
    #[command(flatten)]
    access: Access,
    /// The lock.
    device: DeviceId,
}

impl TurnArguments {
    /// Does it; fails unless the lock says that it did.
    pub(super) fn run(self, operation: &str) -> Result<ExitCode, OperatorError> {
        let Self { access, device } = self;
        let operation: Operation = operation.parse().expect("operations of wire are words");
        let executed: Executed = access.act(async |operator| {
            let petition = petition(&operator, device, operation.clone());
            let id = petition.execution.to_string().parse::<RequestId>();
            let id = id.expect("every execution can name a request");
            operator
                .ask_as(id, Component::IotGateway, &operation, petition, EXECUTION)
                .await
        })?;
        Ok(told(executed))
    }
}

fn petition(operator: &Operator, device: DeviceId, operation: Operation) -> Petition {
    let passport = operator.passport();
    let now = Clock::system().wall();
    let execution: ExecutionId = ids::new(now);
    let mut petition = Petition {
        device,
        operation,
        arguments: State::default(),
        execution,
        expires_at: later(now, GOOD),
        actor: Signed {
            credential: passport.credential().clone(),
            signature: Signature([0; 64]),
        },
        approver: None,
    };
    // What is signed does not cover the signatures themselves.
    petition.actor.signature = passport.sign(&petition.text(passport.property()));
    petition
}
