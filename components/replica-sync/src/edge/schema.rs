//! Makes the database what replica-sync needs: its own tables, the hotel's, and a trigger on every
//! synchronised table.
//!
//! Everything may run again: at every start, and against a database of the release before or
//! after. Run by the owner of the database; the program itself works as another role, to which
//! row-level security applies.

use std::fmt::Write as _;

use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use crate::relation::{Column, Kind, Mode, PROPERTY, Relation, TENANT, Table, WrongTable};

const SYNC: &str = include_str!("sql/sync.sql");
const HOTEL: &str = include_str!("sql/hotel.sql");

/// Number of the advisory lock that one program at a time holds while it changes the schema.
const LOCK: i64 = 0x0068_6f74_656c;

/// Prepares the database for these tables, to be used by the role `user`.
///
/// A database that is prepared already is left alone: what changes a table keeps everybody from
/// it. Otherwise tables are taken in the order in which writers take them, so that a start and a
/// writer wait for each other and are never both stuck.
pub(crate) async fn prepare(
    owner: &mut PgConnection,
    user: &str,
    tables: &[Table],
) -> Result<Vec<Relation>, SchemaError> {
    let mut transaction = owner.begin().await.map_err(SchemaError::Database)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(SchemaError::Database)?;
    if let Some(relations) = prepared(&mut transaction, user, tables).await? {
        return Ok(relations);
    }
    run(&mut transaction, &locks(tables)).await?;
    for script in [SYNC, HOTEL] {
        run(&mut transaction, script).await?;
    }
    let mut relations = Vec::with_capacity(tables.len());
    for table in tables {
        relations.push(register(&mut transaction, table).await?);
    }
    for relation in &relations {
        run(&mut transaction, &capture(relation)).await?;
    }
    run(&mut transaction, &rights(user, &relations)).await?;
    sqlx::query("UPDATE sync.node SET prepared = $1")
        .bind(digest(user, &relations))
        .execute(&mut *transaction)
        .await
        .map_err(SchemaError::Database)?;
    transaction.commit().await.map_err(SchemaError::Database)?;
    Ok(relations)
}

/// The tables, if the database is prepared for them by these very statements.
async fn prepared(
    connection: &mut PgConnection,
    user: &str,
    tables: &[Table],
) -> Result<Option<Vec<Relation>>, SchemaError> {
    let there = "SELECT to_regclass('sync.node') IS NOT NULL";
    if !scalar(connection, there).await? {
        return Ok(None);
    }
    let known: Vec<String> = sqlx::query_scalar("SELECT name FROM sync.relation")
        .fetch_all(&mut *connection)
        .await
        .map_err(SchemaError::Database)?;
    if !tables.iter().all(|table| known.contains(&table.name)) {
        return Ok(None);
    }
    let mut relations = Vec::with_capacity(tables.len());
    for table in tables {
        relations.push(register(connection, table).await?);
    }
    let last: Option<Vec<u8>> = sqlx::query_scalar("SELECT prepared FROM sync.node")
        .fetch_one(connection)
        .await
        .map_err(SchemaError::Database)?;
    Ok((last == Some(digest(user, &relations))).then_some(relations))
}

async fn scalar(connection: &mut PgConnection, query: &'static str) -> Result<bool, SchemaError> {
    let found = sqlx::query_scalar(query).fetch_one(connection).await;
    found.map_err(SchemaError::Database)
}

/// Digest of every statement that prepares the database.
fn digest(user: &str, relations: &[Relation]) -> Vec<u8> {
    let captures = relations.iter().map(capture);
    let scripts = [SYNC.to_owned(), HOTEL.to_owned(), rights(user, relations)];
    let text: String = scripts.into_iter().chain(captures).collect();
    kit::digest::sha256(text.as_bytes()).0.to_vec()
}

/// Takes the tables that are there: the hotel's first, as every writer does.
fn locks(tables: &[Table]) -> String {
    let hotel = tables
        .iter()
        .map(|table| format!("hotel.{}", quoted(&table.name)));
    let names = hotel.chain(["sync.row_state".to_owned()]);
    let lock = |name: String| {
        let text = literal(&name);
        format!(
            "IF to_regclass({text}) IS NOT NULL THEN
                LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE;
            END IF;"
        )
    };
    let locks: String = names.map(lock).collect();
    format!("DO $$ BEGIN {locks} END $$;")
}

async fn run(connection: &mut PgConnection, script: &str) -> Result<(), SchemaError> {
    let script = AssertSqlSafe(script.to_owned());
    sqlx::raw_sql(script)
        .execute(connection)
        .await
        .map_err(SchemaError::Database)?;
    Ok(())
}

/// Reads what the database says of a table, and refuses what cannot be synchronised.
async fn register(connection: &mut PgConnection, table: &Table) -> Result<Relation, SchemaError> {
    let columns = columns(connection, table).await?;
    let key = key(connection, table).await?;
    let id = sqlx::query_scalar(
        "WITH known AS (SELECT id FROM sync.relation WHERE name = $1),
         made AS (INSERT INTO sync.relation (name)
            SELECT $1 WHERE NOT EXISTS (SELECT FROM known) RETURNING id)
         SELECT id FROM known UNION ALL SELECT id FROM made",
    )
    .bind(&table.name)
    .fetch_one(&mut *connection)
    .await
    .map_err(SchemaError::Database)?;
    Ok(Relation::new(id, table.clone(), key, columns)?)
}

