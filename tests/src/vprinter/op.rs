//! What a receipt printer is told, one command at a time.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};

/// One command of the ESC/POS stream, or one run of text between two.
///
/// Arguments are as they were sent; what an argument beyond its range means is decided by whoever
/// carries the command out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Characters, read in the code page in force.
    Text(String),
    /// LF: prints the line.
    LineFeed,
    /// CR: back to the beginning of the line.
    CarriageReturn,
    /// HT: to the next tab stop.
    Tab,
    /// ESC d: prints the line and feeds lines.
    FeedLines(u8),
    /// ESC J: prints the line and feeds dots.
    FeedDots(u8),
    /// GS V, ESC i, ESC m.
    Cut(Cut),
    /// ESC @: settings as after power on; what stands in the line is dropped.
    Initialize,
    /// ESC t.
    CodePage(u8),
    /// ESC R: national variants of twelve ASCII characters.
    Country(u8),
    /// FS &, FS .: two bytes a character, or one.
    Kanji(bool),
    /// FS ( C function 48: text is UTF-8, or a code page.
    Utf8(bool),
    /// ESC E.
    Bold(bool),
    /// ESC G.
    DoubleStrike(bool),
    /// ESC -: thickness in dots.
    Underline(u8),
    /// GS B: white on black.
    Invert(bool),
    /// GS !: multiples of the cell, 1 to 8.
    Size {
        /// Across.
        width: u8,
        /// Down.
        height: u8,
    },
    /// ESC !: font, weight, double sizes and underline in one byte.
    Mode(u8),
    /// ESC M: 0 is A (12 × 24 dots), 1 is B (9 × 17).
    Font(u8),
    /// ESC a.
    Align(Align),
    /// ESC {: lines and codes are turned by half, images are not.
    UpsideDown(bool),
    /// ESC SP: dots to the right of each character.
    CharacterSpacing(u8),
    /// ESC 2 (the usual), ESC 3: dots from line to line.
    LineSpacing(Option<u8>),
    /// ESC $: dots from the left margin.
    Position(u16),
    /// ESC \: dots from here, to the right or back.
    Move(i16),
    /// ESC D: tab stops, in characters.
    Tabs(Vec<u8>),
    /// GS L: dots.
    LeftMargin(u16),
    /// GS W: dots.
    AreaWidth(u16),
    /// GS v 0: prints an image at once.
    Raster(Image),
    /// ESC *: an image that stands in the line like a character.
    Inline(Image),
    /// GS ( L, GS 8 L function 112: keeps an image.
    GraphicsStore(Image),
    /// GS ( L function 50: prints the kept image.
    GraphicsPrint,
    /// GS ( k 49 65.
    QrModel(u8),
    /// GS ( k 49 67: dots per module.
    QrCell(u8),
    /// GS ( k 49 69: 48 L, 49 M, 50 Q, 51 H.
    QrLevel(u8),
    /// GS ( k 49 80: keeps the content.
    QrStore(#[serde(serialize_with = "hex")] Vec<u8>),
    /// GS ( k 49 81: prints the kept content.
    QrPrint,
    /// GS k, either form; systems of the first form (0..=6) are given as those of the second.
    Barcode {
        /// 65 UPC-A, 66 UPC-E, 67 EAN13, 68 EAN8, 69 CODE39, 70 ITF, 71 CODABAR, 72 CODE93,
        /// 73 CODE128 and others.
        system: u8,
        /// What it says.
        #[serde(serialize_with = "hex")]
        data: Vec<u8>,
    },
    /// GS h: dots.
    BarcodeHeight(u8),
    /// GS w: dots of the narrowest bar.
    BarcodeModule(u8),
    /// GS H: 0 none, 1 above, 2 below, 3 both.
    BarcodeLabel(u8),
    /// GS f.
    BarcodeFont(u8),
    /// ESC p: opens a drawer; times in units of 2 ms.
    Drawer {
        /// Connector pin 2 (0) or 5 (1).
        pin: u8,
        /// Length of the pulse.
        on: u8,
        /// Rest after it.
        off: u8,
    },
    /// GS a: which changes are reported unasked.
    StatusBack(u8),
    /// GS r: a status in the order of the buffer, and so a barrier.
    AskStatus(u8),
    /// GS I: what kind of printer it is.
    AskModel(u8),
    /// GS ( H function 48: answer when everything before is printed.
    ProcessId([u8; 4]),
    /// A real-time command where a command may stand; it was carried out on arrival.
    RealTime(RealTime),
    /// A command of known length that changes nothing here.
    Other(#[serde(serialize_with = "hex")] Vec<u8>),
    /// No command, or one that is cut short or too long.
    Unknown(#[serde(serialize_with = "hex")] Vec<u8>),
}

/// How paper is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// Whether a point is left standing.
    pub kind: CutKind,
    /// Dots fed first, beyond the way from head to cutter.
    pub feed: u8,
}

/// Whether a cut leaves a point standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CutKind {
    /// Through.
    Full,
    /// One point stands.
    Partial,
}

/// Where a line stands in the print area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// At the left margin.
    #[default]
    Left,
    /// In the middle.
    Centre,
    /// At the right end.
    Right,
}

/// A command that is carried out on arrival, whatever waits in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RealTime {
    /// DLE EOT n: one byte of status.
    Status(u8),
    /// DLE ENQ n: 1 goes on after an error, 2 clears the buffer and goes on.
    Recover(u8),
    /// DLE DC4 1: opens a drawer.
    Drawer {
        /// Connector pin 2 (0) or 5 (1).
        pin: u8,
        /// Length of the pulse, in units of 100 ms.
        time: u8,
    },
    /// DLE DC4 8 with its fixed arguments: clears the buffer.
    Clear,
    /// DLE DC4 with another function.
    Other(u8),
}

/// A black and white image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Image {
    /// Dots across.
    pub width: u32,
    /// Dots down.
    pub height: u32,
    /// How many dots of paper one dot is, across.
    pub scale_x: u8,
    /// How many dots of paper one dot is, down.
    pub scale_y: u8,
    /// Rows from the top, each of whole bytes, the highest bit to the left; set is black.
    #[serde(serialize_with = "hex")]
    pub bits: Vec<u8>,
}

impl Image {
    /// Whether a dot is black; white outside.
    pub fn is_black(&self, x: u32, y: u32) -> bool {
        let row = self.width.div_ceil(8);
        let byte = self.bits.get((y * row + x / 8) as usize);
        x < self.width && byte.is_some_and(|byte| byte >> (7 - x % 8) & 1 == 1)
    }

    /// An image with the dots for which `is_black` holds.
    pub fn from_dots(width: u32, height: u32, is_black: impl Fn(u32, u32) -> bool) -> Self {
        let row = width.div_ceil(8);
        let mut bits = vec![0; (row * height) as usize];
        for y in 0..height {
            for x in (0..width).filter(|&x| is_black(x, y)) {
                bits[(y * row + x / 8) as usize] |= 0x80 >> (x % 8);
            }
        }
        Self {
            width,
            height,
            scale_x: 1,
            scale_y: 1,
            bits,
        }
    }
}

fn hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
    serializer.serialize_str(&text)
}
