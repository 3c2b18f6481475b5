//! How many files and connections a component may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Enough for three listeners full of connections (`kit::http`), broker, journal and files.
const ENOUGH: u64 = 16 * 1_024;

/// Takes as many as the system gives at most: what services start with, 1,024, is for programs that
/// know no others (systemd.exec(5)).
pub(super) fn take_enough() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
    if limit.current.is_some_and(|current| current < most) {
        let more = Rlimit {
            current: Some(most),
            ..limit
        };
        // What is allowed at most is allowed; with less, listeners wait sooner.
        setrlimit(Resource::Nofile, more).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_are_needed_and_allowed_are_taken() {
        let before = getrlimit(Resource::Nofile);
        take_enough();
        let after = getrlimit(Resource::Nofile);
        let most = before.maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
        assert!(after.current.is_none_or(|current| current >= most));
        assert_eq!(after.maximum, before.maximum);
    }
}
