//! Rows of receipts.

use proptest::prelude::*;

use super::*;

fn receipt(lines: &serde_json::Value) -> Receipt {
    serde_json::from_value(serde_json::json!({ "lines": lines })).unwrap()
}

/// A PNG picture of one grey.
fn grey(width: u32, height: u32, grey: u8) -> Vec<u8> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    let pixels = vec![grey; (width * height) as usize];
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    png
}

fn narrow() -> Profile {
    serde_json::from_value(serde_json::json!({ "columns": "16", "dots_per_line": 192 })).unwrap()
}

/// The texts of a receipt on paper of 16 columns.
#[track_caller]
fn check(lines: &serde_json::Value, expected: &[&str]) {
    let rows = lay_out(&receipt(lines), &narrow()).unwrap();
    let texts: Vec<_> = rows
        .iter()
        .filter_map(|row| match row {
            Row::Text { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, expected);
}

#[track_caller]
fn check_refused(lines: &serde_json::Value, field: &str) {
    let problem = lay_out(&receipt(lines), &narrow()).unwrap_err();
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (Code::Invalid, Some(field))
    );
}

// device-proxy-4.1
#[test]
fn texts_are_broken_between_words_and_long_words_within() {
    let text = |text: &str| serde_json::json!([{ "kind": "text", "text": text }]);
    check(
        &text("without onions, please"),
        &["without onions,", "please"],
    );
    check(
        &text("Donaudampfschifffahrt ahoi"),
        &["Donaudampfschiff", "fahrt ahoi"],
    );
    check(&text(""), &[""]);
    let wide = serde_json::json!([{ "kind": "text", "text": "Table 12", "width": 4 }]);
    check(&wide, &["Tabl", "e 12"]);
}

// device-proxy-4.1
#[test]
fn cells_are_broken_within_their_columns() {
    let cells = serde_json::json!([{ "kind": "columns", "cells": [
        { "text": "2 x", "width": 4 }, { "text": "Soup of the day" },
        { "text": "9.50", "width": 5, "align": "right" },
    ] }]);
    check(
        &cells,
        &["2 x Soup    9.50", "    of the      ", "    day         "],
    );
}

// device-proxy-4.1
#[test]
fn the_paper_is_cut_at_the_end_once() {
    let cuts = |lines: serde_json::Value| {
        let rows = lay_out(&receipt(&lines), &narrow()).unwrap();
        rows.iter().filter(|row| **row == Row::Cut).count()
    };
    assert_eq!(cuts(serde_json::json!([{ "kind": "rule" }])), 1);
    assert_eq!(
        cuts(serde_json::json!([{ "kind": "rule" }, { "kind": "cut" }])),
        1
    );
}

// device-proxy-4.3
#[test]
fn what_cannot_be_printed_is_refused_by_its_line() {
    let line = |line: serde_json::Value| serde_json::json!([{ "kind": "rule" }, line]);
    check_refused(&serde_json::json!([]), "document.lines");
    check_refused(
        &line(serde_json::json!({ "kind": "feed", "lines": 0 })),
        "document.lines[1].lines",
    );
    check_refused(
        &line(serde_json::json!({ "kind": "text", "text": "", "width": 9 })),
        "document.lines[1].width",
    );
    check_refused(
        &line(serde_json::json!({ "kind": "text", "text": "", "height": 0 })),
        "document.lines[1].height",
    );
    check_refused(
        &line(serde_json::json!({ "kind": "qr", "text": "x", "module": 17 })),
        "document.lines[1].module",
    );
    check_refused(
        &line(serde_json::json!({ "kind": "qr", "text": "x", "module": 10 })),
        "document.lines[1].module",
    );
    check_refused(
        &line(serde_json::json!({ "kind": "columns", "cells": [] })),
        "document.lines[1].cells",
    );
    check_refused(
        &line(serde_json::json!({ "kind": "columns", "cells": [{ "text": "" }, { "text": "" }] })),
        "document.lines[1].cells",
    );
    check_refused(
        &line(serde_json::json!({ "kind": "columns", "cells": [{ "text": "", "width": 17 }] })),
        "document.lines[1].cells",
    );
    check_refused(
        &line(serde_json::json!({ "kind": "image", "png": "AAAA" })),
        "document.lines[1].png",
    );
}

// device-proxy-4.3
#[test]
fn a_receipt_holds_no_more_than_printers_draw_in_a_moment() {
    let qr = serde_json::json!({ "kind": "qr", "text": "x" });
    check_refused(
        &serde_json::Value::Array(vec![qr; 17]),
        "document.lines[16].text",
    );
    let large = serde_json::json!([{ "kind": "qr", "text": "ü".repeat(501), "module": 1 }]);
    check_refused(&large, "document.lines[0].text");
    let png = wire::Octets::<131_072>::new(grey(8, 2_001, 255)).unwrap();
    let image = serde_json::json!({ "kind": "image", "png": png });
    check_refused(&serde_json::json!([image, image]), "document.lines[1].png");
}

#[test]
fn greys_become_as_many_dots_as_they_are_dark() {
    for (grey, expected) in [(0, 4_096), (64, 3_070), (128, 2_040), (255, 0)] {
        let image = Bitmap::of_png(&self::grey(64, 64, grey), 64, 64).unwrap();
        let black: u32 = image.dots.iter().map(|byte| byte.count_ones()).sum();
        assert!(black.abs_diff(expected) < 60, "{grey}: {black}");
    }
}

proptest! {
    // device-proxy-4.1
    #[test]
    fn no_row_is_wider_than_the_paper(
        text in "\\PC{0,120}", width in 1_u8..=8, cell in 1_u8..=12,
    ) {
        let Ok(text) = text.parse::<wire::Text<120>>() else { return Ok(()); };
        let lines = serde_json::json!([
            { "kind": "text", "text": text, "width": width },
            { "kind": "columns", "cells": [{ "text": text, "width": cell }, { "text": text }], "width": 1 },
        ]);
        for row in lay_out(&receipt(&lines), &narrow()).unwrap() {
            if let Row::Text { text, style, .. } = row {
                prop_assert!(text.chars().count() * usize::from(style.width) <= 16);
            }
        }
    }

    #[test]
    fn no_bytes_are_a_picture_that_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Bitmap::of_png(&bytes, 576, 4_000));
    }
}
