//! What a document will look like, as a picture.
//!
//! Pure; the same rows that the printer gets, with letters of 12 × 24 dots and the same QR codes and
//! pictures. Only receipts have a preview.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, RasterizedChar, get_raster};
use png::{BitDepth, ColorType, Compression, Encoder};
use qrcode::{Color, EcLevel, QrCode};
use wire::print::{Align, Document, Style};
use wire::{Code, Problem};

use crate::print::Profile;
use crate::receipt::{Bitmap, Row, lay_out};

/// Dots down of a letter of normal height.
const LETTER_HEIGHT: u32 = 24;
/// Dots down of a line of normal height.
const LINE_HEIGHT: u32 = 30;
/// Dots down of a cut.
const CUT_HEIGHT: u32 = 12;
/// Highest picture: two metres of paper, beyond which nobody reads a preview.
const HEIGHT_MAX: u32 = 16_000;
/// A letter is black where its bitmap is darker than this.
const BLACK: u8 = 96;

/// The picture of a document: PNG, black on white, as wide as the paper.
pub(crate) fn picture(document: &Document, profile: &Profile) -> Result<Vec<u8>, Problem> {
    let Document::Receipt(receipt) = document else {
        let detail = "only a receipt has a preview";
        return Err(Problem::new(Code::Unsupported, detail).at("document"));
    };
    let rows = lay_out(receipt, profile)?;
    let codes = rows.iter().map(code).collect::<Result<Vec<_>, _>>()?;
    let height: u32 = rows
        .iter()
        .zip(&codes)
        .map(|(row, code)| row_height(row, code.as_ref()))
        .sum();
    if height > HEIGHT_MAX {
        let detail = format!("{height} dots of paper are more than {HEIGHT_MAX}");
        return Err(Problem::new(Code::TooLarge, detail).at("document.lines"));
    }
    let width = u32::from(profile.dots_per_line);
    let mut paper = Paper {
        dots: Bitmap::white(width, height),
        letter_width: (width / u32::from(profile.columns)).max(1),
        top: 0,
    };
    for (row, code) in rows.iter().zip(&codes) {
        paper.draw(row, code.as_ref());
        paper.top += row_height(row, code.as_ref());
    }
    encode(&paper.dots)
}

fn code(row: &Row) -> Result<Option<QrCode>, Problem> {
    let Row::Qr { text, .. } = row else {
        return Ok(None);
    };
    let code = QrCode::with_error_correction_level(text, EcLevel::M);
    code.map(Some)
        .map_err(|error| Problem::new(Code::Invalid, error.to_string()))
}

fn row_height(row: &Row, code: Option<&QrCode>) -> u32 {
    match row {
        Row::Text { style, .. } => {
            LETTER_HEIGHT * u32::from(style.height) + LINE_HEIGHT - LETTER_HEIGHT
        }
        Row::Rule => LINE_HEIGHT,
        Row::Feed(lines) => LINE_HEIGHT * u32::from(*lines),
        Row::Qr { module, .. } => modules(code) * u32::from(*module),
        Row::Image { image, .. } => image.height,
        Row::Cut => CUT_HEIGHT,
    }
}

fn modules(code: Option<&QrCode>) -> u32 {
    let modules = code.map_or(0, QrCode::width);
    u32::try_from(modules).expect("the widest QR code has 177 modules")
}

struct Paper {
    dots: Bitmap,
    letter_width: u32,
    top: u32,
}

impl Paper {
    fn draw(&mut self, row: &Row, code: Option<&QrCode>) {
        match row {
            Row::Text { text, align, style } => self.text(text, *align, *style),
            Row::Rule => self.fill(0, self.dots.width, self.top + LINE_HEIGHT / 2, 2),
            Row::Feed(_) => {}
            Row::Qr { module, .. } => {
                if let Some(code) = code {
                    self.code(code, u32::from(*module));
                }
            }
            Row::Image { image, align } => self.image(image, *align),
            Row::Cut => {
                for x in (0..self.dots.width).step_by(16) {
                    self.fill(x, 8, self.top + CUT_HEIGHT / 2, 1);
                }
            }
        }
    }

