//! Receipts, laid out: what stands on each row of the paper, for printers and previews alike.
//!
//! Pure. A row holds only characters that the printer has, so that its columns stand below each
//! other; whatever else guests wrote is spelled in ASCII, or becomes a question mark.

use wire::print::{Align, CELLS_MAX, Cell, LINES_MAX, Line, Receipt, Style};
use wire::{Code, Problem};

use crate::print::Profile;

mod bitmap;
mod letters;
mod wrap;

pub(crate) use bitmap::Bitmap;
pub(crate) use letters::runs;

use letters::readable;
use wrap::wrap;

/// Most lines of empty paper in one go.
const FEED_MAX: u8 = 20;
/// Most dots of one module of a QR code.
const MODULE_MAX: u8 = 16;
/// Most codes of a receipt; each takes a millisecond to be drawn.
const CODES_MAX: usize = 16;
/// Longest content of a code, in bytes; printers read no larger codes from paper.
const CODE_BYTES_MAX: usize = 1_000;
/// Most rows of dots of all pictures of a receipt: half a metre of paper. A small PNG may hold many.
const PICTURE_ROWS_MAX: u32 = 4_000;
/// Most times as wide or high.
const SIZE_MAX: u8 = 8;

/// What stands on one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Row {
    /// Characters of one look, all of which the printer has.
    Text {
        text: String,
        align: Align,
        style: Style,
    },
    /// A line across.
    Rule,
    /// Empty paper, in lines.
    Feed(u8),
    /// A QR code in the middle, with error correction M.
    Qr { text: String, module: u8 },
    /// A picture.
    Image { image: Bitmap, align: Align },
    /// A cut.
    Cut,
}

/// What stands on the paper from top to bottom; it ends with a cut. Problems name the line.
pub(crate) fn lay_out(receipt: &Receipt, profile: &Profile) -> Result<Vec<Row>, Problem> {
    let lines = receipt.lines.len();
    if !(1..=LINES_MAX).contains(&lines) {
        let detail = format!("{lines} lines are not 1 to {LINES_MAX}");
        return Err(Problem::new(Code::Invalid, detail).at("document.lines"));
    }
    let mut rows = Vec::with_capacity(lines + 1);
    let mut room = Room {
        codes: CODES_MAX,
        picture_rows: PICTURE_ROWS_MAX,
    };
    for (number, line) in receipt.lines.iter().enumerate() {
        let wrong = |Wrong { field, why }: Wrong| {
            Problem::new(Code::Invalid, why).at(format!("document.lines[{number}].{field}"))
        };
        rows.extend(lay_out_line(line, profile, &mut room).map_err(wrong)?);
    }
    if rows.last() != Some(&Row::Cut) {
        rows.push(Row::Cut);
    }
    Ok(rows)
}

/// What a receipt may still hold of things that take long.
struct Room {
    codes: usize,
    picture_rows: u32,
}

/// What is wrong with a line, and where.
struct Wrong {
    field: String,
    why: String,
}

fn wrong(field: impl Into<String>, why: impl Into<String>) -> Wrong {
    Wrong {
        field: field.into(),
        why: why.into(),
    }
}

fn lay_out_line(line: &Line, profile: &Profile, left: &mut Room) -> Result<Vec<Row>, Wrong> {
    match line {
        Line::Text { text, align, style } => {
            let width = room(profile, *style)?;
            let rows = wrap(&readable(text.as_str(), profile), width);
            Ok(rows
                .into_iter()
                .map(|text| row(text, *align, *style))
                .collect())
        }
        Line::Columns { cells, style } => columns(cells, *style, profile),
        Line::Rule => Ok(vec![Row::Rule]),
        Line::Feed { lines } => {
            within(*lines, FEED_MAX, "lines").map(|lines| vec![Row::Feed(lines)])
        }
        Line::Qr { text, module } => {
            let module = within(*module, MODULE_MAX, "module")?;
            let more = || wrong("text", format!("more than {CODES_MAX} codes"));
            left.codes = left.codes.checked_sub(1).ok_or_else(more)?;
            qr(text.as_str(), module, profile).map(|qr| vec![qr])
        }
        Line::Image { png, align } => {
            let image = Bitmap::of_png(png.as_slice(), profile.dots_per_line, left.picture_rows);
            let image = image.map_err(|error| wrong("png", error.to_string()))?;
            left.picture_rows -= image.height;
            let align = *align;
            Ok(vec![Row::Image { image, align }])
        }
        Line::Cut => Ok(vec![Row::Cut]),
    }
}

