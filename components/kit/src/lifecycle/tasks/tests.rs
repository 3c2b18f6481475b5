use super::*;

#[tokio::test]
async fn a_stop_reaches_every_task_and_is_waited_for() {
    let tasks = Tasks::new();
    let (done, finished) = tokio::sync::oneshot::channel();
    tasks.spawn("worker", |stop| async move {
        stop.cancelled().await;
        done.send("put down").unwrap();
    });
    tasks.drain().await.unwrap();
    assert_eq!(finished.await.unwrap(), "put down");
}

#[tokio::test]
async fn a_task_that_ends_by_itself_is_named() {
    let tasks = Tasks::new();
    tasks.spawn("steady", |stop| async move { stop.cancelled().await });
    tasks.spawn("fragile", |_| async {});
    assert_eq!(tasks.broken().await, "fragile");
}

#[tokio::test]
async fn a_task_that_panics_is_named() {
    let tasks = Tasks::new();
    tasks.spawn("fragile", |_| async { panic!("on purpose") });
    assert_eq!(tasks.broken().await, "fragile");
}

#[tokio::test]
async fn ending_when_asked_to_breaks_nothing() {
    let tasks = Tasks::new();
    tasks.spawn("steady", |stop| async move { stop.cancelled().await });
    let broken = tasks.broken.subscribe();
    tasks.drain().await.unwrap();
    assert_eq!(*broken.borrow(), None);
}
