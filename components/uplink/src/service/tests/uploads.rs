use super::*;

// uplink-2.1
#[tokio::test]
async fn a_full_batch_leaves_by_itself_and_the_rest_waits() {
    let uplink = Edge::start(Mood::Fine).await;
    uplink.hand(Stream::P2, 1, 20).await;
    let lane = uplink.uplink.lane(Stream::P2);
    timeout(LIMIT, lane.uploaded_through(1)).await.unwrap();
    assert_eq!(uplink.drained().await, through(20));
    assert!(uplink.stub.objects().len() > 2);
}

// uplink-2.2
#[tokio::test]
async fn streams_never_share_an_object() {
    let uplink = Edge::start(Mood::Fine).await;
    uplink.hand(Stream::P0, 1, 1).await;
    uplink.hand(Stream::P3, 2, 1).await;
    assert_eq!(uplink.drained().await, [1, 1]);
    let objects = uplink.stub.objects();
    let keys: Vec<_> = objects.keys().collect();
    assert!(keys[0].starts_with("v1/stream=p0/") && keys[1].starts_with("v1/stream=p3/"));
}

// uplink-4.3
#[tokio::test]
async fn what_was_stored_without_an_answer_is_not_stored_twice() {
    let uplink = Edge::start(Mood::Mute).await;
    uplink.hand(Stream::P1, 1, 3).await;
    let lane = uplink.uplink.lane(Stream::P1);
    lane.drain(3);
    eventually(async || !uplink.stub.objects().is_empty()).await;
    let uplink = uplink.restart().await;
    uplink.stub.becomes(Mood::Fine);
    uplink.hand(Stream::P1, 2, 2).await;
    assert_eq!(uplink.drained().await, through(5));
}

// uplink-4.1, uplink-4.2
#[tokio::test]
async fn an_outage_with_restarts_loses_nothing() {
    let mut uplink = Edge::start(Mood::Deaf).await;
    for (id, mood) in [
        (1, Mood::Status(503)),
        (2, Mood::Status(403)),
        (3, Mood::Deaf),
    ] {
        uplink.hand(Stream::P1, id, 7).await;
        uplink.uplink.lane(Stream::P1).drain(7);
        uplink.stub.becomes(mood);
        uplink = uplink.restart().await;
    }
    uplink.stub.becomes(Mood::Fine);
    assert_eq!(uplink.drained().await, through(21));
}

// uplink-3.5
#[tokio::test]
async fn a_batch_whose_name_is_taken_by_something_else_finds_another() {
    let uplink = Edge::start(Mood::Squatted).await;
    uplink.hand(Stream::P1, 1, 3).await;
    assert_eq!(uplink.drained().await, through(3));
    let objects = uplink.stub.objects();
    let others = objects
        .values()
        .filter(|object| object.body == SOMETHING_ELSE);
    assert_eq!((objects.len(), others.count()), (2, 1));
}

// uplink-4.5
#[tokio::test]
async fn one_stream_that_is_refused_does_not_hold_up_another() {
    let uplink = Edge::start(Mood::Deaf).await;
    uplink.hand(Stream::P0, 1, 1).await;
    uplink.uplink.lane(Stream::P0).drain(1);
    eventually(async || uplink.uplink.outlook.borrow().cloud == Some(false)).await;
    uplink.stub.becomes(Mood::Fine);
    uplink.hand(Stream::P3, 2, 1).await;
    let other = uplink.uplink.lane(Stream::P3);
    other.drain(1);
    timeout(LIMIT, other.uploaded_through(1)).await.unwrap();
    // The cloud is back, so the first stream does not rest any longer.
    let first = uplink.uplink.lane(Stream::P0);
    timeout(LIMIT, first.uploaded_through(1)).await.unwrap();
}
