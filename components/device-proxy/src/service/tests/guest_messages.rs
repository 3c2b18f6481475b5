use kit::outbox::RECORDS_MAX;
use wire::chat::{GuestMessage, Noted};

use super::*;

fn message(number: u32, text: &str) -> GuestMessage {
    serde_json::from_value(json!({
        "v": 1, "message": format!("01941f29-7c00-7000-a000-{number:012x}"), "text": text,
    }))
    .unwrap()
}

impl House {
    async fn say(&self, message: GuestMessage) -> Result<Noted, Problem> {
        // A guest says something once a second.
        self.running.host.clock.advance(Duration::from_secs(1));
        let asker = guest();
        let saying = self.running.desk.guest_message(&asker, message);
        timeout(LIMIT, saying).await.unwrap()
    }

    /// How many rows wait for the database.
    async fn waiting(&self) -> i64 {
        let count = "SELECT count(*) FROM outbox_record";
        let waiting = sqlx::query_scalar(count).fetch_one(self.running.journal.readers());
        waiting.await.unwrap()
    }

    async fn execute(&self, sql: &'static str) {
        let executed = self.running.journal.write(move |connection| {
            Box::pin(async move { sqlx::raw_sql(sql).execute(connection).await.map(drop) })
        });
        executed.await.unwrap();
    }
}

// device-proxy-10.1, device-proxy-10.4
#[tokio::test]
async fn a_message_that_was_answered_is_on_the_disk_once() {
    let house = House::start().await;
    let noted = house.say(message(1, "It is cold")).await.unwrap();
    let house = house.restart().await;
    assert_eq!(house.waiting().await, 1);
    let again = house.say(message(1, "It is cold")).await.unwrap();
    assert_eq!(again, noted);
    let other = house.say(message(1, "It is hot")).await.unwrap_err();
    assert_eq!(
        (other.code, other.field.as_deref()),
        (Code::Conflict, Some("message"))
    );
    assert_eq!(house.waiting().await, 1);
    house.end().await;
}

// device-proxy-10.5
#[tokio::test]
async fn while_as_many_rows_wait_as_may_nothing_new_is_taken() {
    const FULL: &str = r#"
        WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
        INSERT INTO outbox_record (stream, body)
        SELECT 'rows', CAST('{"at":1,"kind":"rooms","body":{}}' AS BLOB) FROM n"#;
    let house = House::start().await;
    house.place(&guest(), soup(1)).await.unwrap();
    house.execute(FULL).await;
    assert!(house.waiting().await >= i64::try_from(RECORDS_MAX).unwrap());
    let refused = house.say(message(1, "It is cold")).await.unwrap_err();
    assert_eq!(refused.code, Code::StorageFull, "{refused:?}");
    let refused = house.place(&guest(), soup(2)).await.unwrap_err();
    assert_eq!(refused.code, Code::StorageFull, "{refused:?}");
    // What is there goes on.
    house.place(&guest(), soup(1)).await.unwrap();
    let confirmed = house.set(Role::Pos, 1, OrderStatus::Confirmed).await;
    confirmed.unwrap();
    house.execute("DELETE FROM outbox_record").await;
    house.say(message(1, "It is cold")).await.unwrap();
    house.end().await;
}