    /// How far from the left something of this width stands.
    fn left(&self, width: u32, align: Align) -> u32 {
        let rest = self.dots.width.saturating_sub(width);
        match align {
            Align::Left => 0,
            Align::Center => rest / 2,
            Align::Right => rest,
        }
    }

    fn text(&mut self, text: &str, align: Align, style: Style) {
        let step = self.letter_width * u32::from(style.width);
        let letters = u32::try_from(text.chars().count()).expect("a row has few characters");
        let left = self.left(letters * step, align);
        let height = LETTER_HEIGHT * u32::from(style.height);
        for (x, letter) in (left..).step_by(step as usize).zip(text.chars()) {
            self.letter(letter, x, style);
        }
        if style.underline {
            self.fill(left, letters * step, self.top + height, 2);
        }
    }

    fn letter(&mut self, letter: char, left: u32, style: Style) {
        let weight = if style.bold {
            FontWeight::Bold
        } else {
            FontWeight::Regular
        };
        let (wide, high) = (u32::from(style.width), u32::from(style.height));
        if style.invert {
            let width = self.letter_width * wide;
            self.fill(left, width, self.top, LETTER_HEIGHT * high);
        }
        let raster = get_raster(letter, weight, RasterHeight::Size24)
            .or_else(|| get_raster('?', weight, RasterHeight::Size24));
        let rows = raster.iter().flat_map(RasterizedChar::rows);
        for (y, row) in (self.top..).step_by(high as usize).zip(rows) {
            let dots = row.iter().take(self.letter_width as usize);
            for (x, dot) in (left..).step_by(wide as usize).zip(dots) {
                if *dot > BLACK {
                    self.stamp(x, y, wide, high, style.invert);
                }
            }
        }
    }

    /// One dot of a letter, as large as its style says.
    fn stamp(&mut self, left: u32, top: u32, wide: u32, high: u32, is_white: bool) {
        for y in top..top + high {
            for x in left..(left + wide).min(self.dots.width) {
                if is_white {
                    self.dots.whiten(x, y);
                } else {
                    self.dots.blacken(x, y);
                }
            }
        }
    }

    fn fill(&mut self, left: u32, width: u32, top: u32, height: u32) {
        for y in top..(top + height).min(self.dots.height) {
            for x in left..(left + width).min(self.dots.width) {
                self.dots.blacken(x, y);
            }
        }
    }

    fn code(&mut self, code: &QrCode, module: u32) {
        let left = self.left(modules(Some(code)) * module, Align::Center);
        let across = code.width().max(1);
        for (at, color) in code.to_colors().into_iter().enumerate() {
            let place = |modules: usize| u32::try_from(modules).unwrap_or(0) * module;
            if color == Color::Dark {
                let (x, y) = (left + place(at % across), self.top + place(at / across));
                self.fill(x, module, y, module);
            }
        }
    }

    fn image(&mut self, image: &Bitmap, align: Align) {
        let left = self.left(image.width, align);
        for y in 0..image.height {
            for x in (0..image.width).filter(|x| image.is_black(*x, y)) {
                self.dots.blacken(left + x, self.top + y);
            }
        }
    }
}

fn encode(dots: &Bitmap) -> Result<Vec<u8>, Problem> {
    let failed = |error: png::EncodingError| Problem::new(Code::Internal, error.to_string());
    let mut png = Vec::new();
    let mut encoder = Encoder::new(&mut png, dots.width, dots.height);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header().map_err(failed)?;
    // In PNG a set bit is white.
    let white: Vec<u8> = dots.dots.iter().map(|byte| !byte).collect();
    writer.write_image_data(&white).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(png)
}

#[cfg(test)]
mod tests;
