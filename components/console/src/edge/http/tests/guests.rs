//! Who may ask for a guest's token. That one is given is proved by the story of the whole hotel.

use super::*;

const HOME: &[&str] = &["127.0.0.0/8"];
const ELSEWHERE: &[&str] = &["10.0.0.0/8"];

async fn post(served: &Served, kind: &str, body: &str) -> Answer {
    let request = format!(
        "POST /api/guest-token HTTP/1.1\r\nHost: greengrass.local\r\nContent-Type: {kind}\r\n"
    );
    ask(served.open, &request, body).await
}

#[track_caller]
fn check(answer: &Answer, code: wire::Code, field: Option<&str>) {
    let problem = answer.problem();
    assert_eq!(answer.status, code.status());
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (code, field),
        "{problem}"
    );
}

// console-3.2
#[tokio::test]
async fn a_guest_who_is_not_in_the_hotel_is_told_so_before_anything_is_read() {
    let served = Served::new(ELSEWHERE).await;
    let answer = post(&served, "text/plain", "what?").await;
    check(&answer, wire::Code::Forbidden, Some("network"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    served.end().await;
}

// console-3.3
#[tokio::test]
async fn a_guest_who_asks_too_often_is_refused_for_a_while() {
    let served = Served::new(HOME).await;
    for _ in 0..30 {
        let answer = post(&served, "application/json", "{}").await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    check(
        &post(&served, "application/json", "{}").await,
        wire::Code::Busy,
        None,
    );
    served.clock.advance(std::time::Duration::from_secs(3));
    let answer = post(&served, "application/json", "{}").await;
    assert_eq!(answer.status, 400, "{answer:?}");
    served.end().await;
}

// console-3.4
#[tokio::test]
async fn a_form_of_another_page_and_a_body_without_an_end_are_refused() {
    let served = Served::new(HOME).await;
    let form = post(&served, "application/x-www-form-urlencoded", "table=7").await;
    check(&form, wire::Code::Malformed, Some("content-type"));
    let flood = "x".repeat(BODY_MAX + 1);
    let answer = post(&served, "application/json", &flood).await;
    check(&answer, wire::Code::TooLarge, None);
    served.end().await;
}
