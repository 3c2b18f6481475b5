//! Orders through the disk and back.

use kit::journal::Journal;
use kit::lifecycle::Tasks;
use wire::Version;
use wire::order::{OrderLine, OrderStatus, Step};

use super::*;

fn entry(number: u32, party: Party) -> Entry {
    let name: Principal = "anna".parse().unwrap();
    Entry {
        order: Order {
            v: Version,
            order: format!("01941f29-7c00-7000-8000-{number:012x}")
                .parse()
                .unwrap(),
            number: number.into(),
            table: "t1".parse().unwrap(),
            lines: vec![OrderLine {
                item: "soup".parse().unwrap(),
                name: "Soup <b>".parse().unwrap(),
                quantity: 2,
                price_minor: 650.into(),
                note: "&lt;i&gt;".parse().unwrap(),
            }],
            note: "\"quoted\"".parse().unwrap(),
            total_minor: 1_300.into(),
            currency: "EUR".to_owned(),
            status: OrderStatus::Pending,
            history: vec![Step {
                status: OrderStatus::Pending,
                at: (1_000 * number).into(),
                by: name.clone(),
            }],
            ticket: None,
        },
        party,
        guests: vec![name],
    }
}

async fn kept(journal: &Journal, entries: Vec<Entry>) -> Vec<Entry> {
    let writing = journal.write(move |connection| {
        Box::pin(async move {
            for entry in &entries {
                keep(connection, entry).await?;
            }
            Ok(())
        })
    });
    writing.await.unwrap();
    load(journal.readers()).await.unwrap()
}

// device-proxy-5.6, device-proxy-5.7
#[tokio::test]
async fn orders_come_back_as_they_were() {
    let (disk, tasks) = (tempfile::tempdir().unwrap(), Tasks::new());
    let path = disk.path().join("device-proxy.db");
    let sitting = "01941f29-7c00-7000-9000-000000000001".parse().unwrap();
    let mut first = entry(1, Party::Sitting(sitting));
    let second = entry(2, Party::Staff("pos-1".parse().unwrap()));
    let journal = Journal::open(&path, &[MIGRATION], &tasks).await.unwrap();
    kept(&journal, vec![first.clone(), second.clone()]).await;
    first.order.status = OrderStatus::Cancelled;
    first.guests.push("bert".parse().unwrap());
    kept(&journal, vec![first.clone()]).await;
    drop(journal);
    tasks.drain().await.unwrap();

    let tasks = Tasks::new();
    let journal = Journal::open(&path, &[MIGRATION], &tasks).await.unwrap();
    assert_eq!(load(journal.readers()).await.unwrap(), [first, second]);
}

// device-proxy-5.6
#[tokio::test]
async fn the_disk_forgets_orders_after_a_week() {
    let (disk, tasks) = (tempfile::tempdir().unwrap(), Tasks::new());
    let path = disk.path().join("device-proxy.db");
    let journal = Journal::open(&path, &[MIGRATION], &tasks).await.unwrap();
    let staff = || Party::Staff("pos-1".parse().unwrap());
    kept(&journal, vec![entry(1, staff()), entry(2, staff())]).await;
    let week = u32::try_from(KEPT.as_millis()).unwrap();
    let swept = journal.write(move |connection| {
        Box::pin(async move { forget(connection, (week + 1_001).into()).await })
    });
    swept.await.unwrap();
    assert_eq!(load(journal.readers()).await.unwrap(), [entry(2, staff())]);
}
