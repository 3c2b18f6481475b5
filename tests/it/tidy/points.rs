//! Every named point of `kit::fault` is passed in one place of the components, and a story strikes
//! there. The other direction needs no rule: a name that is not in the list does not compile.

use kit::fault::Point;

use super::rust::{self, Kind};
use super::tree::File;
use super::{Finding, uphold_across};

/// Where the list is; its name begins those of the files that carry it out.
const LIST: &str = "components/kit/src/fault";

fn idle_points(tree: &[File]) -> Vec<Finding> {
    let list = tree.iter().find(|file| file.path == format!("{LIST}.rs"));
    let list = list.expect("the list is in the tree");
    let mut findings = Vec::new();
    for point in Point::ALL {
        let mut lines = list.lines();
        let line = lines.find(|(_, text)| text.contains(&format!("\"{}\"", point.name())));
        let line = line.map_or(1, |(line, _)| line);
        let complaints = complaints(tree, &format!("Point::{point:?}"));
        findings.extend(
            complaints
                .into_iter()
                .map(|advice| Finding::new(list, line, advice)),
        );
    }
    findings
}

/// What is wrong about one point.
fn complaints(tree: &[File], name: &str) -> Vec<String> {
    let passed = match mentions(tree, "components/", name) {
        0 => Some(format!("{name} is passed nowhere; take it out of the list")),
        1 => None,
        many => Some(format!("{name} stands in {many} places; name them apart")),
    };
    let struck = match mentions(tree, "tests/it/", name) {
        0 => Some(format!("nobody dies at {name}; let a story strike there")),
        _ => None,
    };
    passed.into_iter().chain(struck).collect()
}

/// How many lines of code below a directory name a point.
fn mentions(tree: &[File], above: &str, name: &str) -> usize {
    tree.iter()
        .filter(|file| file.path.starts_with(above) && !file.path.starts_with(LIST))
        // Few do, and parting a file takes a while.
        .filter(|file| file.text.contains(name))
        .flat_map(|file| rust::lines(&[Kind::Code], file))
        .filter(|(_, code)| is_named(code, name))
        .count()
}

/// Whether `code` names `name`, and not a longer one.
fn is_named(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let after = code[at + name.len()..].chars().next();
        !after.is_some_and(char::is_alphanumeric)
    })
}

#[test]
fn every_point_is_passed_in_one_place_and_struck_by_a_story() {
    uphold_across(idle_points);
}

#[track_caller]
fn check(component: &str, story: &str, expected: &[&str]) {
    let tree = [
        File::new("components/x/src/service.rs", component),
        File::new("tests/it/points.rs", story),
    ];
    assert_eq!(complaints(&tree, "Point::Sealed"), expected);
}

#[test]
fn a_point_that_nobody_passes_or_strikes_is_refused() {
    let pass = "fault::pass(Point::Sealed);\n";
    check(pass, "&[Point::Sealed]", &[]);
    check(
        "// Point::Sealed\nfault::pass(Point::SealedTwice);",
        "Point::Sealed",
        &["Point::Sealed is passed nowhere; take it out of the list"],
    );
    check(
        &pass.repeat(2),
        "",
        &[
            "Point::Sealed stands in 2 places; name them apart",
            "nobody dies at Point::Sealed; let a story strike there",
        ],
    );
}
