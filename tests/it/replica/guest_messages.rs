//! A guest's message: read by a model on the box, kept in the database, seen by staff, and never out
//! of the house.

use hotel_tests::page::Page;
use wire::channel::about;
use wire::chat::Noted;

use super::*;

const HOUSE: Plan<'static> = Plan {
    rooms: 1,
    only: &[
        "broker",
        "authority",
        "signaling",
        "device-proxy",
        "inference",
        "postgres",
        "replica-sync",
        "hub-postgres",
        "hub",
    ],
};

const WORDS: &str = "The room is freezing and nobody came, terrible";

// device-proxy-10.1, device-proxy-10.2, replica-sync-5.4
#[tokio::test]
async fn what_a_guest_writes_shows_its_sentiment_to_staff_and_leaves_nothing_outside() {
    let hotel = Hotel::up(HOUSE);
    ready(&hotel, HOUSE.only).await;
    let sitting = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let guest = Page::open(&hotel, "guest-1", Role::Guest, Some((sitting, "t-7"))).await;
    // The database is away: the guest does not wait for it.
    let away = hotel.freeze("replica-sync").await;
    let message = "01890a5d-ac96-774b-bcce-b302099a8058";
    let wish = json!({"v": 1, "message": message, "text": WORDS});
    let noted: Noted = guest.ask(about::GUEST_MESSAGE, &wish).await.unwrap();
    assert_eq!(noted.message.to_string(), message);
    // What was answered does not need the program that answered.
    hotel.kill_and_wait("device-proxy").await;
    drop(away);
    let desk = hotel.tablet("desk-1", Role::FrontDesk);
    let shown = eventually("staff see the message", LIMIT, || async {
        let (status, page) = desk.pull("guest_messages", "").await;
        let documents = page["documents"].as_array().filter(|_| status == 200)?;
        documents.first().cloned()
    })
    .await;
    assert_eq!(
        (&shown["text"], &shown["place"]),
        (&json!(WORDS), &json!("t-7"))
    );
    assert_eq!(
        (&shown["sentiment"], &shown["topic"]),
        (&json!("negative"), &json!("room"))
    );

    // A task goes up after the message: whatever goes is there by then.
    let task = json!({"id": "t1", "title": "Heating", "created_at": 1});
    desk.change("tasks", None, &task).await;
    let hub = hotel.database("hub-postgres");
    eventually("the hub has the task", LIMIT, || row(&hub, "tasks", "t1")).await;
    assert_eq!(row(&hub, "guest_messages", message).await, None);
    for (name, log) in &hotel.places.logs {
        let log = std::fs::read_to_string(log).unwrap_or_default();
        assert!(
            !log.contains("freezing"),
            "the log of {name} has a guest's words"
        );
    }
    guest.close().await;
}
