//! The cloud side as code: what can be said of the templates without AWS, and the programs of the
//! cloud on real parts, started by what the templates say.
//!
//! What is about the templates alone stands in `tests/python/infra`, whose modules run here.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use hotel_tests::Hotel;
use hotel_tests::hotel::{artifacts, repository};

mod programs;

/// Runs a module of `tests/python/infra`.
#[track_caller]
fn python(module: &str) {
    let output = Command::new(Hotel::python())
        .args(["-B", "-m", "unittest", module])
        .current_dir(repository().join("tests/python/infra"))
        .env("HOTEL_ARTIFACTS", artifacts())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !told.contains("Ran 0 tests"),
        "{told}"
    );
}

/// What cfn-lint says of templates; nothing when they are good.
fn lint(templates: &[PathBuf]) -> String {
    let output = Command::new(Hotel::python().with_file_name("cfn-lint"))
        .args(templates)
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn templates() -> Vec<PathBuf> {
    let folder = repository().join("infra/cloudformation");
    let mut templates: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    templates.sort();
    templates
}

// infra-1.1
#[test]
fn templates_are_clean_under_cfn_lint() {
    let templates = templates();
    assert!(templates.len() >= 6, "{templates:?}");
    assert_eq!(lint(&templates), "");
    let scratch = tempfile::tempdir().unwrap();
    let wrong = scratch.path().join("wrong.yaml");
    let text = fs::read_to_string(&templates[0]).unwrap();
    fs::write(
        &wrong,
        text.replace("Type: AWS::EC2::VPC\n", "Type: AWS::EC2::Vpc\n"),
    )
    .unwrap();
    assert!(lint(&[wrong]).contains("AWS::EC2::Vpc"));
}

// infra-1.2, infra-1.3, infra-1.4, infra-6.1, infra-6.2
#[test]
fn stacks_fit_together_and_alarms_lead_to_their_runbook() {
    python("stacks");
}

// infra-2.1, infra-2.2, infra-2.3, infra-2.4, infra-2.5
#[test]
fn the_hook_lets_expected_boxes_in_and_nobody_else() {
    python("hook");
}

// infra-3.1, infra-3.2, infra-3.3, infra-3.4
#[test]
fn policies_name_what_they_allow() {
    python("policies");
}

// infra-4.1, infra-4.2, infra-4.3
#[test]
fn batches_are_read_as_they_are_written_and_kept_as_long_as_promised() {
    python("data");
}

// infra-5.2, infra-5.3, infra-5.4
#[test]
fn programs_of_the_cloud_are_told_what_they_must_know_and_no_more() {
    python("programs");
}

// infra-5.5
#[test]
fn the_hub_believes_the_authorities_of_its_database_where_its_image_names_them() {
    python("aurora");
}

// infra-7.1
#[test]
fn the_page_of_costs_says_what_the_figures_say() {
    python("costs");
}
