//! The kitchen's ticket of an order.

use wire::order::{Order, OrderLine};
use wire::print::{Align, Cell, Document, Line, Receipt, Style, Submit};
use wire::{Integer, Text, Version};

use super::Rules;

/// Room for a quantity, in characters: `99 x `.
const QUANTITY_WIDTH: u8 = 5;
/// Dots of one module of the QR code: some 2 cm across, read from a counter away.
const MODULE: u8 = 5;

/// The print job of a confirmed order's ticket; its id is the order's.
pub(super) fn submit(rules: &Rules, order: &Order, now: Integer) -> Submit {
    Submit {
        v: Version,
        job: order.order.into(),
        route: rules.kitchen_route.clone(),
        document: Document::Receipt(receipt(rules, order, now)),
        copies: 1,
        expires_at: None,
    }
}

/// Number and table large, what and how many, what guests remarked, when, and the order's id for a
/// scanner.
fn receipt(rules: &Rules, order: &Order, now: Integer) -> Receipt {
    let mut lines = vec![
        centred(order.number.to_string(), size(4)),
        centred(order.table.to_string(), size(2)),
        Line::Rule,
    ];
    lines.extend(order.lines.iter().flat_map(dish));
    if !order.note.as_str().is_empty() {
        lines.extend([Line::Rule, remark(order.note.to_string())]);
    }
    lines.extend([
        Line::Rule,
        centred(rules.time(now), Style::default()),
        Line::Qr {
            text: text(order.order.to_string()),
            module: MODULE,
        },
    ]);
    Receipt { lines }
}

fn dish(line: &OrderLine) -> Vec<Line> {
    let cell = |words: String, width| Cell {
        text: text(words),
        width,
        align: Align::Left,
    };
    let dish = Line::Columns {
        cells: vec![
            cell(format!("{} x", line.quantity), Some(QUANTITY_WIDTH)),
            cell(line.name.to_string(), None),
        ],
        style: Style {
            bold: true,
            height: 2,
            ..Style::default()
        },
    };
    if line.note.as_str().is_empty() {
        return vec![dish];
    }
    vec![dish, remark(format!("> {}", line.note))]
}

fn remark(words: String) -> Line {
    Line::Text {
        text: text(words),
        align: Align::Left,
        style: Style {
            bold: true,
            ..Style::default()
        },
    }
}

fn centred(words: String, style: Style) -> Line {
    Line::Text {
        text: text(words),
        align: Align::Center,
        style,
    }
}

fn size(times: u8) -> Style {
    Style {
        bold: true,
        width: times,
        height: times,
        ..Style::default()
    }
}

fn text<const MAX: usize>(words: String) -> Text<MAX> {
    let text = words.try_into();
    text.expect(
        "parts of an order are shorter than lines of a receipt, and without control characters",
    )
}
