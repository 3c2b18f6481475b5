//! Power cuts on demand, so that tests can have one at every step.

use rustix::process::{Signal, getpid, kill_process};

/// Names the place, `step.point`; heeded by development builds only.
const VARIABLE: &str = "HOTEL_POWER_CUT";

/// Ends the process without warning when the power was to fail here.
pub(crate) fn may_fail(step: &str, point: &str) {
    if !cfg!(debug_assertions) {
        return;
    }
    let here =
        std::env::var(VARIABLE).is_ok_and(|place| place.split_once('.') == Some((step, point)));
    if here {
        kill_process(getpid(), Signal::KILL).ok();
    }
}
