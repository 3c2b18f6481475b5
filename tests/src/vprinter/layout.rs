//! Puts operations on paper: what stands on which line, where, and in which look.
//!
//! Promises: nothing is on paper before something printed it (a line without its end stays in the
//! printer); settings outlive tickets, as in a printer; the paper is never longer than
//! [`BLOCKS_MAX`] blocks, further ones fall off its end. Units are dots of 203 dpi, down as well as
//! across. Deliberately not here: pixels ([`super::page`]).

use super::op::{Align, Cut, Image, Op};

mod sheet;
mod style;

pub use sheet::{Block, Code, Line, Piece, PieceKind, Sheet};
pub use style::{Look, Style};

/// Dots across 80 mm paper.
pub const WIDTH: u32 = 576;
/// Most blocks of a ticket: a receipt has hundreds.
pub const BLOCKS_MAX: usize = 10_000;
/// Most pieces of a line; positions set back again and again could make it endless.
const PIECES_MAX: usize = 1_000;
/// Longest content of a QR code: version 40, digits only (ISO/IEC 18004).
const QR_MAX: usize = 7_089;

/// The printer's line and paper.
#[derive(Debug)]
pub struct Layout {
    width: u32,
    style: Style,
    line: Line,
    x: u32,
    graphics: Option<Image>,
    qr: Qr,
    barcode: Bars,
    sheet: Sheet,
}

#[derive(Debug)]
struct Qr {
    cell: u8,
    level: u8,
    content: Vec<u8>,
}

#[derive(Debug)]
struct Bars {
    height: u8,
    module: u8,
    label: u8,
}

impl Layout {
    /// White paper of so many dots across.
    pub fn new(width: u32) -> Self {
        Self {
            width,
            style: Style::new(width),
            line: Line::default(),
            x: 0,
            graphics: None,
            qr: Qr {
                cell: 3,
                level: 48,
                content: Vec::new(),
            },
            barcode: Bars {
                height: 162,
                module: 3,
                label: 0,
            },
            sheet: Sheet::new(width),
        }
    }

    /// Carries out one operation; the answer is how many lines it brought to paper.
    pub fn apply(&mut self, op: &Op) -> u32 {
        match op {
            Op::Text(text) => self.write(text),
            Op::Inline(image) => self.place_inline(image),
            Op::LineFeed => self.end_line(self.style.line_spacing),
            Op::FeedLines(lines) => self.feed_lines(*lines),
            Op::FeedDots(dots) => self.end_line(u32::from(*dots)),
            Op::Cut(cut) => self.cut(*cut),
            Op::Raster(image) => self.print(Block::Image(image.clone())),
            Op::GraphicsPrint => self.print_graphics(),
            Op::QrPrint => self.print_qr(),
            Op::Barcode { system, data } => self.print_barcode(*system, data),
            setting => {
                self.set(setting);
                0
            }
        }
    }

    fn set(&mut self, op: &Op) {
        match op {
            Op::Initialize => self.initialize(),
            Op::CarriageReturn => {}
            Op::Tab => self.x = self.style.next_tab(self.x),
            Op::Position(dots) => self.x = u32::from(*dots).min(self.style.area),
            Op::Move(dots) => {
                let x = self.x.saturating_add_signed(i32::from(*dots));
                self.x = x.min(self.style.area);
            }
            Op::GraphicsStore(image) => self.graphics = Some(image.clone()),
            Op::QrCell(dots) => self.qr.cell = (*dots).clamp(1, 16),
            Op::QrLevel(level) => self.qr.level = *level,
            Op::QrStore(content) => self.qr.content = content[..content.len().min(QR_MAX)].to_vec(),
            Op::BarcodeHeight(dots) => self.barcode.height = (*dots).max(1),
            Op::BarcodeModule(dots) => self.barcode.module = (*dots).clamp(1, 6),
            Op::BarcodeLabel(place) => self.barcode.label = *place,
            other => self.style.set(other, self.width),
        }
    }

    /// What is on paper so far.
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// Tears the paper off.
    pub fn tear_off(&mut self) -> Sheet {
        std::mem::replace(&mut self.sheet, Sheet::new(self.width))
    }

