use aws_sdk_s3::config::Credentials;
use kit::digest::sha256;
use wire::record::Stream;

use super::*;

pub(crate) mod stub;
mod table;

use stub::{Mood, Object, Stub};

/// The bucket behind an endpoint, with credentials that open nothing else.
pub(crate) fn bucket(endpoint: &str) -> Bucket {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::new("eu-central-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .force_path_style(true)
        .build();
    Bucket {
        client: Client::from_conf(config),
        name: "hotel".to_owned(),
        patience: Duration::from_secs(5),
    }
}

const BODY: &[u8] = b"lines";

fn sealed() -> Sealed {
    Sealed {
        stream: Stream::P0,
        first: 1.into(),
        last: 9.into(),
        lines: 9,
        bytes: 100,
        since: 0.into(),
        key: "v1/stream=p0/1-9-ab.ndjson.zst".to_owned(),
        sha256: sha256(BODY),
        size: 5,
    }
}

async fn send(mood: Mood) -> (Answer, Stub) {
    let stub = Stub::listen(mood).await;
    let answer = bucket(&stub.endpoint).send(&sealed(), BODY.to_vec()).await;
    (answer, stub)
}

async fn compare(stub: &Stub) -> Answer {
    bucket(&stub.endpoint).compare(&sealed()).await
}

async fn check(mood: Mood, sent: &str, compared: &str) {
    let (answer, stub) = send(mood).await;
    assert_eq!(answer.label(), sent, "{answer:?}");
    let answer = compare(&stub).await;
    assert_eq!(answer.label(), compared, "{answer:?}");
}

// uplink-3.3
#[tokio::test]
async fn an_upload_replaces_nothing_and_carries_its_digest() {
    let (answer, stub) = send(Mood::Fine).await;
    assert_eq!(answer, Answer::Stored);
    let Object { headers, body } = stub.objects().remove(&sealed().key).unwrap();
    assert_eq!(body, BODY);
    for (name, value) in [
        ("if-none-match", "*"),
        ("x-amz-checksum-sha256", &base64::encode(&sha256(BODY).0)),
        ("x-amz-meta-sha256", &sha256(BODY).to_string()),
        ("content-type", "application/zstd"),
    ] {
        assert_eq!(headers.get(name).map(String::as_str), Some(value), "{name}");
    }
}

// uplink-3.4
#[tokio::test]
async fn an_object_that_is_there_already_is_recognised() {
    let (_, stub) = send(Mood::Fine).await;
    let again = bucket(&stub.endpoint).send(&sealed(), BODY.to_vec()).await;
    assert_eq!(again, Answer::Taken);
    assert_eq!(compare(&stub).await, Answer::Same);
}

// uplink-3.4
#[tokio::test]
async fn a_store_without_checksums_is_believed_by_digest_and_size() {
    let (_, stub) = send(Mood::Fine).await;
    let mut object = stub.objects().remove(&sealed().key).unwrap();
    object.headers.remove("x-amz-checksum-sha256");
    stub.put(&sealed().key, object.clone());
    assert_eq!(compare(&stub).await, Answer::Same);
    object.body.push(0);
    stub.put(&sealed().key, object);
    assert_eq!(compare(&stub).await, Answer::Different);
}

// uplink-3.5
#[tokio::test]
async fn an_object_that_is_something_else_is_told_apart() {
    let (_, stub) = send(Mood::Fine).await;
    let mut object = stub.objects().remove(&sealed().key).unwrap();
    let other = base64::encode(&sha256(b"other").0);
    object
        .headers
        .insert("x-amz-checksum-sha256".to_owned(), other);
    stub.put(&sealed().key, object);
    assert_eq!(compare(&stub).await, Answer::Different);
}

#[tokio::test]
async fn an_object_that_is_not_there_is_gone() {
    let stub = Stub::listen(Mood::Fine).await;
    assert_eq!(compare(&stub).await, Answer::Gone);
}

// uplink-4.2
#[tokio::test]
async fn every_failure_is_told_apart() {
    check(Mood::Status(409), "raced", "refused").await;
    check(Mood::Status(403), "refused", "refused").await;
    check(Mood::Status(404), "refused", "gone").await;
    check(Mood::Status(429), "busy", "busy").await;
    check(Mood::Status(500), "busy", "busy").await;
    check(Mood::Status(503), "busy", "busy").await;
    check(Mood::Deaf, "unreachable", "unreachable").await;
    check(Mood::Mute, "unreachable", "same").await;
}

// uplink-4.2
#[tokio::test]
async fn a_bucket_that_nobody_serves_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let answer = bucket(&endpoint).send(&sealed(), BODY.to_vec()).await;
    assert_eq!(answer.label(), "unreachable", "{answer:?}");
}

#[tokio::test]
async fn a_refusal_is_told_in_the_words_of_s3() {
    let (answer, _) = send(Mood::Status(403)).await;
    assert_eq!(answer.complaint(), "403 Some: words");
}

#[track_caller]
fn check_base64(bytes: &[u8], expected: &str) {
    assert_eq!(base64::encode(bytes), expected);
}

#[test]
fn base64_is_that_of_rfc_4648() {
    check_base64(b"", "");
    check_base64(b"f", "Zg==");
    check_base64(b"fo", "Zm8=");
    check_base64(b"foo", "Zm9v");
    check_base64(b"foobar", "Zm9vYmFy");
    check_base64(&[0xfb, 0xff, 0xfe], "+//+");
}
