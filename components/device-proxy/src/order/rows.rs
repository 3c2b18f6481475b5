//! An order as rows of the hotel's database.
//!
//! Pure. The whole order each time: whoever keeps the rows takes them as they are, however often.

use serde_json::{Map, Value, json};
use wire::order::OrderLine;
use wire::record::Record;
use wire::{Integer, OrderId, replica};

use super::Entry;

/// The table of orders.
const ORDERS: &str = "orders";
/// The table of their lines.
const ORDER_ITEMS: &str = "order_items";

/// The order and its lines.
pub(crate) fn rows(now: Integer, entry: &Entry) -> Vec<Record> {
    let order = &entry.order;
    let changed_at = order.history.last().map(|step| step.at);
    let row = replica::columns([
        ("id", json!(order.order)),
        ("number", json!(order.number)),
        ("place", json!(order.table)),
        ("guest", json!(entry.guests.first())),
        ("status", json!(order.status)),
        ("note", json!(order.note)),
        ("total_minor", json!(order.total_minor)),
        ("currency", json!(order.currency)),
        ("placed_at", json!(entry.placed_at())),
        ("changed_at", json!(changed_at)),
    ]);
    let lines = order.lines.iter().enumerate();
    let lines = lines.map(|(place, line)| (ORDER_ITEMS, item(order.order, place, line)));
    [(ORDERS, row)]
        .into_iter()
        .chain(lines)
        .map(|(table, row)| replica::row(now, table, row))
        .collect()
}

fn item(order: OrderId, place: usize, line: &OrderLine) -> Map<String, Value> {
    replica::columns([
        ("id", json!(format!("{order}-{place}"))),
        ("order_id", json!(order)),
        ("line", json!(place)),
        ("item", json!(line.item)),
        ("name", json!(line.name)),
        ("quantity", json!(line.quantity)),
        ("price_minor", json!(line.price_minor)),
        ("note", json!(line.note)),
    ])
}
