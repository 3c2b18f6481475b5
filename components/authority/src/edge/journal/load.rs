//! From the disk to the books.

use sqlx::sqlite::SqlitePool;
use wire::{Nonce, PublicKey, Sha256};

use super::columns::Columns;
use crate::act::Challenge;
use crate::books::{Books, Change, Guest, Invitation, Person, Refusal, Sitting, Token, Uptake};

/// The books as they were kept, without who was provisioned.
pub(crate) async fn load(readers: &SqlitePool) -> Result<Books, sqlx::Error> {
    let mut books = Books::default();
    for (table, read) in TABLES {
        let rows = sqlx::query(*table).fetch_all(readers).await?;
        for row in &rows {
            books.apply(&read(&Columns(row))?);
        }
    }
    Ok(books)
}

type Read = fn(&Columns<'_>) -> Result<Change, sqlx::Error>;

const TABLES: &[(&str, Read)] = &[
    ("SELECT * FROM person", person),
    ("SELECT * FROM invitation", invitation),
    ("SELECT * FROM token", token),
    ("SELECT * FROM sitting", sitting),
    ("SELECT * FROM guest ORDER BY number", guest),
    ("SELECT * FROM refusal", refusal),
    ("SELECT * FROM list", list),
];

fn person(row: &Columns<'_>) -> Result<Change, sqlx::Error> {
    let person = Person {
        role: row.role("role")?,
        name: row.word("name")?,
    };
    Ok(Change::Person(row.word("principal")?, person))
}

fn invitation(row: &Columns<'_>) -> Result<Change, sqlx::Error> {
    let invitation = Invitation {
        principal: row.word("principal")?,
        role: row.role("role")?,
        name: row.word("name")?,
        invited_by: row.word_if_any("invited_by")?,
        expires_at: row.number("expires_at")?,
        uptake: uptake(row)?,
    };
    Ok(Change::Invitation(Sha256(row.octets("code")?), invitation))
}

fn uptake(row: &Columns<'_>) -> Result<Uptake, sqlx::Error> {
    let key = row.octets_if_any("key")?.map(PublicKey);
    let nonce = row.octets_if_any("nonce")?.map(Nonce);
    let digits = row.word_if_any("digits")?;
    Ok(match (key, nonce.zip(digits)) {
        (None, _) => Uptake::Open,
        (Some(key), Some((nonce, digits))) => Uptake::Taken(key, Challenge { nonce, digits }),
        (Some(key), None) => Uptake::Confirmed(key),
    })
}

fn token(row: &Columns<'_>) -> Result<Change, sqlx::Error> {
    let token = Token {
        principal: row.word("principal")?,
        iat: row.number("iat")?,
        exp: row.number("exp")?,
    };
    Ok(Change::Token(row.word("id")?, token))
}

fn sitting(row: &Columns<'_>) -> Result<Change, sqlx::Error> {
    let sitting = Sitting {
        table: row.word("place")?,
        opened_at: row.number("opened_at")?,
        expires_at: row.number("expires_at")?,
        opened_by: row.word("opened_by")?,
        closed_at: row.number_if_any("closed_at")?,
    };
    Ok(Change::Sitting(row.word("id")?, sitting))
}

fn guest(row: &Columns<'_>) -> Result<Change, sqlx::Error> {
    let guest = Guest {
        key: PublicKey(row.octets("key")?),
        principal: row.word("principal")?,
        token: row.word("token")?,
    };
    Ok(Change::Guest(row.word("sitting")?, guest))
}

fn refusal(row: &Columns<'_>) -> Result<Change, sqlx::Error> {
    let refusal = match row.text("kind")?.as_str() {
        "principal" => Refusal::Principal(row.word("subject")?),
        "token" => Refusal::Token(row.word("subject")?),
        "sitting" => Refusal::Sitting(row.word("subject")?),
        kind => {
            let source = format!("{kind:?} is no kind of refusal").into();
            let index = "kind".to_owned();
            return Err(sqlx::Error::ColumnDecode { index, source });
        }
    };
    Ok(Change::Refusal(refusal, row.number_if_any("until")?))
}

fn list(row: &Columns<'_>) -> Result<Change, sqlx::Error> {
    row.number("number").map(Change::Number)
}
