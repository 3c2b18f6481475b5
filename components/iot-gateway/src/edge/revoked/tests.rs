use std::time::Duration;

use kit::lifecycle::Tasks;
use tokio::time::timeout;

use super::*;

fn list(number: u32) -> Revocations {
    Revocations {
        number: number.into(),
        principals: vec!["lost-tablet".parse().unwrap()],
        ..Revocations::default()
    }
}

// iot-gateway-8.13
#[tokio::test]
async fn the_last_list_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("revocations.json");
    let (tasks, refusals) = (Tasks::new(), Refusals::default());
    take_up(&path, &refusals).await;
    let (lists, told) = (refusals.changed(), path.clone());
    tasks.spawn("keep", |stop| keep(told, lists, stop));
    refusals.take(list(7));
    let written = async {
        while read(&path).await.ok().flatten() != Some(list(7)) {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), written).await.unwrap();
    tasks.drain().await.unwrap();

    let restarted = Refusals::default();
    take_up(&path, &restarted).await;
    assert_eq!(*restarted.changed().borrow(), list(7));
    // An older one that is told again does not undo it.
    assert!(!restarted.take(list(6)));
}

#[tokio::test]
async fn a_file_that_is_no_list_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("revocations.json");
    std::fs::write(&path, "soup").unwrap();
    let refusals = Refusals::default();
    take_up(&path, &refusals).await;
    assert_eq!(*refusals.changed().borrow(), Revocations::default());
}
