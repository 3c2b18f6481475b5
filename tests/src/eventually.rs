//! Waiting for states.

use std::future::Future;
use std::time::Duration;

use kit::clock::Clock;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks again and again until there is something to see, at most `limit`.
///
/// # Panics
///
/// When the limit passes; the message says what was waited for.
pub async fn eventually<T, F, R>(what: &str, limit: Duration, mut look: F) -> T
where
    F: FnMut() -> R,
    R: Future<Output = Option<T>>,
{
    let clock = Clock::system();
    let begun = clock.monotonic();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        let waited = clock.monotonic().duration_since(begun);
        assert!(waited < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
