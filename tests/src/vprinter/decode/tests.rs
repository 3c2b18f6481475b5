use proptest::prelude::*;

use super::*;
use crate::vprinter::op::{Align, Cut, CutKind, Image, RealTime};

#[track_caller]
fn check(bytes: &[u8], expected: &[Op]) {
    assert_eq!(decode(bytes), expected);
}

fn text(text: &str) -> Op {
    Op::Text(text.to_owned())
}

#[test]
fn a_receipt_is_text_between_commands() {
    check(
        b"\x1b@\x1ba1\x1bE\x01Bar\x1bE\x00\n2 Tea\t4.00\r\n\x1bd\x03\x1dVB\x00",
        &[
            Op::Initialize,
            Op::Align(Align::Centre),
            Op::Bold(true),
            text("Bar"),
            Op::Bold(false),
            Op::LineFeed,
            text("2 Tea"),
            Op::Tab,
            text("4.00"),
            Op::CarriageReturn,
            Op::LineFeed,
            Op::FeedLines(3),
            Op::Cut(Cut {
                kind: CutKind::Full,
                feed: 0,
            }),
        ],
    );
}

#[test]
fn each_setting_is_read() {
    let cases: &[(&[u8], Op)] = &[
        (b"\x1b!\x38", Op::Mode(0x38)),
        (b"\x1b-2", Op::Underline(2)),
        (b"\x1dB\x01", Op::Invert(true)),
        (
            b"\x1d!\x12",
            Op::Size {
                width: 2,
                height: 3,
            },
        ),
        (b"\x1b{\x01", Op::UpsideDown(true)),
        (b"\x1bM1", Op::Font(1)),
        (b"\x1b \x02", Op::CharacterSpacing(2)),
        (b"\x1b2", Op::LineSpacing(None)),
        (b"\x1b3\x18", Op::LineSpacing(Some(0x18))),
        (b"\x1b$\x10\x01", Op::Position(0x110)),
        (b"\x1b\\\xf4\xff", Op::Move(-12)),
        (b"\x1bD\x08\x10\x00", Op::Tabs(vec![8, 16])),
        (b"\x1dL\x18\x00", Op::LeftMargin(24)),
        (b"\x1dW\x40\x02", Op::AreaWidth(576)),
        (b"\x1bt\x10", Op::CodePage(16)),
        (b"\x1bR\x02", Op::Country(2)),
        (b"\x1c&", Op::Kanji(true)),
        (b"\x1c.", Op::Kanji(false)),
        (b"\x1c(C\x02\x000\x32", Op::Utf8(true)),
        (
            b"\x1bp\x00\x19\xfa",
            Op::Drawer {
                pin: 0,
                on: 25,
                off: 250,
            },
        ),
        (b"\x1da\xff", Op::StatusBack(255)),
        (b"\x1dr1", Op::AskStatus(1)),
        (b"\x1dIC", Op::AskModel(67)),
        (b"\x1d(H\x06\x0000 aZ~", Op::ProcessId(*b" aZ~")),
        (b"\x1dh\x50", Op::BarcodeHeight(80)),
        (b"\x1dw\x02", Op::BarcodeModule(2)),
        (b"\x1dH2", Op::BarcodeLabel(2)),
        (b"\x1df1", Op::BarcodeFont(1)),
        (b"\x1bJ\x20", Op::FeedDots(32)),
        (b"\x1b\x06\x01", Op::Other(b"\x1b\x06\x01".to_vec())),
        (b"\x1cS\x00\x00", Op::Other(b"\x1cS\x00\x00".to_vec())),
        (
            b"\x1d(A\x02\x000\x00",
            Op::Other(b"\x1d(A\x02\x000\x00".to_vec()),
        ),
    ];
    for (bytes, op) in cases {
        check(bytes, std::slice::from_ref(op));
    }
}

#[test]
fn cuts_come_in_all_their_forms() {
    let cut = |kind, feed| [Op::Cut(Cut { kind, feed })];
    check(b"\x1dV\x00", &cut(CutKind::Full, 0));
    check(b"\x1dV1", &cut(CutKind::Partial, 0));
    check(b"\x1dVA\x10", &cut(CutKind::Partial, 16));
    check(b"\x1dVB\x10", &cut(CutKind::Full, 16));
    check(b"\x1bi", &cut(CutKind::Full, 0));
    check(b"\x1bm", &cut(CutKind::Partial, 0));
}

#[test]
fn images_of_every_command_have_their_dots() {
    let image = |scale_x, scale_y, width, height, bits: &[u8]| Image {
        width,
        height,
        scale_x,
        scale_y,
        bits: bits.to_vec(),
    };
    check(
        b"\x1dv0\x03\x02\x00\x02\x00\x0a\x1b\x40\x10",
        &[Op::Raster(image(2, 2, 16, 2, b"\x0a\x1b\x40\x10"))],
    );
    let stored = Op::GraphicsStore(image(1, 2, 9, 2, b"\xff\x80\x00\x00"));
    let header = b"0p0\x01\x021\x09\x00\x02\x00";
    let small = [b"\x1d(L\x0e\x00", &header[..], b"\xff\x80\x00\x00"].concat();
    check(&small, std::slice::from_ref(&stored));
    let large = [b"\x1d8L\x0e\x00\x00\x00", &header[..], b"\xff\x80\x00\x00"].concat();
    check(
        &[&large, &b"\x1d(L\x02\x0002"[..]].concat(),
        &[stored, Op::GraphicsPrint],
    );
    check(
        b"\x1b*\x21\x01\x00\x80\x00\x01",
        &[Op::Inline(Image::from_dots(1, 24, |_, y| {
            y == 0 || y == 23
        }))],
    );
}