async fn columns(connection: &mut PgConnection, table: &Table) -> Result<Vec<Column>, SchemaError> {
    let rows = sqlx::query(
        "SELECT a.attname::text AS name, t.typname::text AS type,
                a.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false)
                    AS counted,
                a.attnotnull AS filled, pg_get_expr(d.adbin, d.adrelid) AS default_text
         FROM pg_attribute a
         JOIN pg_type t ON t.oid = a.atttypid
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = to_regclass('hotel.' || quote_ident($1)) AND a.attnum > 0
           AND NOT a.attisdropped
         ORDER BY a.attnum",
    )
    .bind(&table.name)
    .fetch_all(&mut *connection)
    .await
    .map_err(SchemaError::Database)?;
    if rows.is_empty() {
        return Err(table
            .wrong("does not exist in the schema hotel".to_owned())
            .into());
    }
    let mut columns = Vec::with_capacity(rows.len());
    let mut scopes = 0;
    for row in rows {
        let (name, kind): (String, String) = (row.get("name"), row.get("type"));
        if name == TENANT || name == PROPERTY {
            scopes += 1;
            continue;
        }
        if row.get("counted") {
            let what = format!("counts its column {name:?}: two sites would count the same");
            return Err(table.wrong(what).into());
        }
        let Some(kind) = Kind::of_type(&kind) else {
            return Err(table
                .wrong(format!("has column {name:?} of type {kind}"))
                .into());
        };
        let (filled, default): (bool, Option<String>) =
            (row.get("filled"), row.get("default_text"));
        let blank = match &default {
            _ if !filled => None,
            Some(expression) => Some(value(connection, expression).await?),
            None => Some(kind.blank()),
        };
        columns.push(Column {
            name,
            kind,
            required: filled && default.is_none(),
            blank,
        });
    }
    if scopes != 2 {
        return Err(table
            .wrong(format!("lacks the columns {TENANT} and {PROPERTY}"))
            .into());
    }
    Ok(columns)
}

/// What the default of a column says now.
async fn value(connection: &mut PgConnection, expression: &str) -> Result<Value, SchemaError> {
    let query = AssertSqlSafe(format!("SELECT to_jsonb({expression})"));
    let found = sqlx::query_scalar::<_, Json<Value>>(query);
    let Json(value) = found
        .fetch_one(connection)
        .await
        .map_err(SchemaError::Database)?;
    Ok(value)
}

/// The column that is the key beside the tenant.
async fn key(connection: &mut PgConnection, table: &Table) -> Result<String, SchemaError> {
    let indexes = sqlx::query(
        "SELECT i.indisprimary AS primary_key, t.typname = 'text' AS text,
                array(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY k (number, place)
                      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
                      ORDER BY k.place) AS columns
         FROM pg_index i
         LEFT JOIN pg_attribute l ON l.attrelid = i.indrelid
             AND l.attnum = i.indkey[array_length(i.indkey, 1) - 1]
         LEFT JOIN pg_type t ON t.oid = l.atttypid
         WHERE i.indrelid = to_regclass('hotel.' || quote_ident($1)) AND i.indisunique",
    )
    .bind(&table.name)
    .fetch_all(connection)
    .await
    .map_err(SchemaError::Database)?;
    let mut key = None;
    for index in indexes {
        let columns: Vec<String> = index.get("columns");
        if !index.get::<bool, _>("primary_key") {
            let what = format!("is unique over {columns:?}: two sites would both be right");
            return Err(table.wrong(what).into());
        }
        if let [tenant, name] = &columns[..]
            && tenant == TENANT
            && index.get("text")
        {
            key = Some(name.clone());
        }
    }
    key.ok_or_else(|| {
        let what = format!("needs the primary key ({TENANT}, …) with one more column of type text");
        table.wrong(what).into()
    })
}

