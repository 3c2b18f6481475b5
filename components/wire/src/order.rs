//! Orders of food and drink: from a guest's page to the kitchen and back.
//!
//! ```text
//! pending ──▶ confirmed ──▶ preparing ──▶ ready ──▶ served
//!    │            │             │           │
//!    └────────────┴─────────────┴───────────┴─────▶ cancelled
//! ```
//!
//! The page says what is wanted; names and prices come from the menu, the table of a guest from
//! their token.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Integer, Version};
use crate::id::{OrderId, Principal, Word};
use crate::print::Job;
use crate::text::Text;

/// Most different items of one order.
pub const ITEMS_MAX: usize = 40;
/// Most pieces of one item.
pub const QUANTITY_MAX: u8 = 99;
/// Most orders of one answer, the newest.
pub const ORDERS_MAX: usize = 100;

/// What can be ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Menu {
    /// ISO 4217 code of every price.
    pub currency: String,
    /// Digits behind the decimal sign of a price.
    pub decimals: u8,
    /// What there is.
    pub items: Vec<MenuItem>,
}

/// One thing that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuItem {
    /// The item.
    pub item: Word,
    /// What people call it.
    pub name: Text<60>,
    /// A heading it stands under.
    #[serde(default)]
    pub section: Text<40>,
    /// Price of one, in the currency's minor unit (cents).
    pub price_minor: Integer,
}

/// A wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Version of this body.
    pub v: Version<1>,
    /// Chosen by the page; the same again is the same order, with another content a conflict.
    #[serde(alias = "orderId")]
    pub order: OrderId,
    /// Where, when staff order for a guest; a guest's is in their token.
    #[serde(default, alias = "tableId", skip_serializing_if = "Option::is_none")]
    pub table: Option<Word>,
    /// 1 to [`ITEMS_MAX`].
    pub items: Vec<Wish>,
    /// For the kitchen.
    #[serde(default)]
    pub note: Text<200>,
    /// What the page showed as the sum; refused when the menu says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_minor: Option<Integer>,
}

/// One item of a wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wish {
    /// From the menu.
    #[serde(alias = "itemId")]
    pub item: Word,
    /// 1 to [`QUANTITY_MAX`].
    pub quantity: u8,
    /// For the kitchen.
    #[serde(default)]
    pub note: Text<100>,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// Version of this body.
    pub v: Version<1>,
    /// The order.
    pub order: OrderId,
    /// What people call it; counts from 1.
    pub number: Integer,
    /// Where.
    pub table: Word,
    /// What.
    pub lines: Vec<OrderLine>,
    /// For the kitchen.
    pub note: Text<200>,
    /// Sum of all lines, in the currency's minor unit.
    pub total_minor: Integer,
    /// ISO 4217 code.
    pub currency: String,
    /// How far it is.
    pub status: OrderStatus,
    /// How it came so far, the oldest first.
    pub history: Vec<Step>,
    /// Its ticket in the kitchen, once it is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Job>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderLine {
    /// The item.
    pub item: Word,
    /// Its name when it was ordered.
    pub name: Text<60>,
    /// How many.
    pub quantity: u8,
    /// Price of one when it was ordered, in the currency's minor unit.
    pub price_minor: Integer,
    /// For the kitchen.
    pub note: Text<100>,
}

/// One step of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// How far it came.
    pub status: OrderStatus,
    /// When, in Unix milliseconds.
    pub at: Integer,
    /// By whom.
    pub by: Principal,
}

/// How far an order is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OrderStatus {
    /// Placed; nobody has seen to it.
    Pending,
    /// Accepted; its ticket is on the way.
    Confirmed,
    /// On the stove.
    Preparing,
    /// To be fetched.
    Ready,
    /// On the table.
    Served,
    /// Called off.
    Cancelled,
}

/// Moves an order on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetStatus {
    /// Version of this body.
    pub v: Version<1>,
    /// The order.
    #[serde(alias = "orderId")]
    pub order: OrderId,
    /// Where to.
    pub status: OrderStatus,
}

/// Orders that concern whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Orders {
    /// At most [`ORDERS_MAX`], the newest first.
    pub orders: Vec<Order>,
}
