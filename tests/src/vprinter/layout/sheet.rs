//! What is on the paper, from the top.

use super::PIECES_MAX;
use super::style::Look;
use crate::vprinter::op::{Align, CutKind, Image};
use crate::vprinter::page;

/// Dots of an unscaled character cell, by which positions become columns of text.
const COLUMN: u32 = 12;

/// A stretch of paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Dots across.
    pub width: u32,
    pub(super) blocks: Vec<Block>,
}

/// What follows what down the paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Characters, and images among them.
    Line(Line),
    /// Something that stands alone in the print area.
    Area {
        /// Left margin.
        left: u32,
        /// Dots across.
        area: u32,
        /// Where in the area.
        align: Align,
        /// Turned by half.
        upside_down: bool,
        /// An image or a code.
        content: Box<Self>,
    },
    /// An image.
    Image(Image),
    /// A code.
    Code(Code),
    /// White paper, in dots.
    Feed(u32),
    /// A cut.
    Cut(CutKind),
}

/// A symbol that machines read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A QR code.
    Qr {
        /// What it says.
        content: Vec<u8>,
        /// Dots per module.
        cell: u8,
        /// 48 L, 49 M, 50 Q, 51 H.
        level: u8,
    },
    /// A barcode.
    Bars {
        /// As in [`crate::vprinter::Op::Barcode`].
        system: u8,
        /// What it says.
        data: Vec<u8>,
        /// Dots.
        height: u8,
        /// Dots of the narrowest bar.
        module: u8,
        /// 0 none, 1 above, 2 below, 3 both.
        label: u8,
    },
}

impl Code {
    fn text(&self) -> String {
        match self {
            Self::Qr { content, .. } => format!("[QR {}]", String::from_utf8_lossy(content)),
            Self::Bars { system, data, .. } => {
                format!("[{system} {}]", page::readable(*system, data))
            }
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// From the left, unless a position was set back.
    pub pieces: Vec<Piece>,
    /// Dots down to the next line, at least.
    pub feed: u32,
    /// Left margin.
    pub left: u32,
    /// Dots across.
    pub area: u32,
    /// Where in the area.
    pub align: Align,
    /// Turned by half.
    pub upside_down: bool,
}

/// A part of a line of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Dots from the left margin.
    pub x: u32,
    /// Dots across.
    pub width: u32,
    /// What it is.
    pub kind: PieceKind,
}

/// What stands in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PieceKind {
    /// Characters.
    Text {
        /// They.
        text: String,
        /// How they look.
        look: Look,
        /// Dots from one to the next.
        advance: u32,
    },
    /// An image.
    Image(Image),
}

impl Sheet {
    pub(super) fn new(width: u32) -> Self {
        Self {
            width,
            blocks: Vec::new(),
        }
    }

    /// Whether nothing has been printed, fed or cut.
    pub fn is_blank(&self) -> bool {
        self.blocks.is_empty()
    }

    /// What follows what, from the top.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The lines of text from left to right, spaces for distances. Codes are lines of their own, as
    /// `[QR content]` or `[73 content]`, and so are images, as `[image width×height]`.
    pub fn lines(&self) -> Vec<String> {
        self.blocks.iter().filter_map(Block::text).collect()
    }

    /// What the QR codes say.
    pub fn qr_codes(&self) -> Vec<String> {
        let codes = self.blocks.iter().filter_map(Block::code);
        let content = |code: &Code| match code {
            Code::Qr { content, .. } => Some(String::from_utf8_lossy(content).into_owned()),
            Code::Bars { .. } => None,
        };
        codes.filter_map(content).collect()
    }
}

impl Block {
    /// Dots down.
    pub fn height(&self) -> u32 {
        match self {
            Self::Line(line) => line.height(),
            Self::Area { content, .. } => content.height(),
            Self::Image(image) => image.height * u32::from(image.scale_y),
            Self::Code(code) => page::code_image(code).height,
            Self::Feed(dots) => *dots,
            Self::Cut(_) => 1,
        }
    }

    fn code(&self) -> Option<&Code> {
        match self {
            Self::Code(code) => Some(code),
            Self::Area { content, .. } => content.code(),
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Self::Line(line) => Some(line.text()),
            Self::Area { content, .. } => content.text(),
            Self::Image(image) => Some(format!("[image {}×{}]", image.width, image.height)),
            Self::Code(code) => Some(code.text()),
            Self::Feed(_) | Self::Cut(_) => None,
        }
    }
}

impl Line {
    /// Adds a character to the last piece, or begins one.
    pub(super) fn write(&mut self, c: char, x: u32, advance: u32, look: Look) {
        if let Some(last) = self.pieces.last_mut()
            && let PieceKind::Text {
                text,
                look: same,
                advance: step,
            } = &mut last.kind
            && (last.x + last.width, *same, *step) == (x, look, advance)
        {
            text.push(c);
            last.width += advance;
            return;
        }
        self.push(Piece {
            x,
            width: advance,
            kind: PieceKind::Text {
                text: c.to_string(),
                look,
                advance,
            },
        });
    }

    /// Adds a piece, unless the line is full.
    pub(super) fn push(&mut self, piece: Piece) {
        if self.pieces.len() < PIECES_MAX {
            self.pieces.push(piece);
        }
    }

    /// Dots down to the next line.
    pub fn height(&self) -> u32 {
        self.tallest().max(self.feed)
    }

    /// Dots of its highest piece.
    pub fn tallest(&self) -> u32 {
        let heights = self.pieces.iter().map(|piece| match &piece.kind {
            PieceKind::Text { look, .. } => look.cell().1,
            PieceKind::Image(image) => image.height * u32::from(image.scale_y),
        });
        heights.max().unwrap_or(0)
    }

    /// Dots from the margin to the end of the last piece.
    pub fn width(&self) -> u32 {
        let ends = self.pieces.iter().map(|piece| piece.x + piece.width);
        ends.max().unwrap_or(0)
    }

    fn text(&self) -> String {
        let mut line = String::new();
        let mut end = 0;
        let mut pieces: Vec<_> = self.pieces.iter().collect();
        pieces.sort_by_key(|piece| piece.x);
        for piece in pieces {
            let gap = piece.x.saturating_sub(end).div_ceil(COLUMN);
            line.extend((0..gap).map(|_| ' '));
            if let PieceKind::Text { text, .. } = &piece.kind {
                line.push_str(text);
            }
            end = piece.x + piece.width;
        }
        line.trim_end().to_owned()
    }
}
