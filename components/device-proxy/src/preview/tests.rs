//! Previews.

use std::io::Cursor;

use super::*;

fn document(lines: &serde_json::Value) -> Document {
    serde_json::from_value(serde_json::json!({ "kind": "receipt", "lines": lines })).unwrap()
}

/// Width, height and black dots of a preview.
fn look(lines: &serde_json::Value) -> (u32, u32, u32) {
    let png = picture(&document(lines), &Profile::default()).unwrap();
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let (width, height) = reader.info().size();
    let black = pixels.iter().map(|byte| byte.count_zeros()).sum();
    (width, height, black)
}

// device-proxy-4.6
#[test]
fn a_preview_is_as_wide_as_the_paper_and_shows_every_line() {
    let text = |text: &str| serde_json::json!({ "kind": "text", "text": text });
    let (width, height, black) = look(&serde_json::json!([text("Soup"), text("Größe ñ 漢")]));
    assert_eq!((width, height), (576, 2 * LINE_HEIGHT + CUT_HEIGHT));
    let (_, _, frame) = look(&serde_json::json!([text(""), text("")]));
    assert!(black > frame + 500, "{black} {frame}");
    let large = serde_json::json!({ "kind": "text", "text": "Soup", "width": 4, "height": 4, "bold": true });
    let (_, high, _) = look(&serde_json::json!([large]));
    assert_eq!(high, 4 * LETTER_HEIGHT + 6 + CUT_HEIGHT);
}

// device-proxy-4.6
#[test]
fn white_on_black_is_mostly_black() {
    let text = |invert| serde_json::json!([{ "kind": "text", "text": "Soup", "invert": invert }]);
    let (_, _, black) = look(&text(true));
    let (_, _, normal) = look(&text(false));
    assert!(black > 3 * normal / 2, "{black} {normal}");
}

// device-proxy-4.6
#[test]
fn codes_rules_and_feeds_take_their_place() {
    let (_, height, black) = look(&serde_json::json!([
        { "kind": "rule" }, { "kind": "feed", "lines": 2 }, { "kind": "qr", "text": "x", "module": 4 },
    ]));
    assert_eq!(height, 3 * LINE_HEIGHT + 21 * 4 + CUT_HEIGHT);
    assert!(black > 2 * 576 + 21 * 21 * 4);
}

// device-proxy-4.6
#[test]
fn what_has_no_preview_says_so() {
    let raw = serde_json::from_value(serde_json::json!({ "kind": "raw", "octets": "" })).unwrap();
    let refused = picture(&raw, &Profile::default()).unwrap_err();
    assert_eq!(refused.code, Code::Unsupported);
    let line = serde_json::json!({ "kind": "feed", "lines": 20 });
    let long = document(&serde_json::Value::Array(vec![line; 30]));
    let refused = picture(&long, &Profile::default()).unwrap_err();
    assert_eq!(refused.code, Code::TooLarge);
}