/// An SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// An SQL text.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The trigger that keeps the state of every row of a table, and the states of the rows it has.
fn capture(relation: &Relation) -> String {
    let name = relation.name();
    let (table, function) = (quoted(name), quoted(&format!("capture_{name}")));
    let (id, key) = (relation.id, quoted(&relation.key));
    let owner = |row: &str| match &relation.table.owner {
        Some(owner) => format!("{row}.{}::text", quoted(owner)),
        None => "NULL".to_owned(),
    };
    let (new_owner, old_owner) = (owner("NEW"), owner("OLD"));
    let update = update(relation, &new_owner);
    format!(
        r"
CREATE OR REPLACE FUNCTION sync.{function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $capture$
DECLARE
    here bigint;
    moment bigint := sync.now();
    changed text[] := '{{}}';
BEGIN
    IF sync.applying() THEN
        RETURN NULL;
    END IF;
    SELECT origin INTO here FROM sync.node;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync.row_state AS s
            (tenant, relation, id, property, owner, xid, seq, life, hlc, origin, top)
        VALUES (NEW.tenant, {id}, NEW.{key}, NEW.property, {new_owner}, pg_current_xact_id(),
            nextval('sync.seq'), 1, moment, here, 0)
        ON CONFLICT (tenant, relation, id) DO UPDATE SET
            property = excluded.property, owner = excluded.owner, xid = excluded.xid,
            seq = excluded.seq, life = s.life + 1 - s.life % 2,
            hlc = greatest(excluded.hlc, s.top + 1, s.hlc + 1), origin = here, top = 0,
            versions = '{{}}', via = NULL;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE sync.row_state SET
            owner = {old_owner}, xid = pg_current_xact_id(), seq = nextval('sync.seq'),
            life = life + life % 2, hlc = greatest(moment, hlc + 1, top + 1), origin = here, top = 0,
            versions = '{{}}', via = NULL
        WHERE tenant = OLD.tenant AND relation = {id} AND id = OLD.{key};
    ELSE
        IF (NEW.tenant, NEW.property, NEW.{key}) IS DISTINCT FROM
           (OLD.tenant, OLD.property, OLD.{key}) THEN
            RAISE EXCEPTION 'key and property of a row of hotel.{name} are never changed';
        END IF;
{update}    END IF;
    RETURN NULL;
END
$capture$;
CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON hotel.{table}
    FOR EACH ROW EXECUTE FUNCTION sync.{function}();
CREATE OR REPLACE TRIGGER keep BEFORE TRUNCATE ON hotel.{table}
    FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse_truncate();
INSERT INTO sync.row_state
    (tenant, relation, id, property, owner, xid, seq, life, hlc, origin, top)
SELECT NEW.tenant, {id}, NEW.{key}, NEW.property, {new_owner}, pg_current_xact_id(),
    nextval('sync.seq'), 1, sync.now(), (SELECT origin FROM sync.node), 0
FROM hotel.{table} AS NEW
ON CONFLICT DO NOTHING;
"
    )
}

/// What the trigger does when a row is changed: stamps the row, or what shares a version.
fn update(relation: &Relation, owner: &str) -> String {
    if relation.table.mode == Mode::Append {
        let name = relation.name();
        return format!("        RAISE EXCEPTION 'rows of hotel.{name} are never changed';\n");
    }
    let mut text = String::new();
    for column in &relation.columns {
        let name = quoted(&column.name);
        let key = literal(relation.grain.key(&column.name).unwrap_or_default());
        writeln!(
            text,
            "        IF NEW.{name} IS DISTINCT FROM OLD.{name} THEN changed := changed || {key}::text; END IF;"
        )
        .expect("a string takes everything");
    }
    let id = relation.id;
    let key = quoted(&relation.key);
    let stamped = match relation.table.mode {
        Mode::Field => {
            "top = greatest(moment, hlc + 1, top + 1), versions = versions || (
                SELECT jsonb_object_agg(name, greatest(moment, hlc + 1, top + 1) || '.' || here)
                FROM unnest(changed) AS name)"
        }
        Mode::Row | Mode::Append => {
            "hlc = greatest(moment, hlc + 1, top + 1), origin = here, top = 0, versions = '{}'"
        }
    };
    writeln!(
        text,
        "        IF changed <> '{{}}' THEN
            UPDATE sync.row_state SET
                owner = {owner}, xid = pg_current_xact_id(), seq = nextval('sync.seq'), via = NULL,
                {stamped}
            WHERE tenant = NEW.tenant AND relation = {id} AND id = NEW.{key};
        END IF;"
    )
    .expect("a string takes everything");
    text
}

/// What the role may do, and the policies that keep every property to itself.
fn rights(user: &str, relations: &[Relation]) -> String {
    let user = quoted(user);
    let mut text = format!(
        "GRANT USAGE ON SCHEMA sync, hotel TO {user};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sync TO {user};
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA sync TO {user};
         REVOKE INSERT, UPDATE, DELETE ON sync.node, sync.relation FROM {user};\n"
    );
    let own = ["row_state", "peer_cursor", "inbox", "conflict", "pending"];
    let tables = own.map(|name| format!("sync.{name}")).into_iter();
    let synchronised = relations.iter().map(|relation| {
        let table = quoted(relation.name());
        format!("hotel.{table}")
    });
    for table in tables.chain(synchronised) {
        // The settings are read once a statement, not once a row.
        writeln!(
            text,
            "GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {user};
             ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
             DROP POLICY IF EXISTS property ON {table};
             CREATE POLICY property ON {table} TO {user} USING (
                tenant = (SELECT current_setting('sync.tenant'))
                AND property = (SELECT current_setting('sync.property')));"
        )
        .expect("a string takes everything");
    }
    text
}

/// The database cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    /// A statement failed.
    #[error("cannot prepare the database")]
    Database(#[source] sqlx::Error),
    /// A table cannot be synchronised.
    #[error(transparent)]
    Table(#[from] WrongTable),
}

#[cfg(test)]
mod tests;
