//! Tablets that are fast, forgetful, lost or not who they should be.

use super::*;

async fn up() -> Hotel {
    let hotel = Hotel::up(PARTS);
    ready(&hotel, PARTS.only).await;
    hotel
}

// replica-sync-4.3, replica-sync-4.2, replica-sync-3.5
#[tokio::test]
async fn rapid_edits_and_lost_answers_lose_nothing_and_a_real_conflict_is_kept() {
    let hotel = up().await;
    let manager = hotel.tablet("manager-1", Role::Manager);
    let room = room("101", "dirty");
    assert_eq!(manager.change("rooms", None, &room).await, Value::Null);
    // The answer was lost: the same comes again.
    assert_eq!(manager.change("rooms", None, &room).await, Value::Null);
    // Three edits, each on top of what the tablet itself wrote before, without the columns that
    // the database filled in.
    let mut before = room;
    for status in ["cleaning", "clean", "inspected"] {
        let after = with(&before, "status", status);
        assert_eq!(
            manager.change("rooms", Some(&before), &after).await,
            Value::Null
        );
        assert_eq!(
            manager.change("rooms", Some(&before), &after).await,
            Value::Null
        );
        before = after;
    }
    let now = manager.documents("rooms").await.remove(0);
    assert_eq!(now["status"], "inspected");
    let database = hotel.database("postgres");
    let conflicts = "SELECT count(*) FROM sync.conflict";
    let count: i64 = sqlx::query_scalar(conflicts)
        .fetch_one(&database)
        .await
        .unwrap();
    assert_eq!(count, 0);

    let engineer = hotel.tablet("engineer-1", Role::Engineering);
    let broken = with(&now, "status", "out-of-order");
    assert_eq!(
        engineer.change("rooms", Some(&now), &broken).await,
        Value::Null
    );
    let late = with(&with(&now, "status", "dirty"), "note", "towels");
    let adopted = manager.change("rooms", Some(&now), &late).await;
    assert_eq!(
        (&adopted["status"], &adopted["note"]),
        (&json!("out-of-order"), &json!("towels"))
    );
    let kept: (String, Value, Value) =
        sqlx::query_as("SELECT principal, wanted, kept FROM sync.conflict")
            .fetch_one(&database)
            .await
            .unwrap();
    let expected = (
        json!({"status": "dirty"}),
        json!({"status": "out-of-order"}),
    );
    assert_eq!(kept, ("manager-1".to_owned(), expected.0, expected.1));
}

// replica-sync-4.5, replica-sync-4.4
#[tokio::test]
async fn stale_edits_do_not_raise_the_dead_and_bad_rows_stop_nobody() {
    let hotel = up().await;
    let manager = hotel.tablet("manager-1", Role::Manager);
    manager.change("rooms", None, &room("101", "dirty")).await;
    let known = manager.documents("rooms").await.remove(0);
    let gone = with(&known, "_deleted", true);
    assert_eq!(
        manager.change("rooms", Some(&known), &gone).await,
        Value::Null
    );
    let adopted = manager
        .change("rooms", Some(&known), &with(&known, "status", "clean"))
        .await;
    assert_eq!(adopted["_deleted"], true);
    // Long after, the tombstone is purged; the tablet still believes in the room.
    let database = hotel.database("postgres");
    sqlx::query("DELETE FROM sync.row_state WHERE id = 'room-101'")
        .execute(&database)
        .await
        .unwrap();
    let adopted = manager
        .change("rooms", Some(&known), &with(&known, "status", "clean"))
        .await;
    assert_eq!(adopted["_deleted"], true);

    let rows = json!([
        {"newDocumentState": room("1", "dirty")},
        {"newDocumentState": {"id": "wrong-type", "number": 7}},
        {"newDocumentState": {"id": "no-number", "status": "clean"}},
        {"newDocumentState": room("2", "on fire")},
        {"newDocumentState": {"id": "nul", "number": "a\u{0}b"}},
        {"newDocumentState": {"id": "x\u{0}", "number": "3"}},
        {"newDocumentState": {"number": "no key"}},
        {"newDocumentState": {"id": "'; DROP TABLE hotel.rooms; --", "number": "\"\\ <b>💥</b> \u{202e}"}},
        {"newDocumentState": room("3", "clean")},
    ]);
    let (status, answers) = manager.push("rooms", rows).await;
    assert_eq!(status, 200, "{answers}");
    let refused: Vec<_> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["id"])
        .collect();
    assert_eq!(refused, ["wrong-type", "no-number", "room-2", "nul"]);
    let mut there: Vec<_> = manager.documents("rooms").await;
    there.retain(|room| room["id"] != "room-101");
    let ids: BTreeSet<_> = there
        .iter()
        .map(|room| room["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        ["room-1", "room-3", "'; DROP TABLE hotel.rooms; --"].into()
    );
    let (status, problem) = manager.push("rooms", json!({"rows": 1})).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (400, &json!("malformed"))
    );
    let epoch: String = sqlx::query_scalar("SELECT epoch::text FROM sync.node")
        .fetch_one(&database)
        .await
        .unwrap();
    let (status, problem) = manager
        .pull("rooms", &format!("epoch={epoch}&xid=seven&seq=1"))
        .await;
    assert_eq!((status.as_u16(), &problem["field"]), (400, &json!("xid")));
}

