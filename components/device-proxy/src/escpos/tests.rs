//! Bytes of documents, byte by byte.

use proptest::prelude::*;
use wire::Code;
use wire::print::{Document, DrawerPin, Held};

use super::*;
use crate::print::{Condition, Profile};

mod raw;
mod reply;

// device-proxy-4.7
#[test]
fn a_drawer_is_opened_by_one_pulse_and_nothing_is_printed() {
    let bytes = |pin| encode(&Document::Drawer { pin }, &Profile::default(), true).unwrap();
    assert_eq!(bytes(DrawerPin::Two), b"\x1b@\x1bp\x00\x19\xfa");
    assert_eq!(bytes(DrawerPin::Five), b"\x1b@\x1bp\x01\x19\xfa");
}

fn document(lines: &serde_json::Value) -> Document {
    serde_json::from_value(serde_json::json!({ "kind": "receipt", "lines": lines })).unwrap()
}

#[track_caller]
fn check(lines: &serde_json::Value, expected: &[u8]) {
    let bytes = encode(&document(lines), &Profile::default(), false).unwrap();
    let expected = [INITIALIZE, expected, CUT].concat();
    assert_eq!(
        bytes.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
}

macro_rules! lines {
    ($($line:tt),*) => { &serde_json::json!([$($line),*]) };
}

// device-proxy-4.1
#[test]
fn texts_are_plain_bytes_with_what_differs_before_them() {
    check(
        lines![{ "kind": "text", "text": "Soup" }, { "kind": "feed", "lines": 3 }, { "kind": "text", "text": "x" }],
        b"Soup\n\x1bd\x03x\n",
    );
    check(
        lines![
            { "kind": "text", "text": "42", "align": "center", "bold": true, "width": 2, "height": 4 },
            { "kind": "text", "text": "x", "underline": true, "invert": true, "align": "right" }
        ],
        b"\x1ba\x01\x1bE\x01\x1d!\x1342\n\x1ba\x02\x1bE\x00\x1b-\x01\x1dB\x01\x1d!\x00x\n",
    );
    check(
        lines![{ "kind": "columns", "cells": [{ "text": "2 x", "width": 5 }, { "text": "Soup" }, { "text": "13.00", "width": 8, "align": "right" }] }],
        b"2 x  Soup                                  13.00\n",
    );
}

// device-proxy-4.2
#[test]
fn letters_are_looked_for_in_the_code_pages_of_the_printer() {
    check(
        lines![{ "kind": "text", "text": "Crème brûlée 5 €" }],
        b"Cr\x1bt\x00\x8ame br\x96l\x82e 5 \x1bt\x13\xd5\n",
    );
    check(
        lines![{ "kind": "text", "text": "Żurek — „борщ“ 漢\u{202e}字" }],
        b"\x1bt\x12\xbdurek - \"\x1bt\x11\xa1\xae\xe0\xe9\" ??\n",
    );
    let plain: Profile = serde_json::from_value(serde_json::json!({ "code_pages": {} })).unwrap();
    let text = document(lines![{ "kind": "text", "text": "Crème brûlée für 5 € Żurek" }]);
    let bytes = encode(&text, &plain, false).unwrap();
    let expected = b"\x1b@Creme brulee fuer 5 EUR Zurek\n\x1dVB\x00";
    assert_eq!(
        bytes.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
}

// device-proxy-4.1
#[test]
fn a_code_is_drawn_by_the_printer() {
    check(
        lines![{ "kind": "qr", "text": "order", "module": 5 }],
        b"\x1ba\x01\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x05\x1d(k\x03\x001E1\
          \x1d(k\x08\x001P0order\x1d(k\x03\x001Q0",
    );
}

// device-proxy-3.2
#[test]
fn what_may_be_there_twice_says_so_first() {
    let text = document(lines![{ "kind": "text", "text": "x" }]);
    let raw: Document =
        serde_json::from_value(serde_json::json!({ "kind": "raw", "octets": "eAo" })).unwrap();
    for document in [text, raw] {
        let marked = encode(&document, &Profile::default(), true).unwrap();
        let mark = marked
            .windows(MARK.len())
            .position(|window| window == MARK.as_bytes());
        let text = marked.windows(2).rposition(|window| window == b"x\n");
        assert!(mark.unwrap() < text.unwrap());
        let unmarked = encode(&document, &Profile::default(), false).unwrap();
        assert!(!unmarked.windows(3).any(|window| window == b"***"));
    }
}

/// A PNG picture of one grey.
fn png(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    png
}

fn image(png: &[u8]) -> Document {
    let png = wire::Octets::<131_072>::new(png.to_vec()).unwrap();
    document(lines![{ "kind": "image", "png": png }])
}

// device-proxy-4.1
#[test]
fn a_picture_becomes_dots_in_bands() {
    let black = image(&png(16, 33, &[0; 16 * 33]));
    let bytes = encode(&black, &Profile::default(), false).unwrap();
    let band = |rows: u8| {
        [
            b"\x1dv0\x00\x02\x00".as_slice(),
            &[rows, 0],
            &[255; 64][..2 * usize::from(rows)],
        ]
        .concat()
    };
    assert_eq!(bytes, [INITIALIZE, &band(32), &band(1), CUT].concat());
    let wide = encode(&image(&png(577, 1, &[0; 577])), &Profile::default(), false).unwrap_err();
    assert_eq!(
        (wide.code, wide.field.as_deref()),
        (Code::Invalid, Some("document.lines[0].png"))
    );
}

// device-proxy-4.4
#[test]
fn dots_are_never_a_command_in_real_time() {
    // DLE EOT, DLE ENQ, DLE DC4 and DLE CAN as dots.
    let rows = [0x10, 0x04, 0x10, 0x05, 0x10, 0x14, 0x10, 0x18_u8];
    let dots = |byte: u8| (0..8).map(move |bit| if byte & (0x80 >> bit) == 0 { 255 } else { 0 });
    let pixels: Vec<u8> = rows.into_iter().flat_map(dots).collect();
    let bytes = encode(&image(&png(16, 4, &pixels)), &Profile::default(), false).unwrap();
    assert!(
        !bytes
            .windows(2)
            .any(|pair| pair[0] == 0x10 && matches!(pair[1], 4 | 5 | 0x14 | 0x18))
    );
}

proptest! {
    // device-proxy-4.4
    #[test]
    fn no_byte_of_a_text_is_a_command(text in "\\PC{0,200}", align in prop::sample::select(&["left", "center", "right"])) {
        let Ok(text) = text.parse::<wire::Text<1000>>() else { return Ok(()); };
        let lines = serde_json::json!([{ "kind": "text", "text": text, "align": align }]);
        let mut rest = &encode(&document(&lines), &Profile::default(), false).unwrap()[..];
        // Whatever is not of these commands of ours is text, and holds no control character.
        while let Some((first, next)) = rest.split_first() {
            rest = match first {
                0x1b if next.starts_with(b"@") => &next[1..],
                0x1b if matches!(next.first(), Some(b'a' | b't')) => &next[2..],
                0x1d if next.starts_with(b"VB\x00") => &next[3..],
                b'\n' | 0x20..=0x7e | 0x80..=0xff => next,
                other => panic!("byte {other:#04x} came from a text"),
            };
        }
    }

    // device-proxy-4.5
    #[test]
    fn what_the_encoder_makes_is_a_document_that_is_not_refused(text in "\\PC{0,60}") {
        let Ok(text) = text.parse::<wire::Text<60>>() else { return Ok(()); };
        let lines = serde_json::json!([
            { "kind": "text", "text": text, "bold": true, "invert": true, "width": 2 },
            { "kind": "columns", "cells": [{ "text": text }, { "text": text, "width": 9 }] },
            { "kind": "rule" }, { "kind": "qr", "text": "x" }, { "kind": "cut" }, { "kind": "feed", "lines": 1 },
        ]);
        let bytes = encode(&document(&lines), &Profile::default(), false).unwrap();
        prop_assert_eq!(check_raw(&bytes), Ok(()));
    }
}
