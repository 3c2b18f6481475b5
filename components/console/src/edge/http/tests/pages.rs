//! Which pages there are, under which names, and what goes with them.

use super::*;

/// Pages of staff.
const STAFF: [&str; 6] = ["/staff", "/kitchen", "/life", "/rooms", "/desk", "/pos"];

#[track_caller]
fn check(answer: &Answer, status: u16, header: &str, expected: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header(header), Some(expected), "{answer:?}");
}

// console-1.1
#[tokio::test]
async fn over_http_there_are_guests_pages_only() {
    let served = Served::new(&[]).await;
    for path in ["/t/table-7", "/t"] {
        assert_eq!(served.get(path).await.body, PAGE, "{path}");
    }
    for path in [
        "/enrol",
        "/api/status",
        "/t/table-7/x",
        "/guest.html",
        "/assets/",
    ] {
        let answer = served.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
    }
    for path in STAFF {
        let answer = served.get(&format!("{path}?a=b")).await;
        let secured = format!("https://greengrass.local:8445{path}");
        check(&answer, 307, "location", &secured);
    }
    served.end().await;
}

// console-1.1
#[tokio::test]
async fn over_https_there_is_everything() {
    let served = Served::new(&[]).await;
    for path in ["/t/table-7", "/enrol"].into_iter().chain(STAFF) {
        assert_eq!(served.get_secured(path, "").await.body, PAGE, "{path}");
    }
    let home = served.get_secured("/", "").await;
    check(&home, 307, "location", "/staff");
    served.end().await;
}

// console-1.2
#[tokio::test]
async fn nothing_is_answered_under_a_name_of_somebody_else() {
    let served = Served::new(&[]).await;
    for (host, status) in [
        ("Host: greengrass.local:8081\r\n", 200),
        ("Host: pages.hotel\r\n", 200),
        ("Host: 192.168.1.10\r\n", 200),
        ("Host: [fd00::1]:8081\r\n", 200),
        ("Host: evil.example\r\n", 404),
        ("Host: greengrass.local; script-src *\r\n", 400),
        ("Host: greengrass.local\r\nHost: evil.example\r\n", 400),
    ] {
        let request = format!("GET /api/hotel HTTP/1.1\r\n{host}");
        let answer = ask(served.open, &request, "").await;
        assert_eq!(answer.status, status, "{host}: {answer:?}");
    }
    served.end().await;
}

// console-1.3
#[tokio::test]
async fn every_answer_keeps_the_page_to_itself() {
    let served = Served::new(&[]).await;
    for path in [
        "/t/table-7",
        "/api/hotel",
        "/assets/guest-1a2b3c4d.js",
        "/nothing",
    ] {
        let answer = served.get(path).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{policy}"
        );
        let connections = "connect-src 'self' ws://greengrass.local:8080 wss://signaling.example";
        assert!(policy.ends_with(connections), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert!(answer.header("permissions-policy").is_some());
    }
    served.end().await;
}

// console-1.4
#[tokio::test]
async fn what_a_page_loads_is_kept_for_ever_and_the_page_is_asked_for_anew() {
    let served = Served::new(&[]).await;
    let script = served.get("/assets/guest-1a2b3c4d.js").await;
    assert_eq!(script.body, SCRIPT);
    check(
        &script,
        200,
        "cache-control",
        "public, max-age=31536000, immutable",
    );
    check(&script, 200, "content-type", "text/javascript");
    check(
        &served.get("/t/table-7").await,
        200,
        "cache-control",
        "no-cache",
    );
    check(
        &served.get("/api/hotel").await,
        200,
        "cache-control",
        "no-store",
    );
    check(
        &served.get("/assets/gone-5e6f.js").await,
        404,
        "cache-control",
        "no-store",
    );
    served.end().await;
}

#[tokio::test]
async fn files_outside_the_pages_are_out_of_reach() {
    let served = Served::new(&[]).await;
    for path in [
        "/assets/../guest.html",
        "/assets/%2e%2e/guest.html",
        "/assets/..%2fguest.html",
    ] {
        let answer = served.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
    }
    served.end().await;
}

// console-2.1, console-2.2
#[tokio::test]
async fn a_page_is_told_where_it_is_and_where_everybody_else_is() {
    let served = Served::new(&[]).await;
    let mut told: serde_json::Value =
        serde_json::from_str(&served.get_secured("/api/hotel", "").await.body).unwrap();
    let ca = told["ca"].take();
    let ca = wire::octets::from_base64url(ca.as_str().unwrap()).unwrap();
    assert_eq!(ca, served.authority.anchor[0].to_vec());
    told["ca"] = "MIIB".into();
    let vector = include_str!("../../../../vectors/hotel.json");
    assert_eq!(
        told,
        serde_json::from_str::<serde_json::Value>(vector).unwrap()
    );
    served.end().await;
}
