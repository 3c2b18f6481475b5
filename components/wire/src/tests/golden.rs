//! Wire forms and schemas are committed files; TypeScript reads the same ones. After a change that
//! is meant: `UPDATE=1 cargo test --workspace golden`.

use std::fs;
use std::path::Path;

use super::examples;

#[track_caller]
fn check(folder: &str, name: &str, value: &serde_json::Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(folder)
        .join(format!("{name}.json"));
    let text = format!("{}\n", serde_json::to_string_pretty(value).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        committed,
        text,
        "{} differs from the code; see golden.rs",
        path.display()
    );
}

#[track_caller]
fn check_complete(folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut committed: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    committed.sort();
    let mut known: Vec<_> = examples::all()
        .iter()
        .map(|form| format!("{}.json", form.name))
        .collect();
    known.sort();
    assert_eq!(
        committed, known,
        "a file without a form, or a form without a file"
    );
}

// bus-2.1
#[test]
fn every_wire_form_is_as_committed() {
    for form in examples::all() {
        check("vectors", form.name, &form.example);
    }
    check_complete("vectors");
}

// bus-2.2
#[test]
fn every_schema_is_as_committed() {
    for form in examples::all() {
        check("schemas", form.name, &form.schema);
    }
    check_complete("schemas");
}
