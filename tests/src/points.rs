//! Deaths at named points ([`kit::fault`]): where something has just become durable, or is about to.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kit::clock::Clock;
use kit::fault::{Point, VARIABLE};

use crate::eventually::eventually;
use crate::faults::{Chance, Frozen};
use crate::hotel::{Hotel, LIMIT, Plan};
use crate::programs::stand_in;

/// Between two tries to lead somebody to a point.
const PAUSE: Duration = Duration::from_millis(20);

/// Where points are armed.
#[derive(Debug, Clone)]
pub struct Points {
    directory: PathBuf,
}

/// What happens to a program at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// It dies (SIGKILL).
    Kill,
    /// It stands still (SIGSTOP) until somebody wakes it.
    Stop,
}

impl Points {
    /// None is armed yet.
    ///
    /// # Panics
    ///
    /// When the directory cannot be made.
    pub fn in_directory(directory: &Path) -> Self {
        fs::create_dir_all(directory).expect("the scratch directory is writable");
        Self {
            directory: directory.to_owned(),
        }
    }

    /// The variable that a program needs, with its value.
    pub fn variable(&self) -> (&'static str, &Path) {
        (VARIABLE, &self.directory)
    }

    /// Has whoever passes a point for the so many-th time from now struck there.
    ///
    /// # Panics
    ///
    /// When the directory has gone.
    pub fn arm(&self, point: Point, blow: Blow, at: u32) {
        let blow = match blow {
            Blow::Kill => "kill",
            Blow::Stop => "stop",
        };
        // Whole at once: the program looks at every pass.
        let (new, path) = (self.directory.join("arming"), self.path(point));
        let written = fs::write(&new, format!("{blow}:{at}"));
        let written = written.and_then(|()| fs::rename(new, path));
        written.expect("the scratch directory is writable");
    }

    /// Whether the point is still to strike.
    pub fn is_armed(&self, point: Point) -> bool {
        self.path(point).exists()
    }

    /// Waits until a point has struck, while something is done again and again that leads there.
    ///
    /// # Panics
    ///
    /// When nobody passes it in time.
    pub async fn struck(&self, point: Point, mut meanwhile: impl AsyncFnMut()) {
        let clock = Clock::system();
        let begun = clock.monotonic();
        while self.is_armed(point) {
            let waited = clock.monotonic() - begun;
            assert!(waited < 2 * LIMIT, "nobody passed {}", point.name());
            meanwhile().await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn path(&self, point: Point) -> PathBuf {
        self.directory.join(point.name())
    }
}

impl Hotel {
    /// A hotel where some programs can be struck at points.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn up_armed(plan: Plan<'_>, programs: &[&str]) -> (Self, Points) {
        let directory = tempfile::tempdir().expect("a scratch directory can be made");
        let points = Points::in_directory(&directory.path().join("points"));
        let staged = directory.path().join("programs");
        let (variable, place) = points.variable();
        let made = fs::create_dir(&staged).and_then(|()| {
            stand_in(&staged, programs, |_, program| {
                let (place, program) = (place.display(), program.display());
                Ok(format!(
                    "#!/bin/sh\nexport {variable}={place}\nexec {program} \"$@\"\n"
                ))
            })
        });
        made.expect("the scratch directory is writable");
        let hotel = Self::start_in(directory, &staged, plan, None);
        (hotel, points)
    }

    /// Whoever was struck is back, or is woken; `before` is who it was.
    ///
    /// # Panics
    ///
    /// When it does not come back in time.
    pub async fn recovers(&self, name: &str, blow: Blow, before: Option<u32>) {
        if blow == Blow::Stop {
            // The point is passed before the signal comes, which would come after ours.
            let frozen = eventually(&format!("{name} stands still"), LIMIT, || async {
                let pid = self.part(name)?.pid?;
                let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
                let (_, state) = stat.rsplit_once(") ")?;
                state.starts_with('T').then_some(pid)
            })
            .await;
            drop(Frozen::of(frozen));
            return;
        }
        eventually(&format!("{name} is ready again"), LIMIT, || async {
            let part = self.part(name)?;
            (part.ready && part.pid != before).then_some(())
        })
        .await;
    }
}

/// The same in an order of chance.
pub fn shuffled<T: Copy>(chance: &mut Chance, all: &[T]) -> Vec<T> {
    let mut left = all.to_vec();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let count = u32::try_from(left.len()).expect("there are few");
        order.push(left.swap_remove(chance.below(count) as usize));
    }
    order
}
