//! Places in the order in which a database committed changes.
//!
//! A place leads with the transaction: sequence numbers are drawn before commits, in another order
//! than they happen, so that a cursor over them alone passes by whoever commits late. Only places
//! below every running transaction are read; below them nothing appears any more. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in one life of a database; texts in JSON, because they have 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Place {
    /// Transaction (`xid8`).
    pub(crate) xid: u64,
    /// Order within it.
    pub(crate) seq: i64,
}

/// A place together with the life of the database that it is in; what RxDB keeps as checkpoint.
///
/// All members are always there: RxDB merges a checkpoint over the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checkpoint {
    /// The life of the database; in another one everything is read anew.
    pub(crate) epoch: String,
    /// [`Place::xid`].
    pub(crate) xid: String,
    /// [`Place::seq`].
    pub(crate) seq: String,
}

impl Checkpoint {
    /// The checkpoint of a place.
    pub(crate) fn of(epoch: &str, place: Place) -> Self {
        Self {
            epoch: epoch.to_owned(),
            xid: place.xid.to_string(),
            seq: place.seq.to_string(),
        }
    }

    /// Where to go on in a database of this epoch: at the beginning when it is another one.
    pub(crate) fn place(&self, epoch: &str) -> Result<Place, NotAPlace> {
        let place = Place {
            xid: self.xid.parse().map_err(|_| NotAPlace { field: "xid" })?,
            seq: self.seq.parse().map_err(|_| NotAPlace { field: "seq" })?,
        };
        Ok(if self.epoch == epoch {
            place
        } else {
            Place::default()
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.xid, self.seq)
    }
}

/// A checkpoint that we never made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a whole number")]
pub(crate) struct NotAPlace {
    /// Which member.
    pub(crate) field: &'static str,
}

#[cfg(test)]
mod tests;
