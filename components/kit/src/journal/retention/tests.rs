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

    /// The time that counts at `now`, when the program has run for so long.
    async fn follow(&self, now: Integer, ran: Duration) -> Integer {
        let followed = self
            .journal
            .write(move |connection| Box::pin(follow(connection, now, ran)));
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
async fn a_box_that_was_off_catches_up() {
    let disk = Disk::new().await;
    disk.follow(noon(), Duration::ZERO).await;
    let mut now = later(noon(), 10 * DAY);
    assert_eq!(disk.follow(now, Duration::ZERO).await, noon());
    let mut behind = 0;
    loop {
        now = later(now, HOUR);
        behind += 1;
        if disk.follow(now, HOUR).await == now {
            break;
        }
    }
    assert_eq!(behind, 240);
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
