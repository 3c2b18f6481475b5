//! The least that the time can be: a box whose battery is empty begins in 1970, where no certificate is
//! valid yet and nobody could say what time it is.
//!
//! The latest of the clock, the time that the system saved last (systemd-timesyncd, every hour), and the
//! moment of the release. A clock that is ahead cannot be told from a right one here: leaves that
//! lapsed meanwhile, or begin later once it is set, are renewed.

use std::fs;
use std::time::{Duration, SystemTime};

use rustix::process::geteuid;
use rustix::time::{ClockId, Timespec, clock_settime};
use wire::Integer;

use super::{Clock, later};

/// What systemd-timesyncd touches (systemd-timesyncd.service(8)); only its date counts.
const SAVED: &str = "/var/lib/systemd/timesync/clock";
/// When this was released, in Unix seconds; `cargo x package` says it, other builds are later than this.
const RELEASED: Option<&str> = option_env!("SOURCE_DATE_EPOCH");
const RELEASED_AT_LEAST_S: u64 = 1_793_491_200;
/// How long after its release a program is believed to run at most: a later saved time is a mistake.
const BELIEVED: Duration = Duration::from_hours(24 * 365 * 20);

/// Raises the machine's clock to the floor when it is below and the caller is root; says so in the log
/// of whoever started this, because logs have not begun.
#[expect(clippy::print_stderr, reason = "logs begin later, as another user")]
pub(crate) fn raise() {
    if !geteuid().is_root() {
        return;
    }
    let now = Clock::system().wall();
    let Some(floor) = raised(now, saved(), released()) else {
        return;
    };
    let seconds = i64::try_from(floor.value() / 1_000).unwrap_or_default();
    let time = Timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    };
    match clock_settime(ClockId::Realtime, time) {
        Ok(()) => eprintln!("supervise: the clock was at {now} ms, it is raised to {floor} ms"),
        Err(error) => {
            eprintln!("supervise: the clock is at {now} ms and cannot be raised: {error}");
        }
    }
}

/// To what a clock is raised; nothing when it may be right.
fn raised(now: Integer, saved: Option<Integer>, released: Integer) -> Option<Integer> {
    let believed = later(released, BELIEVED);
    let saved = saved.filter(|saved| *saved <= believed);
    let floor = saved.map_or(released, |saved| saved.max(released));
    (now < floor).then_some(floor)
}

fn released() -> Integer {
    let said = RELEASED.and_then(|text| text.parse().ok());
    let seconds = said.unwrap_or(RELEASED_AT_LEAST_S);
    later(Integer::default(), Duration::from_secs(seconds))
}

fn saved() -> Option<Integer> {
    let modified = fs::metadata(SAVED).and_then(|attributes| attributes.modified());
    let since = modified.ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(later(Integer::default(), since))
}

#[cfg(test)]
mod tests;
