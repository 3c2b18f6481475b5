use std::collections::BTreeMap;

use aws_sdk_greengrassv2::operation::get_deployment::GetDeploymentOutput;
use aws_sdk_greengrassv2::primitives::DateTime;
use aws_sdk_greengrassv2::types::ComponentDeploymentSpecification;

use super::*;
use crate::request::Deployment;

/// A deployment of `uplink 0.2.0`.
fn sent() -> Sent {
    let uplink = ComponentDeploymentSpecification::builder().component_version("0.2.0");
    let found = GetDeploymentOutput::builder()
        .target_arn("arn:aws:iot:r:1:thinggroup/hotels")
        .components("uplink", uplink.build().unwrap())
        .build();
    Sent {
        id: "d2".to_owned(),
        deployment: Deployment::of(&found),
        status: "ACTIVE".to_owned(),
    }
}

fn box_of(execution: Option<Execution>, version: &str, state: State, healthy: bool) -> Box {
    let uplink = InstalledComponent::builder()
        .component_name("uplink")
        .component_version(version)
        .lifecycle_state(state)
        .build();
    box_with(vec![uplink], execution, healthy)
}

fn box_with(
    installed: Vec<InstalledComponent>,
    execution: Option<Execution>,
    healthy: bool,
) -> Box {
    let time = DateTime::from_secs(0);
    let effective = |status| {
        EffectiveDeployment::builder()
            .deployment_id("d2")
            .deployment_name("hotels 0.2.0")
            .target_arn("t")
            .core_device_execution_status(status)
            .creation_timestamp(time)
            .modified_timestamp(time)
            .reason("no space")
            .build()
            .unwrap()
    };
    let report = Report {
        name: "box-1".to_owned(),
        healthy,
        execution: execution.map(effective),
        installed,
    };
    report.judged(&sent())
}

#[track_caller]
fn check(of: (Option<Execution>, &str, State, bool), expected: Result<(), (bool, &str)>) {
    let (execution, version, state, healthy) = of;
    let found = box_of(execution, version, state, healthy);
    let expected = match expected {
        Ok(()) => Verdict::Runs,
        Err((false, why)) => Verdict::Underway(why.to_owned()),
        Err((true, why)) => Verdict::Failed(why.to_owned()),
    };
    assert_eq!(found.verdict, expected);
}

// delivery-4.1
#[test]
fn a_box_runs_a_deployment_when_it_says_so_is_healthy_and_has_its_versions() {
    let done = Some(Execution::Succeeded);
    check((done.clone(), "0.2.0", State::Running, true), Ok(()));
    check((done.clone(), "0.2.0", State::Finished, true), Ok(()));
    let older = "reports uplink 0.1.0, not 0.2.0";
    check(
        (done.clone(), "0.1.0", State::Running, true),
        Err((false, older)),
    );
    check(
        (done, "0.2.0", State::Running, false),
        Err((true, "is unhealthy")),
    );
    let unheard = Err((false, "has not heard of it"));
    check((None, "0.2.0", State::Running, true), unheard);
}

// delivery-4.1
#[test]
fn a_box_that_does_not_report_a_component_does_not_run_it() {
    let other = InstalledComponent::builder()
        .component_name("aws.greengrass.Cli")
        .component_version("0.2.0")
        .lifecycle_state(State::Running)
        .build();
    for installed in [vec![], vec![other]] {
        let found = box_with(installed, Some(Execution::Succeeded), true);
        let why = "does not report uplink 0.2.0".to_owned();
        assert_eq!(found.verdict, Verdict::Underway(why));
    }
}

// delivery-4.2
#[test]
fn the_component_that_does_not_run_is_named() {
    let done = Some(Execution::Succeeded);
    let broken = "uplink 0.2.0 is BROKEN";
    check(
        (done.clone(), "0.2.0", State::Broken, false),
        Err((true, broken)),
    );
    let errored = "uplink 0.2.0 is ERRORED";
    check((done, "0.2.0", State::Errored, true), Err((false, errored)));
    let underway = "IN_PROGRESS, uplink 0.2.0 is ERRORED";
    let going = Some(Execution::InProgress);
    check(
        (going, "0.2.0", State::Errored, true),
        Err((false, underway)),
    );
    let failed = "FAILED: no space; uplink 0.2.0 is BROKEN";
    let ended = Some(Execution::Failed);
    check(
        (ended.clone(), "0.2.0", State::Broken, true),
        Err((true, failed)),
    );
    let failed = "FAILED: no space";
    check((ended, "0.1.0", State::Running, true), Err((true, failed)));
}

// delivery-4.3
#[test]
fn one_failed_box_is_a_failure_and_a_group_without_boxes_runs_nothing() {
    let outcome = |boxes: &[&Box], status: &str| {
        let fleet = Fleet {
            target: String::new(),
            deployment: String::new(),
            deployment_id: String::new(),
            status: status.to_owned(),
            boxes: boxes.iter().map(|b| (*b).clone()).collect(),
        };
        fleet.outcome()
    };
    let runs = box_of(Some(Execution::Succeeded), "0.2.0", State::Running, true);
    let waits = box_of(Some(Execution::Queued), "0.1.0", State::Running, true);
    let failed = box_of(Some(Execution::Rejected), "0.1.0", State::Running, true);
    assert_eq!(outcome(&[&runs, &runs], "ACTIVE"), Outcome::Runs);
    assert_eq!(outcome(&[&runs, &waits], "ACTIVE"), Outcome::Underway);
    assert_eq!(
        outcome(&[&runs, &waits, &failed], "ACTIVE"),
        Outcome::Failed
    );
    assert_eq!(outcome(&[&runs], "CANCELED"), Outcome::Failed);
    assert_eq!(outcome(&[], "ACTIVE"), Outcome::Underway);
    let versions: BTreeMap<_, _> = [("uplink".to_owned(), "0.2.0".to_owned())].into();
    assert_eq!(runs.versions, versions);
}
