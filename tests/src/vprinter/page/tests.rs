use proptest::prelude::*;

use super::*;
use crate::vprinter::layout::{WIDTH, lay_out};
use crate::vprinter::{Op, decode};

const BLACK: u8 = 0;
const WHITE: u8 = u8::MAX;

fn page(stream: &[u8]) -> Page {
    Page::render(&lay_out(&decode(stream), WIDTH))
}

/// The smallest rectangle that holds everything dark: left, top, right, bottom.
#[track_caller]
fn ink(page: &Page) -> (u32, u32, u32, u32) {
    let dark = (0..page.height)
        .flat_map(|y| (0..page.width).map(move |x| (x, y)))
        .filter(|&(x, y)| page.dot(x, y) < 0x80);
    dark.fold(
        (u32::MAX, u32::MAX, 0, 0),
        |(left, top, right, bottom), (x, y)| (left.min(x), top.min(y), right.max(x), bottom.max(y)),
    )
}

/// The lengths of black and white along a row of dots, from the first black one.
fn runs(page: &Page, y: u32) -> Vec<u32> {
    let row: Vec<_> = (0..page.width).map(|x| page.dot(x, y) < 0x80).collect();
    row.chunk_by(|a, b| a == b)
        .skip_while(|run| !run[0])
        .map(|run| u32::try_from(run.len()).unwrap())
        .collect()
}

#[test]
fn text_stands_where_it_is_aligned() {
    let (left, _, right, _) = ink(&page(b"M\n"));
    assert!(right < 12, "{left}..{right}");
    let (left, _, right, _) = ink(&page(b"\x1ba1M\n"));
    assert!(left > 280 && right < 296, "{left}..{right}");
    let (left, ..) = ink(&page(b"\x1ba2M\n"));
    assert!(left >= 564, "{left}");
}

#[test]
fn sizes_multiply_the_cell() {
    assert_eq!(page(b"M\n").height, 30);
    assert_eq!(page(b"\x1d!\x23M\n").height, 96);
    let (.., right, bottom) = ink(&page(b"\x1d!\x23M\n"));
    assert!(right > 24 && right < 36 && bottom > 48, "{right} {bottom}");
}

#[test]
fn inverted_and_underlined_cells_are_filled() {
    let inverted = page(b"\x1dB\x01 \n");
    assert_eq!(ink(&inverted), (0, 0, 11, 23));
    let underlined = page(b"\x1b-\x02 \n");
    assert_eq!(ink(&underlined), (0, 22, 11, 23));
}

#[test]
fn rules_meet_without_gaps() {
    let rule = page(b"\x1bt\x01\x95\x95\x95\n");
    assert_eq!(runs(&rule, 12), [36, WIDTH - 36]);
    let corner = page(b"\x1b3\x00\x1bt\x01\x98\x95\n\x96\n");
    for y in 12..48 {
        assert_eq!(corner.dot(6, y), BLACK, "{y}");
    }
}

#[test]
fn an_upside_down_line_is_turned_by_half() {
    let turned = page(b"\x1b{\x01\x1b-\x02 \n");
    assert_eq!(ink(&turned), (564, 0, 575, 1));
    let code = page(b"\x1b{\x01\x1d(k\x06\x001P0abc\x1d(k\x03\x001Q0");
    assert_eq!(ink(&code), (513, 0, 575, 62));
    let image = page(b"\x1b{\x01\x1dv0\x00\x01\x00\x02\x00\x80\x00");
    assert_eq!(ink(&image), (0, 0, 0, 0));
}

#[test]
fn an_image_is_printed_dot_for_dot() {
    let page = page(b"\x1dv0\x03\x01\x00\x01\x00\xa0");
    assert_eq!(page.height, 2);
    assert_eq!(runs(&page, 1)[..3], [2, 2, 2]);
}

#[test]
fn a_qr_code_has_its_finder_pattern() {
    let page = page(b"\x1d(k\x03\x001C\x04\x1d(k\x06\x001P0abc\x1d(k\x03\x001Q0");
    assert_eq!(page.height, 21 * 4);
    assert_eq!(runs(&page, 0)[0], 7 * 4);
    assert_eq!(runs(&page, 4)[..3], [4, 5 * 4, 4]);
}

#[test]
fn bars_of_known_codes_are_right() {
    // Start B, A, check sign 34, stop: worked out by hand from ISO/IEC 15417.
    let code128 = page(b"\x1dw\x01\x1dk\x49\x03{BA");
    let widths: Vec<_> = "2112141113231311232331112"
        .bytes()
        .map(|digit| u32::from(digit - b'0'))
        .collect();
    assert_eq!(runs(&code128, 5)[..widths.len()], widths);
    let ean = page(b"\x1dw\x01\x1dk\x43\x0c400638133393");
    let row = runs(&ean, 5);
    assert_eq!(row.iter().sum::<u32>() - row.last().unwrap(), 95);
    assert_eq!(row[..3], [1, 1, 1]);
}

#[test]
fn the_table_of_code128_is_consistent() {
    let page_of = |value: u8| page(&[b"\x1dw\x01\x1dk\x49\x05{C{C", &[value][..]].concat());
    for value in 0..100 {
        let row = runs(&page_of(value), 5);
        // Start, selection, value and check are 11 modules each, the stop is 13.
        assert_eq!(row.iter().sum::<u32>() - row.last().unwrap(), 57, "{value}");
    }
}

#[test]
fn labels_are_what_people_read() {
    let cases: &[(u8, &[u8], &str)] = &[
        (67, b"400638133393", "4006381333931"),
        (68, b"4012345", "40123455"),
        (65, b"03600029145", "036000291452"),
        (69, b"ABC-1", "ABC-1"),
        (73, b"{BAB1{C\x17\x2d", "AB12345"),
    ];
    for (system, data, text) in cases {
        assert_eq!(readable(*system, data), *text);
    }
}

#[test]
fn a_label_stands_under_its_bars() {
    let labelled = page(b"\x1dH2\x1dh\x20\x1dk\x49\x05{Babc");
    assert_eq!(labelled.height, 0x20 + 24);
}

#[test]
fn a_png_has_the_size_of_the_page() {
    let page = page(b"M\n");
    let png = page.png();
    let decoder = png::Decoder::new(std::io::Cursor::new(&png));
    let mut reader = decoder.read_info().unwrap();
    let mut dots = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut dots).unwrap();
    assert_eq!((info.width, info.height), (576, 30));
    assert_eq!(dots, page.dots);
    assert_eq!(page.dot(575, 29), WHITE);
}

#[test]
fn a_blank_sheet_and_an_endless_one_have_images() {
    assert_eq!(page(b"").height, 1);
    assert_eq!(page(&b"\x1bJ\xff".repeat(100)).height, HEIGHT_MAX);
}

proptest! {
    #[test]
    fn nothing_printed_makes_it_panic(
        bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"\x1b\x1d\n@!aEVvkLW$\\*0123".to_vec())],
            0..200,
        ),
        width in 96_u32..700,
    ) {
        let ops: Vec<Op> = decode(&bytes);
        let sheet = lay_out(&ops, width);
        let page = Page::render(&sheet);
        prop_assert_eq!(page.dots.len(), (page.width * page.height) as usize);
        prop_assert!(sheet.lines().len() <= sheet.blocks().len());
    }
}
