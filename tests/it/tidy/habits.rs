//! Small habits that keep the tree readable: files that end, work that is finished, tests that wait
//! for states, and a top level that is known by heart.

use super::rust::{self, Kind};
use super::tree::{self, File};
use super::{Finding, check, line_by_line, uphold};

/// Most lines of a file that people wrote.
const LINES_MAX: usize = 800;

/// Kinds of files that people write.
const WRITTEN: &[&str] = &["md", "rs", "sh", "toml", "ts", "yaml"];

/// Marks of work left for later.
const UNFINISHED: &[&str] = &["TODO", "FIXME", "todo!", "unimplemented!"];

/// How a test would wait for time to pass.
const SLEEPS: &[&str] = &["thread::sleep", "time::sleep", "sleep("];

/// What the top level holds beside dotted names and what is built.
const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "components",
    "docs",
    "infra",
    "provisioning",
    "recipes",
    "rust-toolchain.toml",
    "tests",
];

fn long_files(file: &File) -> Vec<Finding> {
    if !file.has_extension(WRITTEN) || file.text.lines().count() <= LINES_MAX {
        return Vec::new();
    }
    let advice = format!("longer than {LINES_MAX} lines; split it by behaviour");
    vec![Finding::new(file, LINES_MAX + 1, advice)]
}

fn unfinished_work(file: &File) -> Vec<Finding> {
    let lines = if file.has_extension(&["rs"]) {
        rust::lines(&[Kind::Code, Kind::Comment], file)
    } else if file.has_extension(WRITTEN) {
        file.lines()
            .map(|(line, text)| (line, text.to_owned()))
            .collect()
    } else {
        Vec::new()
    };
    line_by_line(file, lines, |text| {
        let mark = UNFINISHED.iter().find(|mark| rust::names(text, mark))?;
        Some(format!(
            "`{mark}`; finish it, or open an issue and leave no mark"
        ))
    })
}

fn sleeping_tests(file: &File) -> Vec<Finding> {
    if !file.path.starts_with("tests/it/") {
        return Vec::new();
    }
    line_by_line(file, rust::lines(&[Kind::Code], file), |code| {
        let sleep = SLEEPS.iter().find(|sleep| rust::names(code, sleep))?;
        Some(format!(
            "`{sleep}` in a story; wait for a state with the harness's `eventually`"
        ))
    })
}

fn strange(name: &str) -> bool {
    !TOP_LEVEL.contains(&name)
}

#[test]
fn files_end_before_they_tire() {
    uphold(long_files);
}

#[test]
fn work_in_the_tree_is_finished() {
    uphold(unfinished_work);
}

#[test]
fn stories_wait_for_states() {
    uphold(sleeping_tests);
}

#[test]
fn the_top_level_holds_known_names_only() {
    let mut names = tree::names("");
    names.retain(|name| strange(name));
    assert!(
        names.is_empty(),
        "{names:?} at the top level; move below one of {TOP_LEVEL:?}"
    );
}

#[test]
fn an_endless_file_is_refused() {
    check(long_files, "docs/x.md", &"x\n".repeat(801), &[801]);
    check(long_files, "docs/x.md", &"x\n".repeat(800), &[]);
    check(long_files, "docs/x.snap", &"x\n".repeat(801), &[]);
}

#[test]
fn unfinished_work_is_refused() {
    let source = "todo!();\n// TODO: x\nlet text = \"TODO\";\nfn method_todo() {}\n";
    check(unfinished_work, "components/x/src/lib.rs", source, &[1, 2]);
    check(unfinished_work, "tests/x.sh", "# FIXME\necho", &[1]);
}

#[test]
fn a_sleeping_story_is_refused() {
    let source = "use std::thread::sleep;\n// sleep\ntokio::time::sleep_until(then).await;";
    check(sleeping_tests, "tests/it/x.rs", source, &[1, 3]);
    check(sleeping_tests, "tests/src/x.rs", source, &[]);
}

#[test]
fn a_strange_name_at_the_top_is_refused() {
    assert!(strange("notes.txt"));
    assert!(!strange("components"));
}
