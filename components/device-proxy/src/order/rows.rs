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
    let row = json!({
        "id": order.order,
        "number": order.number,
        "place": order.table,
        "guest": entry.guests.first(),
        "status": order.status,
        "note": order.note,
        "total_minor": order.total_minor,
        "currency": order.currency,
        "placed_at": entry.placed_at(),
        "changed_at": changed_at,
    });
    let lines = order.lines.iter().enumerate();
    let lines = lines.map(|(place, line)| (ORDER_ITEMS, item(order.order, place, line)));
    [(ORDERS, row)]
        .into_iter()
        .chain(lines)
        .map(|(table, row)| replica::row(now, table, columns(row)))
        .collect()
}

fn item(order: OrderId, place: usize, line: &OrderLine) -> Value {
    json!({
        "id": format!("{order}-{place}"),
        "order_id": order,
        "line": place,
        "item": line.item,
        "name": line.name,
        "quantity": line.quantity,
        "price_minor": line.price_minor,
        "note": line.note,
    })
}

fn columns(row: Value) -> Map<String, Value> {
    match row {
        Value::Object(columns) => columns,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            unreachable!("rows are objects")
        }
    }
}
