//! Pictures of black and white dots.

use std::io::Cursor;

use png::{ColorType, Decoder, DecodingError, Limits, Transformations};

/// Most memory that a picture may take to be read.
const MEMORY_MAX: usize = 16 * 1024 * 1024;

/// A picture: rows from the top, eight dots a byte, the leftmost in the highest bit; set is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bitmap {
    /// Dots across.
    pub(crate) width: u32,
    /// Dots down.
    pub(crate) height: u32,
    /// Rows, each filled up to whole bytes with white.
    pub(crate) dots: Vec<u8>,
}

impl Bitmap {
    /// A white picture.
    pub(crate) fn white(width: u32, height: u32) -> Self {
        let dots = vec![0; stride(width) * height as usize];
        Self {
            width,
            height,
            dots,
        }
    }

    /// Bytes of a row.
    pub(crate) fn stride(&self) -> usize {
        stride(self.width)
    }

    /// Whether a dot is black.
    pub(crate) fn is_black(&self, x: u32, y: u32) -> bool {
        self.dots[y as usize * self.stride() + x as usize / 8] & (0x80 >> (x % 8)) != 0
    }

    /// Makes a dot black.
    pub(crate) fn blacken(&mut self, x: u32, y: u32) {
        let at = y as usize * self.stride() + x as usize / 8;
        self.dots[at] |= 0x80 >> (x % 8);
    }

    /// Makes a dot white.
    pub(crate) fn whiten(&mut self, x: u32, y: u32) {
        let at = y as usize * self.stride() + x as usize / 8;
        self.dots[at] &= !(0x80 >> (x % 8));
    }

    /// A PNG picture no larger than it may be; greys become patterns of dots.
    pub(super) fn of_png(png: &[u8], width_max: u16, height_max: u32) -> Result<Self, NotAPicture> {
        let limits = Limits { bytes: MEMORY_MAX };
        let mut decoder = Decoder::new_with_limits(Cursor::new(png), limits);
        decoder.set_transformations(Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().map_err(NotAPicture::Png)?;
        let (width, height) = reader.info().size();
        if width > width_max.into() {
            return Err(NotAPicture::Wide { width, width_max });
        }
        if height > height_max {
            return Err(NotAPicture::High { height, height_max });
        }
        let mut pixels = vec![0; reader.output_buffer_size().ok_or(NotAPicture::Large)?];
        reader.next_frame(&mut pixels).map_err(NotAPicture::Png)?;
        let (color, _) = reader.output_color_type();
        let greys: Vec<u8> = pixels
            .chunks_exact(color.samples())
            .map(|pixel| grey(color, pixel))
            .collect();
        Ok(dither(width, height, &greys))
    }
}

fn stride(width: u32) -> usize {
    width.div_ceil(8) as usize
}

/// How bright a pixel is on white paper.
fn grey(color: ColorType, pixel: &[u8]) -> u8 {
    let sample = |at: usize| u32::from(pixel[at]);
    let luma = || (sample(0) * 299 + sample(1) * 587 + sample(2) * 114) / 1_000;
    let (grey, alpha) = match color {
        ColorType::Grayscale | ColorType::Indexed => (sample(0), 255),
        ColorType::GrayscaleAlpha => (sample(0), sample(1)),
        ColorType::Rgb => (luma(), 255),
        ColorType::Rgba => (luma(), sample(3)),
    };
    u8::try_from((grey * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
}

/// Greys as patterns of dots: each dot hands its error on to its neighbours (Floyd and Steinberg).
fn dither(width: u32, height: u32, greys: &[u8]) -> Bitmap {
    let mut bitmap = Bitmap::white(width, height);
    let across = width as usize;
    // One dot more on each side takes the errors that leave the picture.
    let mut row = vec![0_i32; across + 2];
    let mut below = row.clone();
    for (y, greys) in (0..height).zip(greys.chunks_exact(across.max(1))) {
        for (x, grey) in (0..width).zip(greys) {
            let at = x as usize + 1;
            let wanted = i32::from(*grey) + row[at] / 16;
            let is_black = wanted < 128;
            if is_black {
                bitmap.blacken(x, y);
            }
            let error = wanted - if is_black { 0 } else { 255 };
            row[at + 1] += error * 7;
            below[at - 1] += error * 3;
            below[at] += error * 5;
            below[at + 1] += error;
        }
        std::mem::swap(&mut row, &mut below);
        below.fill(0);
    }
    bitmap
}

/// The bytes are no picture that can be printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAPicture {
    /// Not PNG, or damaged.
    #[error("not a readable PNG picture: {0}")]
    Png(DecodingError),
    /// Wider than the paper.
    #[error("the picture is {width} dots wide, the paper {width_max}")]
    Wide { width: u32, width_max: u16 },
    /// Longer than anybody wants.
    #[error("the picture is {height} dots high, and {height_max} are left")]
    High { height: u32, height_max: u32 },
    /// More than fits into memory.
    #[error("the picture is too large")]
    Large,
}
