//! What a deployment may decide about `device-proxy`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use kit::config::{Address, quoted};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use wire::credential::Role;
use wire::order::{Menu, MenuItem};
use wire::{Integer, Text, Word};

use crate::order::{Confirm, Rules};
use crate::print::PrintConfig;

/// Most different items of a menu; one answer holds them all.
const MENU_MAX: usize = 500;
/// Dearest item, in the currency's minor unit: no sum of an order comes near the largest integer.
const PRICE_MINOR: RangeInclusive<u64> = 0..=1_000_000_000;
/// Digits behind the decimal sign of any currency (ISO 4217).
const DECIMALS: RangeInclusive<u8> = 0..=4;
/// Where clocks on the wall may stand, in minutes from UTC.
const UTC_OFFSET_MINUTES: RangeInclusive<i16> = -12 * 60..=14 * 60;
/// Most signaling servers; the box is joined to all at once.
const SIGNALING_MAX: usize = 8;

/// The component's own configuration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where HTTPS is served.
    pub tls_listener: Address,
    /// Where pages find the box; joined to all at once.
    #[serde(default, deserialize_with = "signaling")]
    pub signaling: Vec<Signaling>,
    /// How pages reach the box.
    #[serde(default)]
    pub ice: Ice,
    /// What is ordered, and how.
    #[serde(default)]
    pub orders: Orders,
    /// Printers, and the routes that lead to them.
    #[serde(default)]
    pub print: PrintConfig,
    /// The routes on which each role prints; none when a role is not named.
    #[serde(default)]
    pub print_routes: BTreeMap<Role, BTreeSet<Word>>,
}

/// One signaling server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signaling {
    /// `ws://` or `wss://`, host and port.
    #[serde(deserialize_with = "url")]
    pub url: String,
    /// Where it stands.
    pub mode: Mode,
    /// Authorities to trust for a server in the cloud, PEM; those of the machine when absent.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

/// Where a signaling server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// On the property's network.
    Local,
    /// In the cloud.
    Cloud,
}

/// The addresses that the box offers to pages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ice {
    /// Whether loopback is offered as well: where the pages run on the same machine.
    #[serde(deserialize_with = "quoted")]
    #[schemars(with = "kit::config::Switch")]
    pub loopback: bool,
    /// The addresses to offer; those of the machine when empty.
    pub addresses: Vec<IpAddr>,
}

/// What is ordered, and how.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Orders {
    /// Who turns a pending order into work for the kitchen.
    pub confirm: WhoConfirms,
    /// Where tickets are printed.
    pub kitchen_route: Word,
    /// How far the clocks on the wall are ahead of UTC; numbers of orders count from 1 each day.
    #[serde(deserialize_with = "utc_offset_minutes")]
    #[schemars(with = "kit::config::Number")]
    pub utc_offset_minutes: i16,
    /// ISO 4217 code of every price.
    #[serde(deserialize_with = "currency")]
    pub currency: String,
    /// Digits behind the decimal sign of a price.
    #[serde(deserialize_with = "decimals")]
    #[schemars(with = "kit::config::Number")]
    pub decimals: u8,
    /// What can be ordered.
    #[serde(deserialize_with = "menu")]
    pub menu: Vec<Item>,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            confirm: WhoConfirms::Staff,
            kitchen_route: "kitchen".parse().expect("it is a word"),
            utc_offset_minutes: 0,
            currency: "EUR".to_owned(),
            decimals: 2,
            menu: Vec::new(),
        }
    }
}

/// Who turns a pending order into work for the kitchen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhoConfirms {
    /// Staff in front of the guest.
    Staff,
    /// The kitchen as well.
    Kitchen,
}

/// One thing that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The item.
    pub item: Word,
    /// What people call it.
    pub name: Text<60>,
    /// A heading it stands under.
    #[serde(default)]
    pub section: Text<40>,
    /// Price of one, in the currency's minor unit.
    #[serde(deserialize_with = "price_minor")]
    #[schemars(with = "kit::config::Number")]
    pub price_minor: Integer,
}

impl Orders {
    /// The rules of the order book.
    pub(crate) fn rules(&self) -> Rules {
        let item = |item: &Item| MenuItem {
            item: item.item.clone(),
            name: item.name.clone(),
            section: item.section.clone(),
            price_minor: item.price_minor,
        };
        Rules {
            menu: Menu {
                currency: self.currency.clone(),
                decimals: self.decimals,
                items: self.menu.iter().map(item).collect(),
            },
            confirm: match self.confirm {
                WhoConfirms::Staff => Confirm::Staff,
                WhoConfirms::Kitchen => Confirm::Kitchen,
            },
            kitchen_route: self.kitchen_route.clone(),
            utc_offset_minutes: self.utc_offset_minutes,
        }
    }
}

fn signaling<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Signaling>, D::Error> {
    let servers = Vec::<Signaling>::deserialize(deserializer)?;
    at_most(servers, SIGNALING_MAX, "signaling servers")
}

fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let url = String::deserialize(deserializer)?;
    if url.starts_with("ws://") || url.starts_with("wss://") {
        return Ok(url);
    }
    Err(D::Error::custom(format_args!(
        "{url:?} is not an address that begins with ws:// or wss://"
    )))
}

fn menu<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Item>, D::Error> {
    let items = Vec::<Item>::deserialize(deserializer)?;
    let mut seen = BTreeSet::new();
    match items.iter().find(|item| !seen.insert(&item.item)) {
        Some(twice) => Err(D::Error::custom(format_args!(
            "{} is on the menu twice",
            twice.item
        ))),
        None => at_most(items, MENU_MAX, "items"),
    }
}

fn at_most<T, E: serde::de::Error>(list: Vec<T>, most: usize, what: &str) -> Result<Vec<T>, E> {
    if list.len() <= most {
        return Ok(list);
    }
    Err(E::custom(format_args!(
        "{} {what} are more than {most}",
        list.len()
    )))
}

fn price_minor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Integer, D::Error> {
    let price = within(&PRICE_MINOR, deserializer)?;
    Ok(Integer::new(price).expect("the dearest item is far below the largest integer"))
}

fn decimals<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    within(&DECIMALS, deserializer)
}

fn utc_offset_minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i16, D::Error> {
    within(&UTC_OFFSET_MINUTES, deserializer)
}

fn within<'de, D, T>(range: &RangeInclusive<T>, deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: PartialOrd + std::fmt::Display + std::str::FromStr + serde::de::DeserializeOwned,
    T::Err: std::fmt::Display,
{
    let value: T = quoted(deserializer)?;
    if range.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (range.start(), range.end());
    Err(D::Error::custom(format_args!(
        "{value} is not one of {least} to {most}"
    )))
}

fn currency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let code = String::deserialize(deserializer)?;
    if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(code);
    }
    Err(D::Error::custom(format_args!(
        "{code:?} is not a currency code of three capital letters"
    )))
}

#[cfg(test)]
mod tests;
