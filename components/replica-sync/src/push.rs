//! What becomes of a row that a tablet pushes.
//!
//! The tablet says what it believed (`assumed`) and what it wants (`new`); the difference is what
//! its user did. That difference, as far as the role may write it, is put onto the row as it is
//! now. A column that somebody else changed meanwhile stays as it is: the tablet hears so, adopts
//! it, and the value it wanted is kept as a conflict. Whatever is answered is what the tablet will
//! have; nothing is answered by an error, because RxDB would send the same for ever.
//!
//! ```text
//!              row alive             row deleted            never seen
//! new alive    merge                 the deletion stays,    insert, or deleted when the tablet
//!                                    or insert when known   had seen it (its tombstone was purged)
//! new deleted  delete                nothing to do          nothing to do
//! ```
//!
//! Pure.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::Principal;
use wire::replica::DELETED;

use crate::document::{self, Document, same, value};
use crate::image::Columns;
use crate::relation::{Access, Column, Mode, Relation, Rows};

/// A row as RxDB pushes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushRow {
    /// What the tablet believed; absent when it made the row.
    #[serde(default)]
    pub(crate) assumed_master_state: Option<Document>,
    /// What it wants.
    pub(crate) new_document_state: Document,
}

/// The row as the database has it, locked until the decision is carried out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Current {
    /// It never was, or its tombstone is purged.
    Unknown,
    /// It was deleted.
    Deleted,
    /// It is; whose it is stands in the owner's column.
    Alive(Columns),
}

/// Who pushes.
#[derive(Debug, Clone)]
pub(crate) struct Writer<'a> {
    /// Who.
    pub(crate) principal: &'a Principal,
    /// What they may do with the table.
    pub(crate) access: &'a Access,
}

/// What is done, and what the tablet hears.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decision {
    /// What is written.
    pub(crate) write: Option<Write>,
    /// The state that the tablet must adopt; none when it has it already.
    pub(crate) answer: Option<Document>,
    /// Columns whose wanted value was not taken, because somebody else changed them meanwhile.
    pub(crate) conflict: Option<Conflict>,
    /// Why something was not allowed.
    pub(crate) refused: Option<&'static str>,
}

/// What is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Write {
    /// The row shall be this: the columns that are written, with the key.
    Put(Columns),
    /// The row shall not be.
    Delete,
}

/// A change that was not taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Conflict {
    /// What the tablet believed.
    pub(crate) base: Columns,
    /// What it wanted.
    pub(crate) wanted: Columns,
    /// What stays.
    pub(crate) kept: Columns,
}

