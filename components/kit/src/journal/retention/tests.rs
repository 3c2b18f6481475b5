use crate::journal::Journal;
use crate::lifecycle::Tasks;

use super::*;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

struct Disk {
    journal: Journal,
    _directory: tempfile::TempDir,
}

impl Disk {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal.db");
        let journal = Journal::open(&path, &[], &Tasks::new()).await.unwrap();
        Self {
            journal,
            _directory: directory,
        }
    }

    /// The time that counts at `now`, when the program has run for so long since it was asked last.
    async fn follow(&self, now: Integer, ran: Duration) -> Integer {
        self.reach(now, Reach::Further(CATCHING_UP * ran)).await
    }

    async fn reach(&self, now: Integer, reach: Reach) -> Integer {
        let followed = self
            .journal
            .write(move |connection| Box::pin(follow(connection, now, reach)));
        followed.await.unwrap()
    }
}

fn noon() -> Integer {
    Integer::new(1_795_348_800_000).unwrap()
}

// bus-6.4
#[tokio::test]
async fn a_clock_that_is_ahead_makes_nothing_old() {
    let disk = Disk::new().await;
    assert_eq!(disk.follow(noon(), Duration::ZERO).await, noon());
    let ahead = later(noon(), 400 * DAY);
    assert_eq!(disk.follow(ahead, Duration::ZERO).await, noon());
    // However often it starts there.
    assert_eq!(disk.follow(ahead, Duration::ZERO).await, noon());
    assert_eq!(disk.follow(ahead, HOUR).await, later(noon(), 2 * HOUR));
    // It was set back: nothing is older than it is.
    let now = later(noon(), HOUR);
    assert_eq!(disk.follow(now, Duration::ZERO).await, now);
}

// bus-6.4
#[tokio::test]
async fn a_clock_that_is_behind_for_a_while_holds_nothing_up() {
    let disk = Disk::new().await;
    disk.follow(noon(), Duration::ZERO).await;
    let behind = Integer::new(1_000).unwrap();
    assert_eq!(disk.follow(behind, HOUR).await, behind);
    assert_eq!(
        disk.follow(later(noon(), HOUR), HOUR).await,
        later(noon(), HOUR)
    );
}

// bus-6.4
#[tokio::test]
async fn a_clock_that_a_program_has_run_by_for_a_day_is_believed() {
    let disk = Disk::new().await;
    disk.follow(noon(), Duration::ZERO).await;
    // A hotel that was closed for the winter.
    let clock = Clock::manual(later(noon(), 150 * DAY));
    let mut retention = Retention::of(&disk.journal, &clock);
    for hour in 1..24 {
        clock.advance(HOUR);
        let at = retention.present().await.unwrap();
        assert_eq!(at, later(noon(), 2 * hour * HOUR));
    }
    clock.advance(HOUR);
    assert_eq!(retention.present().await.unwrap(), clock.wall());
    // One that began too far ahead is taken back as well.
    assert_eq!(disk.reach(noon(), Reach::Whole).await, noon());
    assert_eq!(
        disk.follow(later(noon(), DAY), HOUR).await,
        later(noon(), 2 * HOUR)
    );
}

// bus-6.4
#[test]
fn a_jump_begins_the_day_anew() {
    let before = Moment {
        wall: noon(),
        ..Clock::system().now()
    };
    let after = |ran: Duration, went: Duration| Moment {
        wall: later(noon(), went),
        monotonic: before.monotonic + ran,
    };
    let corrected = after(DAY, DAY + Duration::from_secs(30));
    assert_eq!(steady(before, corrected).monotonic, before.monotonic);
    for went in [400 * DAY, Duration::ZERO] {
        let jumped = after(HOUR, went);
        assert_eq!(steady(before, jumped).monotonic, jumped.monotonic);
    }
}

// bus-6.4
#[tokio::test]
async fn it_counts_what_has_run_since_it_was_asked() {
    let disk = Disk::new().await;
    let clock = Clock::manual(noon());
    let mut retention = Retention::of(&disk.journal, &clock);
    assert_eq!(retention.present().await.unwrap(), noon());
    clock.advance(HOUR);
    assert_eq!(retention.present().await.unwrap(), later(noon(), HOUR));
    // Another program, on the same disk, a moment after its start in another year.
    let clock = Clock::manual(later(noon(), 400 * DAY));
    let mut retention = Retention::of(&disk.journal, &clock);
    clock.advance(HOUR / 2);
    assert_eq!(retention.present().await.unwrap(), later(noon(), 2 * HOUR));
    assert_eq!(retention.present().await.unwrap(), later(noon(), 2 * HOUR));
}
