use super::*;
use crate::vprinter::decode;

#[track_caller]
fn check(stream: &[u8], expected: &[&str]) {
    assert_eq!(lay_out(&decode(stream), WIDTH).lines(), expected);
}

#[test]
fn only_ended_lines_are_on_paper() {
    check(b"one\ntwo", &["one"]);
    check(b"one\ntwo\x1b@\x1bd\x01", &["one", ""]);
    check(b"one\x1dV\x00", &["one"]);
}

#[test]
fn feeds_are_empty_lines() {
    check(b"a\x1bd\x03b\n", &["a", "", "", "b"]);
    check(b"a\x1bJ\x18b\n", &["a", "b"]);
}

#[test]
fn positions_become_spaces() {
    check(b"Tea\x1b$\xf0\x004.00\n", &["Tea                 4.00"]);
    check(b"Tea\x1b\\\x18\x00x\n", &["Tea  x"]);
    check(b"Tea\tx\n", &["Tea     x"]);
    check(b"\x1b$\x18\x00b\x1b$\x00\x00a\n", &["a b"]);
    check(b"\x1bD\x05\x00Tea\tx\n", &["Tea  x"]);
}

#[test]
fn long_text_goes_on_in_the_next_line() {
    let text = "x".repeat(50);
    check(format!("{text}\n").as_bytes(), &[&text[..48], "xx"]);
    check(
        format!("\x1d!\x10{text}\n").as_bytes(),
        &[&text[..24], &text[..24], "xx"],
    );
    check(
        format!("\x1bM1{}\n", "x".repeat(64)).as_bytes(),
        &[&"x".repeat(64)],
    );
}

#[test]
fn codes_and_images_are_lines_of_their_own() {
    check(
        b"\x1d(k\x06\x001P0abc\x1d(k\x03\x001Q0\x1dk\x49\x05{Babc\x1dv0\x00\x01\x00\x01\x00\xff",
        &["[QR abc]", "[73 abc]", "[image 8×1]"],
    );
}

#[test]
fn settings_outlive_a_ticket_and_end_with_initialize() {
    let mut layout = Layout::new(WIDTH);
    for op in decode(b"\x1d!\x11a\n\x1dV\x00") {
        layout.apply(&op);
    }
    layout.tear_off();
    for op in decode(b"b\n\x1b@c\n") {
        layout.apply(&op);
    }
    let heights: Vec<_> = layout.sheet().blocks().iter().map(Block::height).collect();
    assert_eq!(heights, [48, 30]);
}

#[test]
fn the_answer_counts_the_lines() {
    let mut layout = Layout::new(WIDTH);
    let ops = decode(b"\x1b@a\n\x1bd\x03\x1dv0\x00\x01\x00\x3c\x00");
    let count =
        |layout: &mut Layout, ops: &[Op]| -> u32 { ops.iter().map(|op| layout.apply(op)).sum() };
    assert_eq!(count(&mut layout, &ops), 4);
    let raster = decode(&[b"\x1dv0\x00\x01\x00\x3c\x00", &[0xff; 60][..]].concat());
    assert_eq!(count(&mut layout, &raster), 2);
}

#[test]
fn paper_does_not_grow_for_ever() {
    let mut layout = Layout::new(WIDTH);
    for _ in 0..=BLOCKS_MAX {
        layout.apply(&Op::LineFeed);
    }
    assert_eq!(layout.sheet().blocks().len(), BLOCKS_MAX);
}
