//! The sums of tables: how many rows, and a digest over them, the same on every machine.
//!
//! A row counts as `COPY` writes it under fixed settings, in the order of the primary key; rows are
//! streamed, so that memory does not depend on their number. Whoever changes the schema is waited for
//! five seconds at most, so that nobody waits behind this for long. The `xid8` places and stamps of `sync`
//! are values like others.

use futures_util::TryStreamExt as _;
use kit::digest::Digesting;
use sqlx::postgres::PgConnection;

use crate::backup::TableSum;

/// What the text of a value depends on.
const FIXED: &str = "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres';
    SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex';
    SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = 0;
    SET LOCAL lock_timeout = '5s';
    SET LOCAL idle_in_transaction_session_timeout = 0";

/// Every table of both schemas, and its rows in order as `COPY` writes them.
const TABLES: &str = "SELECT format('%I.%I', n.nspname, c.relname),
        format('COPY (SELECT * FROM %I.%I t ORDER BY %s) TO STDOUT', n.nspname, c.relname,
            coalesce((SELECT string_agg(format('t.%I', a.attname), ', ' ORDER BY k.place)
                FROM pg_index i
                CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                WHERE i.indrelid = c.oid AND i.indisprimary), 't::text'))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('hotel', 'sync') AND c.relkind = 'r'
    ORDER BY n.nspname, c.relname";

/// The sums of every table, by name; in a transaction, which fixes the moment.
pub async fn sums(transaction: &mut PgConnection) -> Result<Vec<TableSum>, SumsError> {
    sqlx::raw_sql(FIXED).execute(&mut *transaction).await?;
    let tables: Vec<(String, String)> = sqlx::query_as(TABLES).fetch_all(&mut *transaction).await?;
    let mut sums = Vec::with_capacity(tables.len());
    for (table, copy) in tables {
        let (mut digest, mut rows) = (Digesting::new(), 0);
        let mut lines = transaction.copy_out_raw(&copy).await?;
        // One message is one row, with its line feed.
        while let Some(line) = lines.try_next().await? {
            digest.add(&line);
            rows += 1;
        }
        drop(lines);
        let sha256 = digest.finish();
        sums.push(TableSum {
            table,
            rows,
            sha256,
        });
    }
    Ok(sums)
}

/// The rows cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the rows of every table")]
pub struct SumsError(#[from] sqlx::Error);
