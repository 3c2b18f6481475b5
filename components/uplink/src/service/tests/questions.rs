use wire::request::Nothing;
use wire::uplink::{DRAIN, DUMP, Drained, Dump, Dumped, STAT, Stat};
use wire::{Code, Integer};

use super::*;

// uplink-5.1
#[tokio::test]
async fn stat_tells_what_waits_what_left_and_how_the_cloud_is() {
    let uplink = Edge::start(Mood::Status(403)).await;
    uplink.hand(Stream::P1, 1, 2).await;
    let stat: Stat = uplink
        .ask(1, STAT, Nothing {}, LIMIT)
        .await
        .unwrap()
        .unwrap();
    let p1 = &stat.streams[1];
    assert_eq!((stat.cloud, p1.waiting_records), (None, 2.into()));
    assert!(p1.oldest_at.is_some() && p1.waiting_bytes > Integer::from(200));
    uplink.uplink.lane(Stream::P1).drain(2);
    eventually(async || uplink.uplink.outlook.borrow().cloud.is_some()).await;
    let stat: Stat = uplink
        .ask(2, STAT, Nothing {}, LIMIT)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (stat.cloud, stat.last_error.as_str()),
        (Some(true), "403 Some: words")
    );
    uplink.stub.becomes(Mood::Fine);
    uplink.drained().await;
    let stat: Stat = uplink
        .ask(3, STAT, Nothing {}, LIMIT)
        .await
        .unwrap()
        .unwrap();
    let p1 = &stat.streams[1];
    assert_eq!(
        (
            p1.waiting_records,
            p1.uploaded_records,
            p1.uploaded_batches,
            p1.oldest_at
        ),
        (0.into(), 2.into(), 1.into(), None)
    );
    assert_eq!(stat.last_error, "");
}

// uplink-5.1
#[tokio::test]
async fn dump_shows_the_oldest_records_as_they_will_be_uploaded() {
    let uplink = Edge::start(Mood::Deaf).await;
    uplink.hand(Stream::P1, 1, 5).await;
    let dump = |limit| Dump {
        stream: Stream::P1,
        limit,
    };
    let dumped: Dumped = uplink.ask(1, DUMP, dump(2), LIMIT).await.unwrap().unwrap();
    let places: Vec<_> = dumped.lines.iter().map(|line| line.place.value()).collect();
    assert_eq!(places, [1, 2]);
    let refused = uplink.ask::<_, Dumped>(2, DUMP, dump(201), LIMIT).await;
    let problem = refused.unwrap().unwrap_err();
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (Code::Invalid, Some("body.limit"))
    );
}

// uplink-5.3
#[tokio::test]
async fn drain_answers_when_everything_is_in_the_bucket() {
    let uplink = Edge::start(Mood::Fine).await;
    uplink.hand(Stream::P0, 1, 1).await;
    uplink.hand(Stream::P2, 2, 3).await;
    let drained: Drained = uplink
        .ask(1, DRAIN, Nothing {}, LIMIT)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (drained.uploaded_batches, drained.waiting_records),
        (2.into(), 0.into())
    );
    assert_eq!(places(&uplink.stub), [1, 1, 2, 3]);
}

// uplink-5.3
#[tokio::test]
async fn drain_says_before_the_deadline_how_much_is_left() {
    let uplink = Edge::start(Mood::Status(503)).await;
    uplink.hand(Stream::P0, 1, 4).await;
    let wait = Duration::from_secs(2);
    let drained = uplink.ask::<_, Drained>(1, DRAIN, Nothing {}, wait).await;
    let problem = drained.unwrap().unwrap_err();
    assert_eq!(problem.code, Code::TimedOut);
    assert!(problem.detail.starts_with("4 records"), "{problem}");
}

// uplink-5.2
#[tokio::test]
async fn a_repeated_drain_gets_the_first_answer_and_a_repeated_look_a_new_one() {
    let uplink = Edge::start(Mood::Deaf).await;
    let stat = || uplink.ask::<_, Stat>(1, STAT, Nothing {}, LIMIT);
    let drain = || uplink.ask::<_, Drained>(2, DRAIN, Nothing {}, LIMIT);
    let (looked, drained) = (stat().await.unwrap(), drain().await.unwrap());
    uplink.hand(Stream::P1, 1, 5).await;
    assert_eq!(drain().await.unwrap(), drained);
    assert_ne!(stat().await.unwrap(), looked);
}

// uplink-5.4
#[tokio::test]
async fn what_nobody_waits_for_is_not_answered_and_what_nobody_understands_is_refused() {
    let uplink = Edge::start(Mood::Deaf).await;
    let late = br#"{"v":1,"deadline":1,"body":{}}"#;
    assert_eq!(uplink.say(1, STAT, late).await, None);
    let code = |answer: Option<Vec<u8>>| {
        let reply: Reply<Nothing> = wire::decode(&answer.unwrap()).unwrap();
        reply.problem.unwrap().code
    };
    assert_eq!(code(uplink.say(2, "explode", b"{}").await), Code::NotFound);
    assert_eq!(code(uplink.say(3, STAT, b"{").await), Code::Malformed);
    let newer = br#"{"v":2,"deadline":9007199254740991,"body":{}}"#;
    assert_eq!(
        code(uplink.say(4, STAT, newer).await),
        Code::UnsupportedVersion
    );
}
