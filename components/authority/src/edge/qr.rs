//! QR codes as SVG: one path of horizontal runs of dark modules, `M{x} {y}h{length}v1h-{length}z`,
//! one unit a module, so that a reader without a drawing library can show it as well.

use std::fmt::Write as _;

use qrcode::{Color, QrCode};

/// Light modules around the code (ISO/IEC 18004 §9.1).
const QUIET: usize = 4;

/// The code of a text; nothing when it is too long for any.
pub(crate) fn svg(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    let (width, colors) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|left, right| left == right) {
            if run[0] == Color::Dark {
                let (left, top, length) = (x + QUIET, y + QUIET, run.len());
                write!(path, "M{left} {top}h{length}v1h-{length}z")
                    .expect("a String takes every text");
            }
            x += run.len();
        }
    }
    let side = width + 2 * QUIET;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/>\
         <path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests;
