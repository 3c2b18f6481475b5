//! Links of pages lead somewhere: to a file of the tree, and to a chapter of it.

use std::collections::BTreeSet;

use super::tree::File;
use super::{Finding, check_tree, uphold_across};

/// Links to files or chapters that are not there.
fn dead_links(tree: &[File]) -> Vec<Finding> {
    let known: BTreeSet<_> = tree.iter().flat_map(places).collect();
    let pages = tree.iter().filter(|file| file.has_extension(&["md"]));
    pages.flat_map(|page| dead(page, &known)).collect()
}

fn dead(page: &File, known: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in page.lines() {
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let place = resolved(&page.path, target);
            if !known.contains(&place) {
                let advice = format!("{target} is not there; correct the link");
                findings.push(Finding::new(page, line, advice));
            }
        }
    }
    findings
}

/// Where a file can be linked to: itself, the directories it is in, and its chapters.
fn places(file: &File) -> Vec<String> {
    let parts: Vec<_> = file.path.split('/').collect();
    let mut places: Vec<_> = (1..=parts.len())
        .map(|count| parts[..count].join("/"))
        .collect();
    if file.has_extension(&["md"]) {
        let titles = file.lines().filter(|(_, text)| text.starts_with('#'));
        places.extend(titles.map(|(_, title)| format!("{}#{}", file.path, anchor(title))));
    }
    places
}

/// The anchor of a title, as GitHub makes it.
fn anchor(title: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
    let title = title.trim_start_matches('#').trim().to_lowercase();
    title
        .chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}

/// A link from the top of the tree.
fn resolved(page: &str, target: &str) -> String {
    let (path, chapter) = target.split_once('#').unwrap_or((target, ""));
    let mut parts: Vec<_> = page.split('/').collect();
    if !path.is_empty() {
        parts.pop();
    }
    for part in path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let path = parts.join("/");
    if chapter.is_empty() {
        path
    } else {
        format!("{path}#{chapter}")
    }
}

#[test]
fn links_of_pages_lead_somewhere() {
    uphold_across(dead_links);
}

#[test]
fn a_link_to_nowhere_is_refused() {
    let page = "# A `b`: c-d, e\n[a](y.md) [b](../x.rs) [c](#a-b-c-d-e) [d](../docs)\n\
        [e](z.md) and [f](y.md#two)\n[g](https://z.md) [h](y.md#one) [i](#one)";
    let tree = [("docs/x.md", page), ("docs/y.md", "## One\n"), ("x.rs", "")];
    check_tree(
        dead_links,
        &tree,
        &[
            "docs/x.md:3: z.md is not there; correct the link",
            "docs/x.md:3: y.md#two is not there; correct the link",
            "docs/x.md:4: #one is not there; correct the link",
        ],
    );
}
