//! A table that is synchronised: what of it goes where, and who may see and write what.
//!
//! Tables are configuration; their columns and their key are read from the database
//! ([`Relation::new`] refuses what cannot be synchronised). Pure.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use wire::credential::{Role, Standing};

use crate::image::{Grain, Image};

mod column;

pub(crate) use column::{Column, Kind};

/// The column of every table that names the company.
pub(crate) const TENANT: &str = "tenant";
/// The column of every table that names the hotel.
pub(crate) const PROPERTY: &str = "property";

/// What a deployment says of a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name in the schema `hotel`, and of the collection.
    pub name: String,
    /// Version of the collection's schema; tablets with another one are sent away.
    #[serde(default, deserialize_with = "kit::config::quoted")]
    #[schemars(with = "kit::config::Number")]
    pub version: u32,
    /// Where rows go besides the tablets.
    #[serde(default)]
    pub direction: Direction,
    /// What of two changes of one row stays.
    #[serde(default)]
    pub mode: Mode,
    /// Columns that change together, by a name for them; with mode `field`.
    #[serde(default)]
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// Columns that never leave the property.
    #[serde(default)]
    pub local: BTreeSet<String>,
    /// The column that holds the principal whose row it is.
    #[serde(default)]
    pub owner: Option<String>,
    /// Who may do what; whoever is not named sees nothing.
    #[serde(default)]
    pub access: Vec<Access>,
}

/// Where rows of a table go, seen from the hotel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// To the cloud and from it.
    #[default]
    Both,
    /// To the cloud only.
    Up,
    /// They stay.
    Stay,
}

/// What of two changes of one row stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The later value of each column.
    #[default]
    Field,
    /// The later row.
    Row,
    /// Rows are never changed once they are there.
    Append,
}

/// What some roles may do with a table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Which roles; each stands in one entry of a table.
    pub roles: BTreeSet<Role>,
    /// Which rows.
    pub rows: Rows,
    /// Which columns are shown; all when none is named.
    #[serde(default)]
    pub columns: BTreeSet<String>,
    /// Which columns may be written.
    #[serde(default)]
    pub write: BTreeSet<String>,
    /// Whether rows may be made.
    #[serde(default)]
    pub insert: bool,
    /// Whether rows may be deleted.
    #[serde(default)]
    pub delete: bool,
}

/// Which rows a role sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// Every row of the property.
    All,
    /// Those whose owner they are.
    #[default]
    Own,
}

/// A synchronised table with what the database says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    /// Its number in this database.
    pub(crate) id: i16,
    /// What the deployment says.
    pub(crate) table: Table,
    /// The key beside the tenant.
    pub(crate) key: String,
    /// Every column but tenant and property, in the table's order.
    pub(crate) columns: Vec<Column>,
    /// What shares a version.
    pub(crate) grain: Grain,
}

impl Relation {
    /// Joins both; refuses a table whose configuration names what it does not have.
    pub(crate) fn new(
        id: i16,
        table: Table,
        key: String,
        columns: Vec<Column>,
    ) -> Result<Self, WrongTable> {
        let known: BTreeSet<_> = columns.iter().map(|column| column.name.as_str()).collect();
        let accesses = table.access.iter();
        let named = (table.groups.values().flatten())
            .chain(&table.local)
            .chain(&table.owner)
            .chain(accesses.flat_map(|access| access.columns.iter().chain(&access.write)));
        if let Some(column) = named
            .into_iter()
            .find(|name| !known.contains(name.as_str()))
        {
            return Err(table.wrong(format!("has no column {column:?}")));
        }
        if table.local.contains(&key) {
            return Err(table.wrong("cannot keep its key to itself".to_owned()));
        }
        let mut required = columns.iter().filter(|column| column.required);
        if let Some(column) = required.find(|column| table.local.contains(&column.name)) {
            let what = format!("requires {:?}, which the hub never gets", column.name);
            return Err(table.wrong(what));
        }
        let own = |access: &Access| access.rows == Rows::Own;
        if table.owner.is_none() && table.access.iter().any(own) {
            return Err(table.wrong("has rows of one's own and no owner".to_owned()));
        }
        let grain = match table.mode {
            Mode::Field => Grain::Columns(groups(&table)?),
            Mode::Row | Mode::Append => Grain::Row,
        };
        Ok(Self {
            id,
            table,
            key,
            columns,
            grain,
        })
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.table.name
    }

    /// What somebody of this standing may do; nothing when none.
    pub(crate) fn access(&self, standing: Standing) -> Option<&Access> {
        match standing {
            Standing::Role(role) => {
                let mut entries = self.table.access.iter();
                entries.find(|access| access.roles.contains(&role))
            }
            Standing::Operator | Standing::Component | Standing::Device => None,
        }
    }

    /// A column by its name.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// What of a row may leave the property.
    pub(crate) fn outward(&self, mut image: Image) -> Image {
        let leaves = |name: &str| self.column(name).is_some() && !self.table.local.contains(name);
        image.columns.retain(|name, _| leaves(name));
        let columns = self.columns.iter().filter(|column| leaves(&column.name));
        image.versions.retain(|key, _| {
            columns
                .clone()
                .any(|column| self.grain.key(&column.name) == Some(key))
        });
        image
    }
}

/// The group of each column that is in one.
fn groups(table: &Table) -> Result<BTreeMap<String, String>, WrongTable> {
    let mut of_column = BTreeMap::new();
    for (group, columns) in &table.groups {
        for column in columns {
            let other = of_column.insert(column.clone(), group.clone());
            if other.is_some() {
                return Err(table.wrong(format!("has column {column:?} in two groups")));
            }
        }
    }
    Ok(of_column)
}

impl Table {
    /// A refusal of this table.
    pub(crate) fn wrong(&self, what: String) -> WrongTable {
        WrongTable {
            table: self.name.clone(),
            what,
        }
    }
}

impl Access {
    /// Whether a column is shown.
    pub(crate) fn shows(&self, relation: &Relation, column: &str) -> bool {
        self.columns.is_empty() || column == relation.key || self.columns.contains(column)
    }
}

/// A table cannot be synchronised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("table {table:?} {what}")]
pub(crate) struct WrongTable {
    table: String,
    what: String,
}

#[cfg(test)]
mod tests;
