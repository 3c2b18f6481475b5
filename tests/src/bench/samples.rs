//! Many measurements of one thing.

use std::time::Duration;

/// Durations, to be asked for their quantiles.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Samples in milliseconds, as other programs tell them; none is below nothing.
    pub fn of_ms(samples: impl IntoIterator<Item = f64>) -> Self {
        let seconds = samples.into_iter().map(|sample| sample.max(0.0) / 1_000.0);
        seconds.map(Duration::from_secs_f64).collect()
    }

    /// Adds one.
    pub fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// Without the first `count`.
    #[must_use]
    pub fn skip(self, count: usize) -> Self {
        self.0.into_iter().skip(count).collect()
    }

    /// The smallest sample that `share` of all samples do not exceed, in milliseconds; not a
    /// number when there are none.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a rank is between nothing and the number of samples"
    )]
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
        sorted
            .get(rank - 1)
            .map_or(f64::NAN, |sample| sample.as_secs_f64() * 1_000.0)
    }
}

impl FromIterator<Duration> for Samples {
    fn from_iter<I: IntoIterator<Item = Duration>>(samples: I) -> Self {
        Self(samples.into_iter().collect())
    }
}
