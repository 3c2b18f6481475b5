//! Keeps the architecture true: rules over the text of the tree.
//!
//! A rule is a pure function from a file, or from all of them, to its findings; beside each stands
//! an example of what it refuses. Left out: whatever rustc, clippy or `cargo x check` see better.

mod habits;
mod layering;
mod links;
mod lints;
mod manifest;
mod pages;
mod points;
mod promises;
mod purity;
mod runbooks;
mod rust;
mod topics;
mod tree;

use std::fmt;

use tree::File;

/// A place where a rule is broken.
#[derive(Debug)]
struct Finding {
    path: String,
    line: usize,
    advice: String,
}

impl Finding {
    /// `advice` says which rule is broken and what to do about it.
    fn new(file: &File, line: usize, advice: impl Into<String>) -> Self {
        Self {
            path: file.path.clone(),
            line,
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.advice)
    }
}

/// Fails with everything that `rule` finds, file by file.
#[track_caller]
fn uphold(rule: impl Fn(&File) -> Vec<Finding>) {
    uphold_across(|tree| tree.iter().flat_map(&rule).collect());
}

/// Fails with everything that `rule` finds in the tree as a whole.
#[track_caller]
fn uphold_across(rule: impl Fn(&[File]) -> Vec<Finding>) {
    let report: Vec<_> = rule(&tree::read()).iter().map(Finding::to_string).collect();
    assert!(report.is_empty(), "\n{}\n", report.join("\n"));
}

/// The findings of a rule that looks at one line at a time and has `advice` for some.
fn line_by_line(
    file: &File,
    lines: impl IntoIterator<Item = (usize, String)>,
    advice: impl Fn(&str) -> Option<String>,
) -> Vec<Finding> {
    let finding = |(line, text): (usize, String)| Some(Finding::new(file, line, advice(&text)?));
    lines.into_iter().filter_map(finding).collect()
}

/// Compares the lines that `rule` refuses of one file.
#[track_caller]
fn check(rule: impl Fn(&File) -> Vec<Finding>, path: &str, text: &str, refused: &[usize]) {
    let findings = rule(&File::new(path, text));
    let lines: Vec<_> = findings.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, refused, "{findings:?}");
}

/// Compares what `rule` says of a tree, given as paths and texts.
#[track_caller]
fn check_tree(rule: impl Fn(&[File]) -> Vec<Finding>, tree: &[(&str, &str)], expected: &[&str]) {
    let tree: Vec<_> = tree
        .iter()
        .map(|&(path, text)| File::new(path, text))
        .collect();
    let said: Vec<_> = rule(&tree).iter().map(Finding::to_string).collect();
    assert_eq!(said, expected);
}
