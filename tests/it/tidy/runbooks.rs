//! Every block of commands in `docs/runbooks` has a name, and a test that types it.

use std::collections::BTreeSet;

use super::tree::File;
use super::{Finding, check_tree, uphold_across};

/// What is fenced as a command is typed; the rest is shown.
const TYPED: &[&str] = &["sh", "sql"];
const SHOWN: &str = "text";

/// Blocks that no test types, and fences that do not say what they are.
fn untyped_blocks(tree: &[File]) -> Vec<Finding> {
    let pages = tree
        .iter()
        .filter(|file| file.path.starts_with("docs/runbooks/") && file.has_extension(&["md"]));
    pages
        .flat_map(|page| untyped(page, &readers(tree, page)))
        .collect()
}

/// The stories that read a page.
fn readers<'a>(tree: &'a [File], page: &File) -> Vec<&'a File> {
    let name = page.path.rsplit('/').next().unwrap_or_default();
    let read = format!("Runbook::read(\"{name}\")");
    let is_story = |file: &&File| {
        file.path.starts_with("tests/it/")
            && !file.path.starts_with("tests/it/tidy/")
            && file.text.contains(&read)
    };
    tree.iter().filter(is_story).collect()
}

fn untyped(page: &File, readers: &[&File]) -> Vec<Finding> {
    let mut names = BTreeSet::new();
    let mut findings = Vec::new();
    let mut is_open = false;
    for (line, text) in page.lines() {
        let Some(fence) = text.trim_start().strip_prefix("```") else {
            continue;
        };
        is_open = !is_open;
        if !is_open || (fence == SHOWN && text.starts_with("```")) {
            continue;
        }
        let (language, name) = fence.split_once(' ').unwrap_or((fence, ""));
        let quoted = format!("\"{name}\"");
        let advice = if !text.starts_with("```") || !TYPED.contains(&language) || name.is_empty() {
            "a fence that no test knows; begin the line with ```sh NAME, ```sql NAME or ```text"
        } else if !names.insert(name) {
            "a name that stands on this page before; give the block one of its own"
        } else if !readers.iter().any(|story| story.text.contains(&quoted)) {
            "commands that no test types; take the block in a story that reads this page"
        } else {
            continue;
        };
        findings.push(Finding::new(page, line, advice));
    }
    findings
}

#[test]
fn every_block_of_a_runbook_is_typed_by_a_test() {
    uphold_across(untyped_blocks);
}

#[test]
fn a_block_that_nobody_types_is_refused() {
    let page = "```sh a\nx\n```\n```sh b\n```\n```sh a\n```\n```\n```\n```bash c\n```\n```sh\n```\n\
        ```text\n```\n  ```sh d\n  ```\n```sql e\n```\n";
    let reads = "let mut book = Runbook::read(\"x.md\"); ";
    let tree = [
        ("docs/runbooks/x.md", page),
        ("docs/runbooks/y.md", "```sh a\n```\n"),
        ("docs/spec/x.md", "```sh a\n```\n"),
        (
            "tests/it/x.rs",
            &format!("{reads}take(\"a\"); take(\"e\");"),
        ),
        ("tests/it/other.rs", "take(\"b\")"),
        ("tests/it/tidy/x.rs", &format!("{reads}take(\"b\");")),
    ];
    let unknown =
        "a fence that no test knows; begin the line with ```sh NAME, ```sql NAME or ```text";
    let untyped = "commands that no test types; take the block in a story that reads this page";
    let twice = "a name that stands on this page before; give the block one of its own";
    check_tree(
        untyped_blocks,
        &tree,
        &[
            &format!("docs/runbooks/x.md:4: {untyped}"),
            &format!("docs/runbooks/x.md:6: {twice}"),
            &format!("docs/runbooks/x.md:8: {unknown}"),
            &format!("docs/runbooks/x.md:10: {unknown}"),
            &format!("docs/runbooks/x.md:12: {unknown}"),
            &format!("docs/runbooks/x.md:16: {unknown}"),
            &format!("docs/runbooks/y.md:1: {untyped}"),
        ],
    );
}
