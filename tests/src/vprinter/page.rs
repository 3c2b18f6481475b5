//! Renders a sheet as a grey image.
//!
//! Promises: the same sheet gives the same dots; whatever is on the sheet, the image is at most
//! [`HEIGHT_MAX`] dots high, and what lies below is cut away. Letters that the font lacks are boxes,
//! rules and bars are drawn. Barcodes of systems other than CODE128, EAN and UPC-A stand as a frame
//! around what they say.

use super::layout::{Block, Code, Line, PieceKind, Sheet, indent};
use super::op::{CutKind, Image};

mod barcode;
mod canvas;
mod glyph;

pub(super) use barcode::readable;
use canvas::Canvas;

/// Most dots down: two metres of paper.
pub const HEIGHT_MAX: u32 = 16_000;

/// A rendered sheet: one byte a dot, 0 black to 255 white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Dots across.
    pub width: u32,
    /// Dots down.
    pub height: u32,
    /// Rows from the top.
    pub dots: Vec<u8>,
}

impl Page {
    /// The sheet as an image; at least one dot high.
    pub fn render(sheet: &Sheet) -> Self {
        let height: u32 = sheet
            .blocks()
            .iter()
            .fold(0, |sum, block| block.height().saturating_add(sum));
        let mut canvas = Canvas::new(sheet.width, height.clamp(1, HEIGHT_MAX));
        let mut y = 0;
        for block in sheet.blocks() {
            if y >= canvas.height() {
                break;
            }
            let height = block.height();
            draw(block, &mut canvas, y);
            y = y.saturating_add(height);
        }
        Self {
            width: canvas.width(),
            height: canvas.height(),
            dots: canvas.into_dots(),
        }
    }

    /// How dark a dot is: 0 black to 255 white; white outside.
    pub fn dot(&self, x: u32, y: u32) -> u8 {
        let inside = x < self.width && y < self.height;
        if inside {
            self.dots[(y * self.width + x) as usize]
        } else {
            u8::MAX
        }
    }

    /// As a PNG file.
    pub fn png(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&self.dots))
            .expect("a vector takes everything, and the dots fit the size");
        file
    }
}

/// The dots of a code.
pub(super) fn code_image(code: &Code) -> Image {
    match code {
        Code::Qr {
            content,
            cell,
            level,
        } => qr_image(content, u32::from(*cell), *level),
        Code::Bars { .. } => barcode::image(code),
    }
}

fn qr_image(content: &[u8], cell: u32, level: u8) -> Image {
    let level = match level {
        49 => qrcode::EcLevel::M,
        50 => qrcode::EcLevel::Q,
        51 => qrcode::EcLevel::H,
        _ => qrcode::EcLevel::L,
    };
    let Ok(code) = qrcode::QrCode::with_error_correction_level(content, level) else {
        // Too much for a code: printers print nothing.
        return Image::from_dots(0, 0, |_, _| false);
    };
    let modules = u32::try_from(code.width()).expect("a QR code has at most 177 modules");
    let colors = code.to_colors();
    let side = modules * cell;
    Image::from_dots(side, side, |x, y| {
        colors[(y / cell * modules + x / cell) as usize] == qrcode::Color::Dark
    })
}

fn draw(block: &Block, canvas: &mut Canvas, y: u32) {
    match block {
        Block::Line(line) => draw_line(line, canvas, y),
        Block::Area {
            left,
            area,
            align,
            upside_down,
            content,
        } => {
            let image = match &**content {
                Block::Image(image) => image.clone(),
                Block::Code(code) => code_image(code),
                Block::Line(_) | Block::Area { .. } | Block::Feed(_) | Block::Cut(_) => return,
            };
            let width = image.width * u32::from(image.scale_x);
            let x = left + indent(*align, *area, width);
            canvas.image(&image, x, y);
            if *upside_down {
                canvas.turn(*left, y, *area, block.height());
            }
        }
        Block::Image(image) => canvas.image(image, 0, y),
        Block::Code(code) => canvas.image(&code_image(code), 0, y),
        Block::Feed(_) => {}
        Block::Cut(kind) => draw_cut(*kind, canvas, y),
    }
}

fn draw_line(line: &Line, canvas: &mut Canvas, y: u32) {
    let base = line.tallest();
    let shift = line.left + indent(line.align, line.area, line.width());
    for piece in &line.pieces {
        let mut x = shift + piece.x;
        match &piece.kind {
            PieceKind::Image(image) => {
                let height = image.height * u32::from(image.scale_y);
                canvas.image(image, x, y + base.saturating_sub(height));
            }
            PieceKind::Text {
                text,
                look,
                advance,
            } => {
                // Characters of several heights stand on one ground.
                let top = y + base - look.cell().1;
                for c in text.chars() {
                    glyph::draw(c, *look, *advance, canvas, (x, top));
                    x += advance;
                }
            }
        }
    }
    if line.upside_down {
        canvas.turn(line.left, y, line.area, base);
    }
}

/// Paper ends here: a dotted rule, closer when a point is left standing.
fn draw_cut(kind: CutKind, canvas: &mut Canvas, y: u32) {
    let step = match kind {
        CutKind::Full => 8,
        CutKind::Partial => 4,
    };
    for x in (0..canvas.width()).step_by(step) {
        canvas.shade(x, y, 0x80);
    }
}

#[cfg(test)]
mod tests;