fn row(text: String, align: Align, style: Style) -> Row {
    Row::Text { text, align, style }
}

/// Characters of this look on a line.
fn room(profile: &Profile, style: Style) -> Result<usize, Wrong> {
    let width = within(style.width, SIZE_MAX, "width")?;
    within(style.height, SIZE_MAX, "height")?;
    Ok(usize::from(profile.columns / width).max(1))
}

fn within(value: u8, most: u8, field: &str) -> Result<u8, Wrong> {
    if (1..=most).contains(&value) {
        return Ok(value);
    }
    Err(wrong(field, format!("{value} is not one of 1 to {most}")))
}

/// A code that is too wide for the paper is printed by no printer.
fn qr(text: &str, module: u8, profile: &Profile) -> Result<Row, Wrong> {
    if text.len() > CODE_BYTES_MAX {
        let detail = format!("{} bytes are more than {CODE_BYTES_MAX}", text.len());
        return Err(wrong("text", detail));
    }
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M);
    let code = code.map_err(|error| wrong("text", error.to_string()))?;
    let dots = code.width() * usize::from(module);
    if dots > usize::from(profile.dots_per_line) {
        let detail = format!(
            "the code is {dots} dots wide, the paper {}",
            profile.dots_per_line
        );
        return Err(wrong("module", detail));
    }
    let text = text.to_owned();
    Ok(Row::Qr { text, module })
}

fn columns(cells: &[Cell], style: Style, profile: &Profile) -> Result<Vec<Row>, Wrong> {
    let widths = widths(cells, style, room(profile, style)?)?;
    let last = cells.len() - 1;
    let column = |(at, (cell, width)): (usize, (&Cell, &usize))| {
        // A blank between two columns, unless there is no room for one.
        let room = if at == last {
            *width
        } else {
            (*width - 1).max(1)
        };
        wrap(&readable(cell.text.as_str(), profile), room)
    };
    let texts: Vec<Vec<String>> = cells.iter().zip(&widths).enumerate().map(column).collect();
    let height = texts.iter().map(Vec::len).max().unwrap_or(0);
    let line = |number: usize| {
        let parts = texts.iter().zip(cells).zip(&widths).enumerate();
        let parts = parts.map(|(at, ((texts, cell), width))| {
            let text = texts.get(number).map_or("", String::as_str);
            pad(text, cell.align, *width, at == last)
        });
        row(parts.collect(), Align::Left, style)
    };
    Ok((0..height).map(line).collect())
}

/// How wide each cell is, in characters of this look.
fn widths(cells: &[Cell], style: Style, room: usize) -> Result<Vec<usize>, Wrong> {
    if !(1..=CELLS_MAX).contains(&cells.len()) {
        let detail = format!("{} cells are not 1 to {CELLS_MAX}", cells.len());
        return Err(wrong("cells", detail));
    }
    if cells.iter().filter(|cell| cell.width.is_none()).count() > 1 {
        return Err(wrong("cells", "only one cell can have whatever is left"));
    }
    let fixed = |width: u8| usize::from(width / style.width).max(1);
    let taken: usize = cells.iter().filter_map(|cell| cell.width).map(fixed).sum();
    let needed = taken + usize::from(cells.iter().any(|cell| cell.width.is_none()));
    if needed > room {
        let detail = format!("the cells need {needed} characters of {room}");
        return Err(wrong("cells", detail));
    }
    let width = |cell: &Cell| cell.width.map_or(room - taken, fixed);
    Ok(cells.iter().map(width).collect())
}

fn pad(text: &str, align: Align, width: usize, is_last: bool) -> String {
    // The blank between columns stands behind the text, where there is room for one.
    let has_blank = !is_last && width > 1;
    let width = width - usize::from(has_blank);
    let text = match align {
        Align::Left => format!("{text:<width$}"),
        Align::Center => format!("{text:^width$}"),
        Align::Right => format!("{text:>width$}"),
    };
    if has_blank { text + " " } else { text }
}

#[cfg(test)]
mod tests;
