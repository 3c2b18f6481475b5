//! One change, one statement or two; a change that is carried out again, because it was not known
//! whether it had been, leaves the same.

use sqlx::Sqlite;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use wire::{Principal, Sha256, SittingId};

use super::audit;
use super::columns::{number, role};
use crate::books::{Change, Guest, Invitation, Refusal, Sitting, Stale, Token, Uptake};

pub(super) async fn change(
    connection: &mut SqliteConnection,
    change: &Change,
) -> Result<(), sqlx::Error> {
    let statement = match change {
        Change::Person(principal, person) => {
            sqlx::query("INSERT OR REPLACE INTO person (principal, role, name) VALUES (?, ?, ?)")
                .bind(principal.as_str())
                .bind(role(person.role))
                .bind(person.name.as_str())
        }
        Change::Invitation(code, invitation) => invited(code, invitation),
        Change::Token(id, token) => {
            let Token {
                principal,
                iat,
                exp,
            } = token;
            sqlx::query(
                "INSERT OR REPLACE INTO token (id, principal, iat, exp) VALUES (?, ?, ?, ?)",
            )
            .bind(id.to_string())
            .bind(principal.as_str())
            .bind(number(*iat))
            .bind(number(*exp))
        }
        Change::Sitting(id, sitting) => seated(*id, sitting),
        Change::Guest(sitting, guest) => {
            let Guest {
                key,
                principal,
                token,
            } = guest;
            sqlx::query(
                "INSERT OR IGNORE INTO guest (sitting, key, principal, token) VALUES (?, ?, ?, ?)",
            )
            .bind(sitting.to_string())
            .bind(&key.0[..])
            .bind(principal.as_str())
            .bind(token.to_string())
        }
        Change::Refusal(refusal, until) => {
            let (kind, subject) = words(refusal);
            sqlx::query("INSERT OR REPLACE INTO refusal (kind, subject, until) VALUES (?, ?, ?)")
                .bind(kind)
                .bind(subject)
                .bind(until.map(number))
        }
        Change::Number(list) => {
            sqlx::query("INSERT OR REPLACE INTO list (one, number) VALUES (1, ?)")
                .bind(number(*list))
        }
        Change::Forgotten(stale) => return forget(connection, stale).await,
        Change::Audit(entry) => return audit::append(connection, entry).await,
    };
    statement.execute(connection).await.map(|_| ())
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

fn invited<'q>(code: &'q Sha256, invitation: &'q Invitation) -> Statement<'q> {
    let Invitation {
        principal,
        role: word,
        name,
        invited_by,
        expires_at,
        uptake,
    } = invitation;
    let (key, challenge) = match uptake {
        Uptake::Open => (None, None),
        Uptake::Taken(key, challenge) => (Some(key), Some(challenge)),
        Uptake::Confirmed(key) => (Some(key), None),
    };
    sqlx::query(
        "INSERT OR REPLACE INTO invitation
        (code, principal, role, name, invited_by, expires_at, key, nonce, digits)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&code.0[..])
    .bind(principal.as_str())
    .bind(role(*word))
    .bind(name.as_str())
    .bind(invited_by.as_ref().map(Principal::as_str))
    .bind(number(*expires_at))
    .bind(key.map(|key| &key.0[..]))
    .bind(challenge.map(|challenge| &challenge.nonce.0[..]))
    .bind(challenge.map(|challenge| String::from(challenge.digits.clone())))
}

fn seated(id: SittingId, sitting: &Sitting) -> Statement<'_> {
    let Sitting {
        table,
        opened_at,
        expires_at,
        opened_by,
        closed_at,
    } = sitting;
    sqlx::query(
        "INSERT OR REPLACE INTO sitting
        (id, place, opened_at, expires_at, opened_by, closed_at) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(id.to_string())
    .bind(table.as_str())
    .bind(number(*opened_at))
    .bind(number(*expires_at))
    .bind(opened_by.as_str())
    .bind(closed_at.map(number))
}

async fn forget(connection: &mut SqliteConnection, stale: &Stale) -> Result<(), sqlx::Error> {
    let statement = match stale {
        Stale::Invitation(code) => {
            sqlx::query("DELETE FROM invitation WHERE code = ?").bind(&code.0[..])
        }
        Stale::Token(id) => sqlx::query("DELETE FROM token WHERE id = ?").bind(id.to_string()),
        Stale::Sitting(id) => {
            sqlx::query("DELETE FROM guest WHERE sitting = ?")
                .bind(id.to_string())
                .execute(&mut *connection)
                .await?;
            sqlx::query("DELETE FROM sitting WHERE id = ?").bind(id.to_string())
        }
        Stale::Refusal(refusal) => {
            let (kind, subject) = words(refusal);
            sqlx::query("DELETE FROM refusal WHERE kind = ? AND subject = ?")
                .bind(kind)
                .bind(subject)
        }
    };
    statement.execute(connection).await.map(|_| ())
}

/// A refusal as it is stored; `load` reads the same words.
fn words(refusal: &Refusal) -> (&'static str, String) {
    match refusal {
        Refusal::Principal(principal) => ("principal", principal.to_string()),
        Refusal::Token(token) => ("token", token.to_string()),
        Refusal::Sitting(sitting) => ("sitting", sitting.to_string()),
    }
}
