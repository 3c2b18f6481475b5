//! What a wish costs: names and prices come from the menu, never from the page.

use wire::order::{ITEMS_MAX, Menu, MenuItem, OrderLine, Place, QUANTITY_MAX, Wish};
use wire::{Code, Integer, Problem};

/// The lines of an order and their sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Priced {
    pub(super) lines: Vec<OrderLine>,
    pub(super) total_minor: Integer,
}

/// Prices a wish by the menu; the problem names the field at fault.
pub(super) fn price(menu: &Menu, place: &Place) -> Result<Priced, Problem> {
    if place.items.is_empty() {
        return Err(Problem::new(Code::Invalid, "an order has an item").at("items"));
    }
    if place.items.len() > ITEMS_MAX {
        let detail = format!("{} items are more than {ITEMS_MAX}", place.items.len());
        return Err(Problem::new(Code::TooLarge, detail).at("items"));
    }
    let lines = place.items.iter().enumerate();
    let lines = lines.map(|(index, wish)| line(menu, index, wish));
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let total_minor = total(&lines)?;
    match place.total_minor {
        Some(shown) if shown != total_minor => {
            let detail = format!("the sum is {total_minor} by the menu, not {shown}");
            Err(Problem::new(Code::Conflict, detail).at("total_minor"))
        }
        Some(_) | None => Ok(Priced { lines, total_minor }),
    }
}

fn line(menu: &Menu, index: usize, wish: &Wish) -> Result<OrderLine, Problem> {
    if !(1..=QUANTITY_MAX).contains(&wish.quantity) {
        let detail = format!("{} is not one of 1 to {QUANTITY_MAX}", wish.quantity);
        return Err(Problem::new(Code::Invalid, detail).at(format!("items[{index}].quantity")));
    }
    let named = |item: &&MenuItem| item.item == wish.item;
    let item = menu.items.iter().find(named).ok_or_else(|| {
        let detail = format!("{} is not on the menu", wish.item);
        Problem::new(Code::Invalid, detail).at(format!("items[{index}].item"))
    })?;
    Ok(OrderLine {
        item: item.item.clone(),
        name: item.name.clone(),
        quantity: wish.quantity,
        price_minor: item.price_minor,
        note: wish.note.clone(),
    })
}

fn total(lines: &[OrderLine]) -> Result<Integer, Problem> {
    let cost = |line: &OrderLine| line.price_minor.value().checked_mul(line.quantity.into());
    let sum = |sum: u64, line: &OrderLine| sum.checked_add(cost(line)?);
    let total = lines.iter().try_fold(0, sum).and_then(Integer::new);
    total.ok_or_else(|| Problem::new(Code::Invalid, "the sum is beyond any bill").at("items"))
}
