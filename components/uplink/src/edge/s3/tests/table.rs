//! Every answer that S3, or something in its place, may give, with the act that follows.

use crate::upload::Step;

use super::*;

/// What follows for the batch.
#[track_caller]
fn step(answer: &Answer) -> &'static str {
    match Step::answered(sealed(), answer) {
        Step::Forget(_) => "forget",
        Step::Compare(_) => "compare",
        Step::Rename(_) => "rename",
        Step::SetAside(..) => "set aside",
        Step::Hold(..) => "hold, rest, send",
        Step::Rest(next) if *next == Step::Send(sealed()) => "rest, send",
        other => panic!("{other:?}"),
    }
}

async fn check(says: &'static str, answer: &str, follows: &str) -> Answer {
    let (told, stub) = send(Mood::Says(says)).await;
    assert_eq!(
        (told.label(), step(&told)),
        (answer, follows),
        "{says:?}: {told:?}"
    );
    assert!(stub.objects().is_empty());
    told
}

macro_rules! error {
    ($status:literal, $code:literal) => {
        error!($status, $code, "")
    };
    ($status:literal, $code:literal, $headers:literal) => {
        concat!(
            "HTTP/1.1 ",
            $status,
            " x\r\nx-amz-request-id: 1\r\n",
            $headers,
            "connection: close\r\n\r\n<Error><Code>",
            $code,
            "</Code><Message>w</Message></Error>"
        )
    };
}

// uplink-4.6, uplink-4.2
#[tokio::test]
async fn what_will_pass_is_rested_on_and_sent_again() {
    for (says, answer) in [
        (error!("409", "ConditionalRequestConflict"), "raced"),
        (error!("500", "InternalError"), "busy"),
        (error!("503", "SlowDown"), "busy"),
        (error!("429", "TooManyRequests"), "busy"),
        (error!("408", "RequestTimeout"), "busy"),
        (error!("307", "TemporaryRedirect"), "busy"),
        (error!("400", "RequestTimeout"), "refused"),
        (error!("400", "BadDigest"), "refused"),
        (error!("400", "ExpiredToken"), "refused"),
        (error!("401", "AccessDenied"), "refused"),
        (error!("403", "AccessDenied"), "refused"),
        (error!("403", "InvalidAccessKeyId"), "refused"),
        (error!("404", "NoSuchBucket"), "refused"),
        (error!("301", "PermanentRedirect"), "refused"),
    ] {
        check(says, answer, "rest, send").await;
    }
}

// uplink-4.6
#[tokio::test]
async fn an_object_that_will_never_be_taken_is_set_aside() {
    for says in [
        error!("400", "EntityTooLarge"),
        error!("400", "InvalidArgument"),
        error!("400", "KeyTooLongError"),
        error!("405", "MethodNotAllowed"),
        error!("411", "MissingContentLength"),
        error!("413", "EntityTooLarge"),
        error!("422", "Unprocessable"),
    ] {
        check(says, "rejected", "set aside").await;
    }
}

// uplink-4.6
#[tokio::test]
async fn a_name_that_is_taken_and_a_success_without_proof_are_compared() {
    check(error!("412", "PreconditionFailed"), "taken", "compare").await;
    let unproved = "HTTP/1.1 200 OK\r\netag: \"x\"\r\ncontent-length: 0\r\n\r\n";
    check(unproved, "taken", "compare").await;
    let other = "HTTP/1.1 200 OK\r\netag: \"x\"\r\nx-amz-checksum-sha256: AAAA\r\ncontent-length: 0\r\n\r\n";
    check(other, "taken", "compare").await;
    let proved =
        "HTTP/1.1 200 OK\r\netag: \"x\"\r\nx-amz-request-id: 1\r\ncontent-length: 0\r\n\r\n";
    check(proved, "stored", "forget").await;
}

