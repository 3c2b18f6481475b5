//! The database: connections, and transactions in the name of one property.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{Connection as _, PgConnection, Postgres, Transaction};
use wire::{PropertyId, TenantId};

use super::schema::{self, SchemaError};
use crate::config;
use crate::relation::{Relation, Table};

/// Connections at most: tablets' requests are short, and a box has four cores.
const CONNECTIONS: u32 = 12;
/// How long a request waits for a connection before it is told that the database is away.
const PATIENCE: Duration = Duration::from_secs(5);
/// An open transaction holds everybody's horizon; one that does nothing for so long is ended.
const IDLE: &str = "10s";
/// No statement of ours takes so long.
const STATEMENT: &str = "30s";

/// A hotel: what row-level security keeps apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Property {
    pub(crate) tenant: TenantId,
    pub(crate) property: PropertyId,
}

/// The prepared database; cloned freely.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pool: PgPool,
    pub(crate) epoch: Arc<str>,
    pub(crate) origin: i64,
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Somebody here writes: the triggers keep the states.
    Write,
    /// What another database wrote is carried over, with its states: so many rows.
    Apply(usize),
}

/// From so many rows on, tables are joined as wholes: a planner that does not yet know how large a
/// table is would compare every row with every other.
const MANY: usize = 500;

impl Database {
    /// Prepares the database and connects to it.
    pub(crate) async fn open(
        config: &config::Database,
        tables: &[Table],
    ) -> Result<(Self, Vec<Relation>), OpenError> {
        // What is there already is not worth a word.
        let quiet = [("client_min_messages", "warning")];
        let owner = options(config, &config.owner).options(quiet);
        let mut owner = PgConnection::connect_with(&owner)
            .await
            .map_err(OpenError::Connect)?;
        let relations = schema::prepare(&mut owner, &config.user, tables).await?;
        let node = sqlx::query_as::<_, (String, i64)>("SELECT epoch::text, origin FROM sync.node");
        let (epoch, origin) = node
            .fetch_one(&mut owner)
            .await
            .map_err(OpenError::Connect)?;
        owner.close().await.map_err(OpenError::Connect)?;
        let settings = [
            ("idle_in_transaction_session_timeout", IDLE),
            ("statement_timeout", STATEMENT),
            ("plan_cache_mode", "force_custom_plan"),
        ];
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(options(config, &config.user).options(settings));
        let database = Self {
            pool,
            epoch: epoch.into(),
            origin,
        };
        Ok((database, relations))
    }

    /// Begins a transaction that sees and writes one property only.
    pub(crate) async fn begin(
        &self,
        property: &Property,
        purpose: Purpose,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        name(&mut transaction, property, purpose).await?;
        Ok(transaction)
    }

    /// Begins a transaction that sees one property, as it is at one moment.
    pub(crate) async fn begin_reading(
        &self,
        property: &Property,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut transaction = self.pool.begin_with(BEGIN).await?;
        name(&mut transaction, property, Purpose::Write).await?;
        Ok(transaction)
    }

    /// Whether the database answers.
    pub(crate) async fn answers(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }
}

/// A connection of the owner, who sees the rows of every property.
pub(crate) async fn connect_owner(config: &config::Database) -> Result<PgConnection, sqlx::Error> {
    let options = options(config, &config.owner).application_name("replica-sync backup");
    PgConnection::connect_with(&options).await
}

/// Tells the database in whose name the transaction is.
async fn name(
    transaction: &mut PgConnection,
    property: &Property,
    purpose: Purpose,
) -> Result<(), sqlx::Error> {
    let (applying, nested_loops) = match purpose {
        Purpose::Write => ("off", "on"),
        Purpose::Apply(rows) if rows < MANY => ("on", "on"),
        Purpose::Apply(_) => ("on", "off"),
    };
    sqlx::query(
        "SELECT set_config('sync.tenant', $1, true), set_config('sync.property', $2, true),
                set_config('sync.apply', $3, true), set_config('enable_nestloop', $4, true)",
    )
    .bind(property.tenant.as_str())
    .bind(property.property.as_str())
    .bind(applying)
    .bind(nested_loops)
    .execute(transaction)
    .await?;
    Ok(())
}

fn options(config: &config::Database, user: &str) -> PgConnectOptions {
    let options = PgConnectOptions::new()
        .port(config.port)
        .database(&config.name)
        .username(user)
        .application_name("replica-sync");
    let options = match &config.password {
        Some(password) => options.password(password.expose()),
        None => options,
    };
    if config.host.starts_with('/') {
        options.socket(&config.host).ssl_mode(PgSslMode::Disable)
    } else {
        options.host(&config.host).ssl_mode(PgSslMode::VerifyFull)
    }
}

/// Whether a failed transaction may succeed when it is tried again at once: two writers met.
pub(crate) fn is_a_clash(error: &sqlx::Error) -> bool {
    matches!(code(error).as_deref(), Some("40001" | "40P01" | "23505"))
}

/// Whether there is another row of the same key already.
pub(crate) fn is_a_twin(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some("23505")
}

/// Whether the data was at fault, and not the database.
pub(crate) fn is_about_data(error: &sqlx::Error) -> bool {
    // 21: cardinality, 22: data exception, 23: integrity constraint, 42501: a row of another
    // property, 42804: datatype mismatch, P0001: raised by a trigger.
    const CLASSES: [&str; 3] = ["21", "22", "23"];
    const CODES: [&str; 3] = ["42501", "42804", "P0001"];
    code(error).is_some_and(|code| {
        CLASSES.iter().any(|class| code.starts_with(class)) || CODES.contains(&&*code)
    })
}

/// Whether a row refers to another one that is not there.
pub(crate) fn is_orphaned(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some("23503")
}

fn code(error: &sqlx::Error) -> Option<String> {
    let error = error.as_database_error()?;
    error.code().map(Cow::into_owned)
}

/// The database cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// It is away, or says no.
    #[error("cannot connect to the database")]
    Connect(#[source] sqlx::Error),
    /// It cannot be prepared.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

impl OpenError {
    /// Whether waiting may help: the database is not up yet.
    pub(crate) fn may_pass(&self) -> bool {
        let error = match self {
            Self::Connect(error) | Self::Schema(SchemaError::Database(error)) => error,
            Self::Schema(SchemaError::Table(_)) => return false,
        };
        // 57P03: cannot connect now, the server starts; 3D000: the recipe has not made it yet.
        let passing = ["57P03", "3D000", "28000", "53300"];
        match code(error) {
            None => true,
            Some(code) => passing.contains(&&*code),
        }
    }
}