#[test]
fn a_qr_code_is_five_commands() {
    check(
        b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x05\x1d(k\x03\x001E1\x1d(k\x06\x001P0abc\x1d(k\x03\x001Q0",
        &[
            Op::QrModel(2),
            Op::QrCell(5),
            Op::QrLevel(49),
            Op::QrStore(b"abc".to_vec()),
            Op::QrPrint,
        ],
    );
}

#[test]
fn both_forms_of_a_barcode_mean_the_same() {
    let ean = Op::Barcode {
        system: 67,
        data: b"400638133393".to_vec(),
    };
    check(b"\x1dk\x02400638133393\x00", std::slice::from_ref(&ean));
    check(b"\x1dk\x43\x0c400638133393", &[ean]);
}

#[test]
fn characters_follow_page_and_country() {
    check(b"\x80\x81", &[text("Çü")]);
    check(b"\x1bt\x10\x80\xe4", &[Op::CodePage(16), text("€ä")]);
    check(b"\x1bt\x13\xd5", &[Op::CodePage(19), text("€")]);
    check(b"\x1bt\x01\x9c\x95\x9d", &[Op::CodePage(1), text("╭─╮")]);
    check(b"\x1bR\x02[]", &[Op::Country(2), text("ÄÜ")]);
    check(
        b"\x1bR\x02\x1b@[]",
        &[Op::Country(2), Op::Initialize, text("[]")],
    );
    check("\x1c(C\x02\x0002Š".as_bytes(), &[Op::Utf8(true), text("Š")]);
    check(b"\x1bt\xff\x80", &[Op::CodePage(255), text("\u{fffd}")]);
}

#[test]
fn what_is_unknown_costs_one_command() {
    let unknown = |bytes: &[u8]| Op::Unknown(bytes.to_vec());
    check(b"\x1b\x7fab", &[unknown(b"\x1b\x7f"), text("ab")]);
    check(b"\x1b\x1b@", &[unknown(b"\x1b"), Op::Initialize]);
    check(
        b"\x01\x02a",
        &[unknown(b"\x01"), unknown(b"\x02"), text("a")],
    );
    check(b"a\x1dv0\x00\x02", &[text("a"), unknown(b"\x1dv0\x00\x02")]);
    let endless = b"\x1dv0\x00\xff\xff\xff\xff";
    check(
        &[endless, &b"a"[..]].concat(),
        &[unknown(endless), text("a")],
    );
}

#[test]
fn padding_ends_an_interrupted_command_and_is_nothing_itself() {
    let mut stream = b"\x1dv0\x00\x10\x00\x10\x00half".to_vec();
    stream.extend([0; 8192]);
    stream.extend(b"\x1b@");
    let ops = decode(&stream);
    assert_eq!(ops.len(), 2);
    assert!(matches!(ops[0], Op::Raster(_)));
    assert_eq!(ops[1], Op::Initialize);
}

#[test]
fn real_time_commands_are_found_between_commands_and_amid_an_image() {
    check(b"\x10\x04\x02", &[Op::RealTime(RealTime::Status(2))]);
    let mut scanner = RealTimeScanner::default();
    let stream = b"\x1dv0\x00\x01\x00\x08\x00\xff\x10\x04\x01\x10\x10\x04\x04ab\x10\x05\x02";
    let found: Vec<_> = stream
        .iter()
        .filter_map(|&byte| scanner.push(byte))
        .collect();
    assert_eq!(
        found,
        [
            RealTime::Status(1),
            RealTime::Status(4),
            RealTime::Recover(2)
        ]
    );
    assert!(matches!(decode(&stream[..16])[0], Op::Raster(_)));
}

#[test]
fn the_buffer_is_cleared_by_the_whole_command_only() {
    let mut scanner = RealTimeScanner::default();
    let mut scan = |bytes: &[u8]| -> Vec<_> {
        bytes
            .iter()
            .filter_map(|&byte| scanner.push(byte))
            .collect()
    };
    assert_eq!(
        scan(b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"),
        [RealTime::Clear]
    );
    assert_eq!(
        scan(b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x09"),
        [RealTime::Other(8)]
    );
    assert_eq!(
        scan(b"\x10\x14\x01\x00\x05"),
        [RealTime::Drawer { pin: 0, time: 5 }]
    );
}

/// Bytes that are commands more often than chance makes them.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(b"\x1b\x1d\x1c\x10\n\x00@!aEVvkL(8*pD0123".to_vec()),
    ];
    prop::collection::vec(byte, 0..400)
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_cuts_make_no_difference(
        bytes in stream(), cut in any::<prop::sample::Index>()
    ) {
        let (first, second) = bytes.split_at(cut.index(bytes.len() + 1));
        let mut decoder = Decoder::new();
        let mut ops = Vec::new();
        for part in [first, second] {
            for &byte in part {
                let step = decoder.push(byte);
                prop_assert!(step.len() <= 3);
                ops.extend(step);
            }
        }
        ops.extend(decoder.finish());
        prop_assert_eq!(ops, decode(&bytes));
    }

}

proptest! {
    // Each case is a megabyte long.
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn after_any_bytes_padding_brings_it_back(bytes in stream()) {
        // Longer than any command that the bytes can have begun.
        let padding = vec![0; COMMAND_MAX];
        let ops = decode(&[&bytes, &padding[..], b"\x1b@"].concat());
        prop_assert_eq!(ops.last(), Some(&Op::Initialize));
    }
}
