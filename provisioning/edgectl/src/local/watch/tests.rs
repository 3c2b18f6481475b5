use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::*;
use crate::local::layout::Layout;
use crate::local::roster::State as Recorded;

/// How long anything here may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// One kept script in its own directory.
struct Stage {
    layout: Layout,
    stop: CancellationToken,
    task: JoinHandle<()>,
    _dir: TempDir,
}

impl Stage {
    fn play(script: &str, readiness: Readiness) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().to_owned());
        std::fs::create_dir_all(layout.run()).unwrap();
        std::fs::create_dir_all(layout.logs()).unwrap();
        let roster = Arc::new(Roster::open(&layout, Process::own().unwrap()).unwrap());
        let socket = layout.socket("part");
        let environment = [("NOTIFY_SOCKET".to_owned(), socket.clone().into())].into();
        let launch = Launch::script(
            script,
            environment,
            dir.path().to_owned(),
            layout.log("part"),
        );
        let kept = Kept {
            name: "part".to_owned(),
            kind: Kind::Component,
            launch,
            readiness,
            socket,
        };
        let stop = CancellationToken::new();
        let task = tokio::spawn(keep(kept, roster, Clock::system(), stop.clone()));
        Self {
            layout,
            stop,
            task,
            _dir: dir,
        }
    }

    /// Waits until the recorded part is as wanted.
    async fn until(&self, wanted: impl Fn(&Part) -> bool) -> Part {
        let looking = async {
            loop {
                let state = Recorded::read(&self.layout).unwrap();
                let part = state.and_then(|state| state.parts.into_iter().next());
                if let Some(part) = part.filter(&wanted) {
                    return part;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(LIMIT, looking)
            .await
            .expect("the part becomes as wanted")
    }

    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(LIMIT, self.task)
            .await
            .expect("it stops")
            .unwrap();
    }
}

#[tokio::test]
async fn a_killed_process_is_started_again() {
    let stage = Stage::play("exec sleep 1000", Readiness::Runs);
    let first = stage.until(|part| part.ready).await.process.unwrap();
    first.signal(Signal::KILL);
    let second = stage
        .until(|part| part.ready && part.restarts == 1)
        .await
        .process
        .unwrap();
    assert_ne!(first, second);
    stage.stop().await;
    assert!(!second.group_alive());
}

#[tokio::test]
async fn nothing_a_process_started_outlives_its_stop() {
    let stage = Stage::play("sleep 1000 & sleep 1000 & wait", Readiness::Runs);
    let leader = stage.until(|part| part.ready).await.process.unwrap();
    stage.stop().await;
    assert!(!leader.group_alive());
}

#[tokio::test]
async fn a_process_is_ready_when_it_says_so() {
    let script = "python3 -c 'import os, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b\"READY=1\\nSTATUS=well\", os.environ[\"NOTIFY_SOCKET\"])'; exec sleep 1000";
    let stage = Stage::play(script, Readiness::Notified(LIMIT));
    let part = stage.until(|part| part.ready).await;
    assert_eq!(part.detail, "well");
    stage.stop().await;
}

#[tokio::test]
async fn a_process_that_is_never_ready_is_started_again() {
    let stage = Stage::play(
        "exec sleep 1000",
        Readiness::Notified(Duration::from_millis(50)),
    );
    let part = stage.until(|part| part.restarts >= 2).await;
    assert!(!part.ready);
    stage.stop().await;
}

#[tokio::test]
async fn a_process_that_cannot_be_started_is_tried_again() {
    let stage = Stage::play("exec /nowhere/at-all", Readiness::Notified(LIMIT));
    let part = stage
        .until(|part| part.restarts >= 2 && part.process.is_none())
        .await;
    assert_eq!(part.detail, "ended with exit status: 127");
    stage.stop().await;
}