impl Writer<'_> {
    /// Decides about one row whose key is `id`.
    pub(crate) fn decide(
        &self,
        relation: &Relation,
        id: &str,
        row: &PushRow,
        current: &Current,
    ) -> Decision {
        let wants_deletion = document::is_deleted(&row.new_document_state);
        if let Err(reason) = judge(relation, &row.new_document_state) {
            return self.refuse(relation, id, current, reason);
        }
        match (current, wants_deletion) {
            (Current::Unknown | Current::Deleted, true) => Decision::nothing(),
            (Current::Unknown, false) if row.assumed_master_state.is_some() => {
                Decision::adopt(document::deleted(relation, self.access, id))
            }
            (Current::Deleted, false) if !row.assumes_deleted() => {
                Decision::adopt(document::deleted(relation, self.access, id))
            }
            (Current::Unknown | Current::Deleted, false) => self.insert(relation, id, row),
            (Current::Alive(columns), _) if !self.sees(relation, columns) => {
                self.refuse(relation, id, current, "belongs to somebody else")
            }
            (Current::Alive(_), true) => self.delete(relation, id, current),
            (Current::Alive(columns), false) => self.merge(relation, id, row, columns),
        }
    }

    /// The row as the writer may see it.
    fn view(&self, relation: &Relation, id: &str, current: &Current) -> Document {
        match current {
            Current::Alive(columns) if self.sees(relation, columns) => {
                document::alive(relation, self.access, columns)
            }
            Current::Alive(_) | Current::Deleted | Current::Unknown => {
                document::deleted(relation, self.access, id)
            }
        }
    }

    fn sees(&self, relation: &Relation, columns: &Columns) -> bool {
        match (self.access.rows, &relation.table.owner) {
            (Rows::All, _) => true,
            (Rows::Own, Some(owner)) => {
                columns.get(owner).and_then(Value::as_str) == Some(self.principal.as_str())
            }
            (Rows::Own, None) => false,
        }
    }

    fn refuse(
        &self,
        relation: &Relation,
        id: &str,
        current: &Current,
        reason: &'static str,
    ) -> Decision {
        Decision {
            refused: Some(reason),
            ..Decision::adopt(self.view(relation, id, current))
        }
    }

    fn insert(&self, relation: &Relation, id: &str, row: &PushRow) -> Decision {
        let wanted = &row.new_document_state;
        if !self.access.insert {
            return self.refuse(
                relation,
                id,
                &Current::Unknown,
                "may not be made by this role",
            );
        }
        let mut columns: Columns = wanted
            .iter()
            .filter(|(name, _)| self.access.write.contains(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        columns.insert(relation.key.clone(), json!(id));
        if let (Rows::Own, Some(owner)) = (self.access.rows, &relation.table.owner) {
            columns.insert(owner.clone(), json!(self.principal));
        }
        let made = document::alive(relation, self.access, &columns);
        Decision {
            answer: differs(relation, &made, wanted).then_some(made),
            write: Some(Write::Put(columns)),
            ..Decision::nothing()
        }
    }

    fn delete(&self, relation: &Relation, id: &str, current: &Current) -> Decision {
        if !self.access.delete {
            return self.refuse(relation, id, current, "may not be deleted by this role");
        }
        Decision {
            write: Some(Write::Delete),
            ..Decision::nothing()
        }
    }

    fn merge(&self, relation: &Relation, id: &str, row: &PushRow, columns: &Columns) -> Decision {
        let wanted = &row.new_document_state;
        let current = document::alive(relation, self.access, columns);
        if !differs(relation, &current, wanted) {
            return Decision::nothing();
        }
        let Some(assumed) = &row.assumed_master_state else {
            return self.clash(relation, wanted, current);
        };
        let writable = |name: &str| {
            self.access.write.contains(name)
                && name != relation.key
                && relation.table.mode != Mode::Append
        };
        let mut put = Columns::from_iter([(relation.key.clone(), json!(id))]);
        let mut merged = current.clone();
        let mut lost = Conflict::none();
        let mut refused = None;
        for column in &relation.columns {
            let name = column.name.as_str();
            let [base, new, now] =
                [assumed, wanted, &current].map(|document| value(document, column));
            let changed = !same(base, new) && !same(now, new);
            if !changed || !self.access.shows(relation, name) {
                continue;
            }
            if !writable(name) {
                refused = Some("has columns that this role does not write");
            } else if !moved(relation, name, assumed, &current) {
                put.insert(name.to_owned(), new.clone());
                merged.insert(name.to_owned(), new.clone());
            } else {
                lost.note(name, base, new, now);
            }
        }
        Decision {
            write: (put.len() > 1).then_some(Write::Put(put)),
            answer: differs(relation, &merged, wanted).then(|| without_nulls(merged)),
            conflict: lost.some(),
            refused,
        }
    }

    /// Both sides made a row of the same key: the one that is there stays.
    fn clash(&self, relation: &Relation, wanted: &Document, current: Document) -> Decision {
        let mut lost = Conflict::none();
        for column in &relation.columns {
            let name = column.name.as_str();
            let (new, now) = (value(wanted, column), value(&current, column));
            let given = wanted.contains_key(name) && self.access.shows(relation, name);
            if given && !same(new, now) {
                lost.note(name, &Value::Null, new, now);
            }
        }
        Decision {
            conflict: lost.some(),
            ..Decision::adopt(current)
        }
    }
}

impl PushRow {
    fn assumes_deleted(&self) -> bool {
        self.assumed_master_state
            .as_ref()
            .is_some_and(document::is_deleted)
    }

    /// The key of the row that is meant.
    pub(crate) fn id(&self, relation: &Relation) -> Option<&str> {
        self.new_document_state.get(&relation.key)?.as_str()
    }
}

impl Decision {
    fn nothing() -> Self {
        Self {
            write: None,
            answer: None,
            conflict: None,
            refused: None,
        }
    }

    fn adopt(document: Document) -> Self {
        Self {
            answer: Some(document),
            ..Self::nothing()
        }
    }
}

impl Conflict {
    fn none() -> Self {
        Self {
            base: Columns::new(),
            wanted: Columns::new(),
            kept: Columns::new(),
        }
    }

    fn note(&mut self, name: &str, base: &Value, wanted: &Value, kept: &Value) {
        self.base.insert(name.to_owned(), base.clone());
        self.wanted.insert(name.to_owned(), wanted.clone());
        self.kept.insert(name.to_owned(), kept.clone());
    }

    fn some(self) -> Option<Self> {
        (!self.wanted.is_empty()).then_some(self)
    }
}

/// Why a document cannot be a row.
fn judge(relation: &Relation, document: &Document) -> Result<(), &'static str> {
    let mut values = document.iter().filter(|(name, _)| *name != DELETED);
    let refusal = values.find_map(|(name, value)| relation.column(name)?.kind.refuses(value));
    refusal.map_or(Ok(()), Err)
}

/// Whether somebody else changed what shares a version with a column.
fn moved(relation: &Relation, name: &str, assumed: &Document, current: &Document) -> bool {
    let key = relation.grain.key(name);
    let together = |column: &&Column| relation.grain.key(&column.name) == key;
    let mut columns = relation.columns.iter().filter(together);
    columns.any(|column| !same(value(assumed, column), value(current, column)))
}

/// Whether two documents differ in a column of the table.
fn differs(relation: &Relation, left: &Document, right: &Document) -> bool {
    let mut columns = relation.columns.iter();
    columns.any(|column| !same(value(left, column), value(right, column)))
        || document::is_deleted(left) != document::is_deleted(right)
}

fn without_nulls(mut document: Document) -> Document {
    document.retain(|_, value| !value.is_null());
    document
}

#[cfg(test)]
mod tests;
