//! Draws characters: letters from a bitmap font, rules and bars from lines.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster};

use super::canvas::Canvas;
use crate::vprinter::layout::Look;

/// Half the thickness of a rule in dots.
const RULE: u32 = 1;

/// Draws a character with its cell's upper left corner at a place.
pub(super) fn draw(c: char, look: Look, advance: u32, canvas: &mut Canvas, place: (u32, u32)) {
    let cell = look.cell();
    if let Some(arms) = arms(c) {
        draw_rule(arms, cell, canvas, place);
    } else if let Some((from, size)) = bar(c, cell) {
        canvas.fill((place.0 + from.0, place.1 + from.1), size);
    } else if !matches!(c, ' ' | '\u{a0}') {
        draw_letter(c, look, canvas, place);
    }
    let thickness = u32::from(look.underline);
    if thickness > 0 && !look.invert {
        let below = place.1 + cell.1 - thickness;
        canvas.fill((place.0, below), (advance, thickness));
    }
    if look.invert {
        canvas.invert(place, (advance, cell.1));
    }
}

fn draw_letter(c: char, look: Look, canvas: &mut Canvas, place: (u32, u32)) {
    let weight = if look.bold {
        FontWeight::Bold
    } else {
        FontWeight::Regular
    };
    let height = if look.small {
        RasterHeight::Size16
    } else {
        RasterHeight::Size24
    };
    let Some(raster) = get_raster(c, weight, height) else {
        draw_missing(look.cell(), canvas, place);
        return;
    };
    let (scale_x, scale_y) = (u32::from(look.width), u32::from(look.height));
    for (row, dots) in (0..).zip(raster.rows()) {
        for (column, &dark) in (0..).zip(dots).filter(|(_, dark)| **dark > 0) {
            for y in 0..scale_y {
                for x in 0..scale_x {
                    let (x, y) = (column * scale_x + x, row * scale_y + y);
                    canvas.shade(place.0 + x, place.1 + y, u8::MAX - dark);
                }
            }
        }
    }
}

/// A box for a character that the font lacks.
fn draw_missing((width, height): (u32, u32), canvas: &mut Canvas, (x, y): (u32, u32)) {
    let (x, y, width, height) = (x + 2, y + 4, width - 4, height - 8);
    for line in [(x, y), (x, y + height - 1)] {
        canvas.fill(line, (width, 1));
    }
    for line in [(x, y), (x + width - 1, y)] {
        canvas.fill(line, (1, height));
    }
}

/// Whether a rule leaves the middle of its cell to the left, right, top and bottom.
type Arms = [bool; 4];

/// The arms of a box-drawing character; round and double ones are drawn like plain ones.
fn arms(c: char) -> Option<Arms> {
    let arms = match c {
        '─' | '═' => "lr",
        '│' | '║' => "tb",
        '┌' | '╭' | '╔' | '╒' | '╓' => "rb",
        '┐' | '╮' | '╗' | '╕' | '╖' => "lb",
        '└' | '╰' | '╚' | '╘' | '╙' => "rt",
        '┘' | '╯' | '╝' | '╛' | '╜' => "lt",
        '├' | '╞' | '╟' | '╠' => "rtb",
        '┤' | '╡' | '╢' | '╣' => "ltb",
        '┬' | '╤' | '╥' | '╦' => "lrb",
        '┴' | '╧' | '╨' | '╩' => "lrt",
        '┼' | '╪' | '╫' | '╬' => "lrtb",
        _ => return None,
    };
    Some(['l', 'r', 't', 'b'].map(|arm| arms.contains(arm)))
}

fn draw_rule(
    [left, right, top, bottom]: Arms,
    (width, height): (u32, u32),
    canvas: &mut Canvas,
    (x, y): (u32, u32),
) {
    let (middle, centre) = (width / 2, height / 2);
    let thick = 2 * RULE;
    let (from, to) = (middle - RULE, middle + RULE);
    if left {
        canvas.fill((x, y + centre - RULE), (to, thick));
    }
    if right {
        canvas.fill((x + from, y + centre - RULE), (width - from, thick));
    }
    if top {
        canvas.fill((x + from, y), (thick, centre + RULE));
    }
    if bottom {
        let above = centre - RULE;
        canvas.fill((x + from, y + above), (thick, height - above));
    }
}

/// Place and size of a block element within its cell.
fn bar(c: char, (width, height): (u32, u32)) -> Option<((u32, u32), (u32, u32))> {
    let code = u32::from(c);
    Some(match c {
        '▀' => ((0, 0), (width, height / 2)),
        '▔' => ((0, 0), (width, height / 8)),
        '▁'..='█' => {
            let tall = height * (code - 0x2580) / 8;
            ((0, height - tall), (width, tall))
        }
        '▉'..='▏' => ((0, 0), (width * (0x2590 - code) / 8, height)),
        '▐' => ((width / 2, 0), (width - width / 2, height)),
        '▕' => ((width - width / 8, 0), (width / 8, height)),
        _ => return None,
    })
}
