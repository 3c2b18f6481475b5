//! Components are pure outside `edge/`: time, chance and IO come in as inputs, so that the rules of
//! the hotel can be tested without a hotel.

use super::rust::{self, Kind};
use super::tree::File;
use super::{Finding, check, line_by_line, uphold};

/// Crates of `components/` that are not components.
const LIBRARIES: &[&str] = &["kit", "peer", "wire"];

/// Files and folders of a component that may know the world.
const WORLDLY: &[&str] = &[
    "main.rs",
    "lib.rs",
    "config.rs",
    "service.rs",
    "service/",
    "edge.rs",
    "edge/",
];

/// Names of the world. A braced `std::{…}` is among them, because it would hide the others.
const WORLD: &[&str] = &[
    "tokio",
    "sqlx",
    "kit::",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::{",
    "Instant::now",
    "SystemTime::now",
];

fn world_in_pure_code(file: &File) -> Vec<Finding> {
    if !is_pure(&file.path) {
        return Vec::new();
    }
    line_by_line(file, rust::lines(&[Kind::Code], file), |code| {
        let name = WORLD.iter().find(|name| rust::names(code, name))?;
        Some(format!(
            "`{name}` in a pure module; move it to edge/ or take it as an input"
        ))
    })
}

fn is_pure(path: &str) -> bool {
    let Some((component, place)) = path
        .strip_prefix("components/")
        .and_then(|path| path.split_once("/src/"))
    else {
        return false;
    };
    !LIBRARIES.contains(&component)
        && !WORLDLY.iter().any(|worldly| place.starts_with(worldly))
        && !place.ends_with("tests.rs")
}

#[test]
fn components_are_pure_outside_their_edge() {
    uphold(world_in_pure_code);
}

#[test]
fn the_world_is_refused_in_pure_modules_only() {
    let world =
        "//! Knows tokio.\nuse tokio::time;\nuse std::{env, fs};\nlet now = Instant::now();";
    check(
        world_in_pure_code,
        "components/uplink/src/batch.rs",
        world,
        &[2, 3, 4],
    );
    for path in [
        "uplink/src/edge/s3.rs",
        "uplink/src/batch/tests.rs",
        "kit/src/clock.rs",
    ] {
        check(
            world_in_pure_code,
            &format!("components/{path}"),
            world,
            &[],
        );
    }
}
