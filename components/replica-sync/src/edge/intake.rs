//! Takes rows in that components hand over on the bus: commits a batch, then confirms it.
//!
//! A batch that comes again writes the same rows again, which changes nothing. A row that cannot
//! be one is logged and left out: its sender could do nothing about it, and would send it for ever.

use std::sync::Arc;

use kit::bus::{Bus, Delivery, PublishError, Retain, Subscription};
use kit::digest::sha256;
use kit::error::Chain;
use kit::fault::{self, Point};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio_util::sync::CancellationToken;
use wire::record::{Record, Recorded};
use wire::topic::{ServiceSubject, Subject};
use wire::{Code, Component, Problem, Topic, Version};

use super::database::{Database, Property, Purpose, is_a_clash, is_about_data};
use super::feed::Feeds;
use super::push::{delete, put};
use crate::intake::{self, Wish};
use crate::relation::Relation;

/// How often a batch is tried when other writers get in its way.
const TRIES: u32 = 5;

/// What the intake works with.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) database: Database,
    pub(crate) relations: Arc<[Relation]>,
    pub(crate) feeds: Arc<Feeds>,
    pub(crate) property: Property,
    pub(crate) bus: Bus,
}

impl Intake {
    /// Takes batches until the stop.
    pub(crate) async fn run(self, mut records: Subscription, stop: CancellationToken) {
        while let Some(Some(delivery)) = stop.run_until_cancelled(records.recv()).await {
            self.take(delivery).await;
        }
    }

    async fn take(&self, delivery: Delivery) {
        let Subject::Service(_, ServiceSubject::Record(stream, principal, id)) =
            &delivery.topic.subject
        else {
            return;
        };
        let verdict = match intake::read(stream, &delivery.body) {
            Ok(records) => self.keep(&records).await,
            Err(problem) => Err(problem),
        };
        if let Err(problem) = &verdict {
            tracing::warn!(%principal, batch = %id, %problem, "batch refused");
        }
        let subject = ServiceSubject::Recorded(principal.clone(), *id);
        let topic = Topic::service(self.bus.property(), Component::ReplicaSync, subject);
        let recorded = Recorded {
            v: Version,
            sha256: sha256(&delivery.body),
            problem: verdict.err(),
        };
        match self.bus.publish(&topic, &recorded, Retain::No).await {
            Ok(_) => delivery.acknowledge(),
            // The sender repeats the batch, and is told then.
            Err(PublishError::Stopped) => {}
            Err(error) => {
                tracing::error!(error = %Chain(&error), "cannot confirm a batch");
                delivery.acknowledge();
            }
        }
    }

    async fn keep(&self, records: &[Record]) -> Result<(), Problem> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.write(records).await {
                Ok(()) => break,
                Err(error) if is_a_clash(&error) && tries < TRIES => {}
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "rows cannot be written");
                    let detail = "the database does not answer";
                    return Err(Problem::new(Code::Unavailable, detail));
                }
            }
        }
        fault::pass(Point::ReplicaRecordsKept);
        self.feeds.written(&self.property);
        let count = records.len() as u64;
        metrics::counter!("replica_sync_records_total").increment(count);
        Ok(())
    }

    async fn write(&self, records: &[Record]) -> Result<(), sqlx::Error> {
        let mut transaction = self.database.begin(&self.property, Purpose::Write).await?;
        for record in records {
            match intake::wish(&self.relations, record.clone()) {
                Ok((relation, wish)) => {
                    self.write_one(&mut transaction, relation, wish).await?;
                }
                Err(reason) => leave_out(&record.kind, &reason),
            }
        }
        fault::pass(Point::ReplicaRecordsWritten);
        transaction.commit().await
    }

    async fn write_one(
        &self,
        connection: &mut PgConnection,
        relation: &Relation,
        wish: Wish,
    ) -> Result<(), sqlx::Error> {
        let mut savepoint = connection.begin().await?;
        let written = match wish {
            Wish::Put(columns) => put(&mut savepoint, &self.property, relation, [columns]).await,
            Wish::Delete(id) => delete(&mut savepoint, &self.property, relation, &[id]).await,
        };
        match written {
            Ok(()) => savepoint.commit().await,
            Err(error) if is_about_data(&error) && !is_a_clash(&error) => {
                savepoint.rollback().await?;
                leave_out(relation.name(), "is refused by the database");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

fn leave_out(kind: &(impl std::fmt::Display + ?Sized), reason: &str) {
    tracing::error!(%kind, reason, "a row that was handed over is left out");
    metrics::counter!("replica_sync_records_refused_total").increment(1);
}