const MESSAGES: &str = "INSERT INTO hotel.guest_messages (tenant, property, id, guest, text, at)
    VALUES ($1, $2, $3, $4, $5, 0)";

// replica-sync-4.6, replica-sync-4.7
#[tokio::test]
async fn a_guest_learns_nothing_of_other_guests() {
    let hotel = up().await;
    let database = hotel.database("postgres");
    let ada = hotel.tablet("guest-ada", Role::Guest);
    let mut stream = ada.get("stream?collections=guest_messages").await;
    assert_eq!(stream.status(), 200);
    for (id, guest, text) in [
        ("m1", "guest-ada", "More towels"),
        ("m2", "guest-eve", "My secret"),
        ("m3", "guest-ada", "Thank you"),
    ] {
        sqlx::query(MESSAGES)
            .bind(hotel.places.tenant.as_str())
            .bind(hotel.places.property.as_str())
            .bind(id)
            .bind(guest)
            .bind(text)
            .execute(&database)
            .await
            .unwrap();
    }
    let mut heard = String::new();
    while !heard.contains("Thank you") {
        let chunk = tokio::time::timeout(LIMIT, stream.chunk()).await.unwrap();
        heard.push_str(std::str::from_utf8(&chunk.unwrap().unwrap()).unwrap());
    }
    assert!(
        heard.contains("More towels") && !heard.contains("m2"),
        "{heard}"
    );
    let mine = ada.documents("guest_messages").await;
    assert_eq!(mine.len(), 2, "{mine:?}");

    let stolen = json!({"id": "m2", "guest": "guest-ada", "text": "x", "at": 0});
    for assumed in [None, Some(with(&stolen, "guest", "guest-eve"))] {
        let answer = ada
            .change("guest_messages", assumed.as_ref(), &stolen)
            .await;
        assert_eq!(
            (&answer["_deleted"], &answer["text"]),
            (&json!(true), &json!(""))
        );
    }
    let gone = with(&stolen, "_deleted", true);
    ada.change("guest_messages", Some(&stolen), &gone).await;
    let secret = row(&database, "guest_messages", "m2").await.unwrap();
    assert_eq!(secret["text"], "My secret");

    for collection in ["rooms", "guests", "messages", "nothing"] {
        let (status, problem) = ada.pull(collection, "").await;
        assert_eq!(
            (status.as_u16(), &problem["field"]),
            (403, &json!("collection"))
        );
        let (status, _) = ada
            .push(collection, json!([{"newDocumentState": {"id": "a"}}]))
            .await;
        assert_eq!(status, 403);
    }
    let refused = ada.get("stream?collections=guest_messages,rooms").await;
    assert_eq!(refused.status(), 403);
    assert_eq!(ada.get("guest_messages/1/pull").await.status(), 426);
    // Housekeeping sees stays without their guests.
    let desk = hotel.tablet("desk-1", Role::FrontDesk);
    let stay = json!({
        "id": "r1", "guest": "g1", "room": "101", "arrival": "2026-11-21",
        "departure": "2026-11-23", "note": "anniversary",
    });
    assert_eq!(desk.change("reservations", None, &stay).await, Value::Null);
    let seen = hotel
        .tablet("house-1", Role::Housekeeping)
        .documents("reservations")
        .await;
    assert_eq!(
        (&seen[0]["room"], &seen[0]["guest"]),
        (&json!("101"), &Value::Null)
    );
    assert_eq!(seen[0]["note"], Value::Null);
}

// replica-sync-4.8
#[tokio::test]
async fn a_listener_that_does_not_listen_is_cut_off_and_catches_up() {
    let hotel = up().await;
    let manager = hotel.tablet("manager-1", Role::Manager);
    let mut stream = manager.get("stream?collections=rooms").await;
    // More pages than are kept for anybody, each too large for the network to hide.
    let note = "x".repeat(60_000);
    for number in 0..400 {
        let mut room = room(&number.to_string(), "dirty");
        room["note"] = json!(note);
        manager.change("rooms", None, &room).await;
    }
    let mut bytes = 0;
    while let Some(chunk) = tokio::time::timeout(LIMIT, stream.chunk())
        .await
        .unwrap()
        .unwrap()
    {
        bytes += chunk.len();
    }
    assert!(
        bytes < 400 * note.len(),
        "everything was kept for somebody who did not listen"
    );
    assert_eq!(manager.documents("rooms").await.len(), 400);
}

// replica-sync-4.4
#[tokio::test]
async fn a_push_of_many_large_rows_is_taken() {
    let hotel = up().await;
    let manager = hotel.tablet("manager-1", Role::Manager);
    let many: Vec<_> = (100..200)
        .map(|number| {
            let row = with(
                &room(&number.to_string(), "dirty"),
                "note",
                "x".repeat(4_000),
            );
            json!({ "newDocumentState": row })
        })
        .collect();
    let (status, answers) = manager.push("rooms", json!(many)).await;
    assert_eq!((status.as_u16(), answers), (200, json!([])));
    assert_eq!(manager.documents("rooms").await.len(), 100);
}