    /// Forgets what stands in the line.
    pub fn drop_line(&mut self) {
        self.line = Line::default();
        self.x = 0;
    }

    fn initialize(&mut self) {
        let sheet = self.tear_off();
        *self = Self {
            sheet,
            ..Self::new(self.width)
        };
    }

    fn write(&mut self, text: &str) -> u32 {
        let mut printed = 0;
        let advance = self.style.advance();
        for c in text.chars() {
            if self.x + advance > self.style.area && self.x > 0 {
                printed += self.end_line(self.style.line_spacing);
            }
            self.line.write(c, self.x, advance, self.style.look);
            self.x += advance;
        }
        printed
    }

    fn place_inline(&mut self, image: &Image) -> u32 {
        let width = image.width * u32::from(image.scale_x);
        self.line.push(Piece {
            x: self.x,
            width,
            kind: PieceKind::Image(image.clone()),
        });
        self.x = (self.x + width).min(self.style.area);
        0
    }

    /// Prints the line, as high as its highest piece or `feed`, whichever is more.
    fn end_line(&mut self, feed: u32) -> u32 {
        let mut line = std::mem::take(&mut self.line);
        self.x = 0;
        line.feed = feed;
        line.left = self.style.left;
        line.area = self.style.area;
        line.align = self.style.align;
        line.upside_down = self.style.upside_down;
        self.put(Block::Line(line));
        1
    }

    fn feed_lines(&mut self, lines: u8) -> u32 {
        let spacing = self.style.line_spacing;
        (0..lines).map(|_| self.end_line(spacing)).sum()
    }

    /// Prints what stands in the line, if anything does: images and cuts begin on a new one.
    fn clear_line(&mut self) -> u32 {
        if self.line.pieces.is_empty() {
            self.x = 0;
            return 0;
        }
        self.end_line(self.style.line_spacing)
    }

    fn cut(&mut self, cut: Cut) -> u32 {
        let printed = self.clear_line();
        self.put(Block::Feed(u32::from(cut.feed)));
        self.put(Block::Cut(cut.kind));
        printed
    }

    fn print(&mut self, block: Block) -> u32 {
        let printed = self.clear_line();
        let lines = block.height().div_ceil(style::LINE).max(1);
        self.put(Block::Area {
            left: self.style.left,
            area: self.style.area,
            align: self.style.align,
            upside_down: self.style.upside_down && matches!(block, Block::Code(_)),
            content: Box::new(block),
        });
        printed + lines
    }

    fn print_graphics(&mut self) -> u32 {
        let image = self.graphics.clone();
        image.map_or(0, |image| self.print(Block::Image(image)))
    }

    fn print_qr(&mut self) -> u32 {
        if self.qr.content.is_empty() {
            return 0;
        }
        self.print(Block::Code(Code::Qr {
            content: self.qr.content.clone(),
            cell: self.qr.cell,
            level: self.qr.level,
        }))
    }

    fn print_barcode(&mut self, system: u8, data: &[u8]) -> u32 {
        self.print(Block::Code(Code::Bars {
            system,
            data: data.to_vec(),
            height: self.barcode.height,
            module: self.barcode.module,
            label: self.barcode.label,
        }))
    }

    fn put(&mut self, block: Block) {
        if self.sheet.blocks.len() < BLOCKS_MAX {
            self.sheet.blocks.push(block);
        }
    }
}

/// What a whole stream of operations leaves on paper.
pub fn lay_out<'a>(ops: impl IntoIterator<Item = &'a Op>, width: u32) -> Sheet {
    let mut layout = Layout::new(width);
    for op in ops {
        layout.apply(op);
    }
    layout.tear_off()
}

/// How far `content` is moved to the right in an area.
pub(super) fn indent(align: Align, area: u32, content: u32) -> u32 {
    let free = area.saturating_sub(content);
    match align {
        Align::Left => 0,
        Align::Centre => free / 2,
        Align::Right => free,
    }
}

#[cfg(test)]
mod tests;
