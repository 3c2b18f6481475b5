//! Values as SQLite stores them, and back.

use std::error::Error;
use std::str::FromStr;

use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, Row, Sqlite, Type};
use wire::Integer;
use wire::credential::Role;

/// An integer of the bus.
pub(super) fn number(integer: Integer) -> i64 {
    i64::try_from(integer.value()).expect("integers of the bus are below 2^53")
}

/// A role by its word.
pub(super) fn role(role: Role) -> String {
    let word = serde_json::to_value(role).ok();
    word.and_then(|word| word.as_str().map(str::to_owned))
        .expect("a role is a word")
}

/// Reads the columns of one row, by name.
pub(super) struct Columns<'a>(pub(super) &'a SqliteRow);

impl<'a> Columns<'a> {
    fn get<T>(&self, name: &'static str) -> Result<T, sqlx::Error>
    where
        T: Decode<'a, Sqlite> + Type<Sqlite>,
        &'static str: ColumnIndex<SqliteRow>,
    {
        self.0.try_get(name)
    }

    pub(super) fn number(&self, name: &'static str) -> Result<Integer, sqlx::Error> {
        self.get::<i64>(name).and_then(|value| integer(name, value))
    }

    pub(super) fn number_if_any(&self, name: &'static str) -> Result<Option<Integer>, sqlx::Error> {
        let value = self.get::<Option<i64>>(name)?;
        value.map(|value| integer(name, value)).transpose()
    }

    pub(super) fn word<T: FromStr>(&self, name: &'static str) -> Result<T, sqlx::Error>
    where
        T::Err: Error + Send + Sync + 'static,
    {
        let text: &str = self.get(name)?;
        text.parse().map_err(|error| wrong(name, error))
    }

    pub(super) fn word_if_any<T: FromStr>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, sqlx::Error>
    where
        T::Err: Error + Send + Sync + 'static,
    {
        let text: Option<&str> = self.get(name)?;
        let word = text.map(|text| text.parse().map_err(|error| wrong(name, error)));
        word.transpose()
    }

    pub(super) fn role(&self, name: &'static str) -> Result<Role, sqlx::Error> {
        let word: String = self.get(name)?;
        serde_json::from_value(word.into()).map_err(|error| wrong(name, error))
    }

    pub(super) fn octets<const N: usize>(
        &self,
        name: &'static str,
    ) -> Result<[u8; N], sqlx::Error> {
        let octets: &[u8] = self.get(name)?;
        octets.try_into().map_err(|error| wrong(name, error))
    }

    pub(super) fn octets_if_any<const N: usize>(
        &self,
        name: &'static str,
    ) -> Result<Option<[u8; N]>, sqlx::Error> {
        let octets: Option<&[u8]> = self.get(name)?;
        let octets = octets.map(|octets| octets.try_into().map_err(|error| wrong(name, error)));
        octets.transpose()
    }

    pub(super) fn text(&self, name: &'static str) -> Result<String, sqlx::Error> {
        self.get(name)
    }
}

fn integer(name: &'static str, value: i64) -> Result<Integer, sqlx::Error> {
    let value = u64::try_from(value).map_err(|error| wrong(name, error))?;
    Integer::try_from(value).map_err(|error| wrong(name, error))
}

fn wrong(name: &str, error: impl Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: name.to_owned(),
        source: Box::new(error),
    }
}
