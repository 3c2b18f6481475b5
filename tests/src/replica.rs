//! The hotel's databases, and tablets that replicate one over HTTPS.

use std::sync::Arc;
use std::time::Duration;

use kit::clock::Clock;
use kit::credential::sign_token;
use kit::identity::Identity;
use reqwest::StatusCode;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use wire::Integer;
use wire::credential::{BEARER_LIFE_S, BEARER_TYPE, Claims, Role};

use crate::eventually::eventually;
use crate::hotel::{Hotel, LIMIT};

/// Longest request of a tablet.
const PATIENCE: Duration = Duration::from_secs(30);

impl Hotel {
    /// A bearer token as the authority signs it, for somebody of the property.
    ///
    /// # Panics
    ///
    /// When the authority's identity is not there.
    pub fn bearer(&self, principal: &str, role: Role) -> String {
        let authority = Identity::load(&self.identity_dir("authority"));
        let authority = authority.expect("the authority has an identity");
        let now = Clock::system().wall().value() / 1_000;
        let second = |second| Integer::new(second).expect("the present is a date");
        let claims = Claims {
            tenant: self.places.tenant.clone(),
            property: self.places.property.clone(),
            sub: principal.parse().expect("a principal is a word"),
            role,
            jti: kit::ids::new(Clock::system().wall()),
            iat: second(now),
            exp: second(now + u64::from(BEARER_LIFE_S)),
            cnf: None,
            sitting: None,
            table: None,
        };
        sign_token(&authority, BEARER_TYPE, &claims)
    }

    /// TLS of somebody who trusts the property's CA and has no certificate.
    ///
    /// # Panics
    ///
    /// When the CA's certificate is not there.
    pub fn trusting(&self) -> ClientConfig {
        let anchor = self.identity_dir("authority").join("ca.pem");
        let anchor = CertificateDer::from_pem_file(anchor).expect("the CA has a certificate");
        let mut roots = RootCertStore::empty();
        roots.add(anchor).expect("the CA's certificate is one");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks the default versions of TLS")
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    /// The database `postgres` or `hub-postgres`, as its owner.
    ///
    /// # Panics
    ///
    /// When there is none of that name.
    pub fn database(&self, name: &str) -> PgPool {
        let options = PgConnectOptions::new()
            .socket(&self.places.databases[name])
            .port(5432)
            .database("hotel")
            .username("hotel_owner");
        PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(LIMIT)
            .connect_lazy_with(options)
    }

    /// A tablet that replicates the hotel's database.
    ///
    /// # Panics
    ///
    /// When the TLS client cannot be built.
    pub fn tablet(&self, principal: &str, role: Role) -> Tablet {
        let http = reqwest::Client::builder()
            .use_preconfigured_tls(self.trusting())
            .timeout(PATIENCE)
            .build()
            .expect("the client can be built");
        Tablet {
            http,
            base: format!("{}/api/replication", self.replica_url()),
            token: self.bearer(principal, role),
            database: self.database("postgres"),
        }
    }

    /// Where tablets replicate.
    pub fn replica_url(&self) -> String {
        let listener = self.listener("replica-sync", "listener");
        format!("https://{}:{}", listener.host, listener.port)
    }
}

/// A tablet: its token and its connection.
#[derive(Debug, Clone)]
pub struct Tablet {
    http: reqwest::Client,
    base: String,
    token: String,
    /// The replica behind it.
    database: PgPool,
}

impl Tablet {
    /// A page of a collection; the status tells whether it was given.
    ///
    /// # Panics
    ///
    /// When nobody answers.
    pub async fn pull(&self, collection: &str, query: &str) -> (StatusCode, Value) {
        let url = format!("{}/{collection}/0/pull?{query}", self.base);
        self.answer(self.http.get(url)).await
    }

    /// The documents of a collection, deleted ones without.
    ///
    /// # Panics
    ///
    /// When they are not given.
    pub async fn documents(&self, collection: &str) -> Vec<Value> {
        // Rows are given away when nobody who began before them writes any more; PostgreSQL itself may.
        eventually("every row can be read", LIMIT, || async {
            let query = "SELECT count(*) FROM sync.row_state
                WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())";
            let hidden = sqlx::query_scalar::<_, i64>(query);
            (hidden.fetch_one(&self.database).await.ok()? == 0).then_some(())
        })
        .await;
        let (status, page) = self.pull(collection, "limit=2000").await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let documents = page["documents"].as_array().expect("a list").iter();
        documents
            .filter(|document| document["_deleted"] == json!(false))
            .cloned()
            .collect()
    }

    /// Pushes rows `{assumedMasterState, newDocumentState}`.
    ///
    /// # Panics
    ///
    /// When nobody answers.
    pub async fn push(&self, collection: &str, rows: Value) -> (StatusCode, Value) {
        let url = format!("{}/{collection}/0/push", self.base);
        self.answer(self.http.post(url).json(&rows)).await
    }

    /// Pushes one row; what must be adopted, nothing when it was taken as it is.
    ///
    /// # Panics
    ///
    /// When the push is refused as a whole.
    pub async fn change(&self, collection: &str, assumed: Option<&Value>, new: &Value) -> Value {
        let mut row = json!({ "newDocumentState": new });
        if let Some(assumed) = assumed {
            row["assumedMasterState"] = assumed.clone();
        }
        let (status, answer) = self.push(collection, json!([row])).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer.get(0).cloned().unwrap_or_default()
    }

    /// Anything else.
    ///
    /// # Panics
    ///
    /// When nobody answers.
    pub async fn get(&self, path: &str) -> reqwest::Response {
        // What is streamed is read for longer than an answer takes.
        let request = self.http.get(format!("{}/{path}", self.base));
        let request = request.timeout(5 * LIMIT);
        let asked = request.bearer_auth(&self.token).send().await;
        asked.expect("replica-sync answers")
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> (StatusCode, Value) {
        let asked = request.bearer_auth(&self.token).send().await;
        let response = asked.expect("replica-sync answers");
        let status = response.status();
        (status, response.json().await.unwrap_or_default())
    }
}
