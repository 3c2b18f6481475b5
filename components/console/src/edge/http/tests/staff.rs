//! Who sees how the components are.

use wire::Version;
use wire::credential::Revocations;
use wire::status::{Check, Status};

use super::*;

fn token() -> TokenId {
    "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()
}

async fn status(served: &Served, bearer: &str) -> Answer {
    let header = format!("Authorization: Bearer {bearer}\r\n");
    served.get_secured("/api/status", &header).await
}

fn said(ready: bool, checks: Vec<Check>, backlog: u64) -> Status {
    Status {
        v: Version,
        version: "0.1.0".to_owned(),
        ready,
        checks,
        backlog: integer(backlog),
    }
}

// console-4.1
#[tokio::test]
async fn staff_see_what_every_component_last_said() {
    let served = Served::new(&[]).await;
    let full = Check {
        name: "journal".to_owned(),
        ready: false,
        detail: "disk full".to_owned(),
    };
    served.board.send_modify(|board| {
        board.take(Component::Uplink, Some(said(false, vec![full], 12)));
        board.take(Component::Authority, Some(said(true, Vec::new(), 0)));
    });
    for role in Role::ALL.iter().filter(|role| role.is_staff()) {
        let answer = status(&served, &served.bearer(*role, token(), &served.authority)).await;
        let vector = include_str!("../../../../vectors/status.json");
        let expected: serde_json::Value = serde_json::from_str(vector).unwrap();
        let found: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(found, expected, "{role:?}");
    }
    served.end().await;
}

#[track_caller]
fn check_refused(answer: &Answer, status: u16, code: wire::Code) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.problem().code, code);
}

// console-4.2
#[tokio::test]
async fn nobody_else_sees_it() {
    let served = Served::new(&[]).await;
    let answer = served.get_secured("/api/status", "").await;
    check_refused(&answer, 401, wire::Code::Forbidden);
    let guest = served.bearer(Role::Guest, token(), &served.authority);
    check_refused(&status(&served, &guest).await, 403, wire::Code::Forbidden);

    let foreign = issue(&property("seaside"), Component::Authority, today());
    let forged = served.bearer(Role::Manager, token(), &foreign);
    check_refused(&status(&served, &forged).await, 401, wire::Code::Forbidden);
    check_refused(
        &status(&served, "what.ever").await,
        401,
        wire::Code::Malformed,
    );

    let manager = served.bearer(Role::Manager, token(), &served.authority);
    assert_eq!(status(&served, &manager).await.status, 200);
    let list = Revocations {
        number: integer(1),
        tokens: vec![token()],
        ..Revocations::default()
    };
    served.refusals.take(list);
    check_refused(&status(&served, &manager).await, 403, wire::Code::Forbidden);
    served.end().await;
}

// console-4.2
#[tokio::test]
async fn a_bearer_whose_time_is_over_is_nobody() {
    let served = Served::new(&[]).await;
    let manager = served.bearer(Role::Manager, token(), &served.authority);
    let life = std::time::Duration::from_secs(u64::from(BEARER_LIFE_S) + 1);
    served.clock.advance(life);
    check_refused(&status(&served, &manager).await, 401, wire::Code::Expired);
    served.end().await;
}
