//! The settings that say how characters look and where they stand.

use crate::vprinter::op::{Align, Op};

/// Usual dots from line to line: a sixth of an inch, rounded.
pub(super) const LINE: u32 = 30;
/// Characters between the tab stops of a printer just switched on.
const TAB: u32 = 8;

/// How characters look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Font B instead of A.
    pub small: bool,
    /// ESC E or ESC G.
    pub bold: bool,
    /// White on black.
    pub invert: bool,
    /// Thickness of the underline in dots.
    pub underline: u8,
    /// Multiple of the cell, across.
    pub width: u8,
    /// Multiple of the cell, down.
    pub height: u8,
}

impl Look {
    /// Dots of the cell of one character, across and down.
    pub fn cell(&self) -> (u32, u32) {
        let (width, height) = if self.small { (9, 17) } else { (12, 24) };
        (
            width * u32::from(self.width),
            height * u32::from(self.height),
        )
    }
}

impl Default for Look {
    fn default() -> Self {
        Self {
            small: false,
            bold: false,
            invert: false,
            underline: 0,
            width: 1,
            height: 1,
        }
    }
}

/// All settings of text.
#[derive(Debug, Clone)]
pub struct Style {
    pub(super) look: Look,
    pub(super) align: Align,
    pub(super) upside_down: bool,
    pub(super) spacing: u32,
    pub(super) line_spacing: u32,
    pub(super) left: u32,
    pub(super) area: u32,
    tabs: Vec<u8>,
}

impl Style {
    /// As after power on, on paper of so many dots across.
    pub(super) fn new(paper: u32) -> Self {
        Self {
            look: Look::default(),
            align: Align::Left,
            upside_down: false,
            spacing: 0,
            line_spacing: LINE,
            left: 0,
            area: paper,
            tabs: Vec::new(),
        }
    }

    /// Follows a setting; other operations change nothing.
    pub(super) fn set(&mut self, op: &Op, paper: u32) {
        match *op {
            Op::Bold(on) | Op::DoubleStrike(on) => self.look.bold = on,
            Op::Underline(dots) => self.look.underline = dots.min(2),
            Op::Invert(on) => self.look.invert = on,
            Op::Size { width, height } => (self.look.width, self.look.height) = (width, height),
            Op::Mode(mode) => self.set_mode(mode),
            Op::Font(font) => self.look.small = font == 1,
            Op::Align(align) => self.align = align,
            Op::UpsideDown(on) => self.upside_down = on,
            Op::CharacterSpacing(dots) => self.spacing = u32::from(dots),
            Op::LineSpacing(dots) => self.line_spacing = dots.map_or(LINE, u32::from),
            Op::Tabs(ref stops) => self.tabs.clone_from(stops),
            Op::LeftMargin(dots) => self.set_area(u32::from(dots), self.area, paper),
            Op::AreaWidth(dots) => self.set_area(self.left, u32::from(dots), paper),
            _ => {}
        }
    }

    fn set_mode(&mut self, mode: u8) {
        let bit = |number: u8| mode >> number & 1;
        self.look = Look {
            small: bit(0) == 1,
            bold: bit(3) == 1,
            height: 1 + bit(4),
            width: 1 + bit(5),
            underline: bit(7),
            invert: self.look.invert,
        };
    }

    /// The area ends with the paper and holds a character at least.
    fn set_area(&mut self, left: u32, area: u32, paper: u32) {
        let least = Look::default().cell().0;
        self.left = left.min(paper.saturating_sub(least));
        self.area = area.max(least).min(paper - self.left);
    }

    /// Dots from one character to the next.
    pub(super) fn advance(&self) -> u32 {
        self.look.cell().0 + self.spacing * u32::from(self.look.width)
    }

    /// The next tab stop after `x`, or `x` when there is none.
    pub(super) fn next_tab(&self, x: u32) -> u32 {
        let advance = self.advance();
        if self.tabs.is_empty() {
            let step = TAB * advance;
            return ((x / step + 1) * step).min(self.area);
        }
        let stops = self.tabs.iter().map(|&stop| u32::from(stop) * advance);
        stops
            .filter(|&stop| stop > x)
            .min()
            .unwrap_or(x)
            .min(self.area)
    }
}
