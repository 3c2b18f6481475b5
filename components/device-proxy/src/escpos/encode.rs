//! Rows of a receipt as bytes.

use wire::print::{Align, Style};

use super::{CUT, INITIALIZE, MARK};
use crate::print::{CodePage, Profile};
use crate::receipt::{Bitmap, Row, runs};

/// Rows of a picture in one command, so that none is longer than [`super::COMMAND_MAX`] allows.
const BAND: u32 = 32;
/// The character of a line across; it is in every code page.
const RULE: &str = "─";
/// Bytes that follow DLE in commands that are carried out at once, wherever they stand.
const REAL_TIME: [u8; 4] = [0x04, 0x05, 0x14, 0x18];
const DLE: u8 = 0x10;

/// The bytes of rows, from ESC @ on.
pub(super) fn rows(rows: &[Row], profile: &Profile, is_marked: bool) -> Vec<u8> {
    let mut encoder = Encoder {
        profile,
        bytes: INITIALIZE.to_vec(),
        align: Align::default(),
        style: Style::default(),
        page: None,
    };
    if is_marked {
        encoder.text(MARK, Align::Center, mark_style(profile));
    }
    for row in rows {
        encoder.row(row);
    }
    encoder.bytes
}

fn mark_style(profile: &Profile) -> Style {
    let fits_twice = usize::from(profile.columns) >= 2 * MARK.len();
    Style {
        bold: true,
        height: 2,
        width: if fits_twice { 2 } else { 1 },
        ..Style::default()
    }
}

struct Encoder<'a> {
    profile: &'a Profile,
    bytes: Vec<u8>,
    align: Align,
    style: Style,
    /// Absent before the first is chosen.
    page: Option<CodePage>,
}

impl Encoder<'_> {
    fn row(&mut self, row: &Row) {
        match row {
            Row::Text { text, align, style } => self.text(text, *align, *style),
            Row::Rule => {
                let rule = RULE.repeat(self.profile.columns.into());
                self.text(&rule, Align::Left, Style::default());
            }
            Row::Feed(lines) => self.put(&[0x1b, b'd', *lines]),
            Row::Qr { text, module } => self.qr(text, *module),
            Row::Image { image, align } => self.image(image, *align),
            Row::Cut => self.put(CUT),
        }
    }

    fn text(&mut self, text: &str, align: Align, style: Style) {
        self.set_align(align);
        self.set_style(style);
        let usual = self.page.unwrap_or(CodePage::Cp437);
        for (page, byte) in runs(text, self.profile, usual) {
            if byte >= 0x80 && self.page != Some(page) {
                self.set_page(page);
            }
            self.put(&[byte]);
        }
        self.put(b"\n");
    }

    fn set_page(&mut self, page: CodePage) {
        if let Some(number) = self.profile.code_pages.get(&page) {
            self.put(&[0x1b, b't', *number]);
            self.page = Some(page);
        }
    }

    fn set_align(&mut self, align: Align) {
        if self.align != align {
            let number = match align {
                Align::Left => 0,
                Align::Center => 1,
                Align::Right => 2,
            };
            self.put(&[0x1b, b'a', number]);
            self.align = align;
        }
    }

    fn set_style(&mut self, style: Style) {
        let before = std::mem::replace(&mut self.style, style);
        if before.bold != style.bold {
            self.put(&[0x1b, b'E', style.bold.into()]);
        }
        if before.underline != style.underline {
            self.put(&[0x1b, b'-', style.underline.into()]);
        }
        if before.invert != style.invert {
            self.put(&[0x1d, b'B', style.invert.into()]);
        }
        if (before.width, before.height) != (style.width, style.height) {
            let times = |times: u8| times.clamp(1, 8) - 1;
            self.put(&[0x1d, b'!', times(style.width) << 4 | times(style.height)]);
        }
    }

    /// GS ( k: model 2, size, level M, content, print.
    fn qr(&mut self, text: &str, module: u8) {
        self.set_align(Align::Center);
        self.symbol(&[b'A', b'2', 0]);
        self.symbol(&[b'C', module]);
        self.symbol(b"E1");
        self.symbol(&[b"P0", text.as_bytes()].concat());
        self.symbol(b"Q0");
    }

    fn symbol(&mut self, function: &[u8]) {
        let length = u16::try_from(function.len() + 1);
        let [low, high] = length.map_or([0; 2], u16::to_le_bytes);
        self.put(&[0x1d, b'(', b'k', low, high, b'1']);
        self.put(function);
    }

    /// GS v 0, band by band.
    fn image(&mut self, image: &Bitmap, align: Align) {
        self.set_align(align);
        let [across_low, across_high] =
            u16::try_from(image.stride()).map_or([0; 2], u16::to_le_bytes);
        for band in image.dots.chunks(image.stride().max(1) * BAND as usize) {
            let rows = u8::try_from(band.len() / image.stride().max(1)).unwrap_or(u8::MAX);
            self.put(&[0x1d, b'v', b'0', 0, across_low, across_high, rows, 0]);
            self.put(&harmless(band));
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}

/// Dots that printers do not take for a command of the real-time kind: one dot more where they would.
fn harmless(dots: &[u8]) -> Vec<u8> {
    let mut dots = dots.to_vec();
    for at in 1..dots.len() {
        if dots[at - 1] == DLE && REAL_TIME.contains(&dots[at]) {
            dots[at - 1] |= DLE << 1;
        }
    }
    dots
}