// uplink-4.6
#[tokio::test]
async fn what_is_not_s3_stores_nothing() {
    for says in [
        // A portal that has a page for everything.
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nlocation: http://portal.invalid/\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nlocation: http://portal.invalid/\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>",
        "HTTP/1.1 400 Bad\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>",
        "HTTP/1.1 511 Network Authentication Required\r\ncontent-length: 9\r\n\r\ncut",
        // Half an answer, rubbish, nothing.
        "HTTP/1.1 200 OK\r\netag: \"x\"\r\nx-amz-request-id: 1\r\ncontent-length: 9\r\n\r\ncut",
        "HTTP/1.1 200 OK\r\netag: \"x\"",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "",
    ] {
        check(says, "unreachable", "rest, send").await;
    }
}

// uplink-4.6
#[tokio::test]
async fn a_portal_is_not_an_object_of_another_content() {
    let page =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\netag: \"x\"\r\ncontent-length: 0\r\n\r\n";
    let stub = Stub::listen(Mood::Says(page)).await;
    assert_eq!(compare(&stub).await.label(), "unreachable");
}

// uplink-4.6
#[tokio::test]
async fn a_line_that_is_dead_on_one_side_is_given_up_after_a_time() {
    let (answer, _) = send(Mood::Silent).await;
    assert_eq!(
        (answer.label(), step(&answer)),
        ("unreachable", "rest, send")
    );
    assert!(
        answer.complaint().starts_with("no answer within"),
        "{answer:?}"
    );
}

// uplink-4.6
#[tokio::test]
async fn a_bucket_that_takes_its_time_is_waited_for_as_long_as_a_body_may_take() {
    let (answer, stub) = send(Mood::Slow(Duration::from_millis(700))).await;
    assert_eq!((&answer, step(&answer)), (&Answer::Stored, "forget"));
    assert_eq!(stub.objects().len(), 1);
    // Longer than anybody waits: not stored for us, and the same when it is asked about again.
    let (answer, stub) = send(Mood::Slow(Duration::from_secs(20))).await;
    assert_eq!(
        (answer.label(), step(&answer)),
        ("unreachable", "rest, send")
    );
    stub.becomes(Mood::Fine);
    let again = bucket(&stub.endpoint).send(&sealed(), BODY.to_vec()).await;
    assert!(
        [Answer::Stored, Answer::Taken].contains(&again),
        "{again:?}"
    );
}

// uplink-4.6
#[tokio::test]
async fn the_cloud_is_left_alone_for_as_long_as_it_says() {
    let seconds = error!("503", "SlowDown", "retry-after: 120\r\n");
    let date = error!(
        "429",
        "SlowDown",
        "date: Sat, 21 Nov 2026 03:04:05 GMT\r\nretry-after: Sat, 21 Nov 2026 03:06:05 GMT\r\n"
    );
    for says in [seconds, date] {
        let answer = check(says, "throttled", "hold, rest, send").await;
        let next = Step::answered(sealed(), &answer);
        let Step::Hold(wait, _) = next else {
            panic!("{next:?}")
        };
        assert_eq!(wait, Duration::from_mins(2));
    }
    // Nobody is believed who says a year.
    let year = error!("503", "SlowDown", "retry-after: 31536000\r\n");
    let answer = check(year, "throttled", "hold, rest, send").await;
    let next = Step::answered(sealed(), &answer);
    let Step::Hold(wait, _) = next else {
        panic!("{next:?}")
    };
    assert_eq!(wait, Duration::from_mins(15));
}

// uplink-4.6
#[tokio::test]
async fn a_clock_that_is_wrong_is_corrected_for_what_is_signed() {
    // Years from now, as a box sees it whose battery is dead.
    let says = error!(
        "403",
        "RequestTimeTooSkewed", "date: Thu, 21 Nov 2041 03:04:05 GMT\r\n"
    );
    let stub = Stub::listen(Mood::Says(says)).await;
    let bucket = bucket(&stub.endpoint);
    let answer = bucket.send(&sealed(), BODY.to_vec()).await;
    assert_eq!((answer.label(), step(&answer)), ("skewed", "rest, send"));
    stub.becomes(Mood::Fine);
    assert_eq!(bucket.send(&sealed(), BODY.to_vec()).await, Answer::Stored);
    let object = stub.objects().remove(&sealed().key).unwrap();
    let signed_at = &object.headers["x-amz-date"];
    assert!(signed_at.starts_with("20411121T0304"), "{signed_at}");
}
