//! The clock on the wall of the hotel, by the zones of the machine.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use wire::Integer;

use crate::doors::policy::{Day, LocalTime};

/// The zone of the hotel.
#[derive(Debug, Clone)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// The zone of that name.
    pub(crate) fn named(name: &str) -> Result<Self, NoZone> {
        let zone = TimeZone::get(name).map_err(|source| NoZone {
            name: name.chars().take(64).collect(),
            source,
        })?;
        Ok(Self(zone))
    }

    /// The time of day at a moment in Unix milliseconds.
    pub(crate) fn local(&self, wall: Integer) -> LocalTime {
        let ms = i64::try_from(wall.value()).unwrap_or_default();
        let moment = Timestamp::from_millisecond(ms).unwrap_or_default();
        let local = self.0.to_datetime(moment);
        let days = local.weekday().to_monday_zero_offset();
        let day = usize::try_from(days).ok().and_then(|day| Day::ALL.get(day));
        let minutes = i16::from(local.hour()) * 60 + i16::from(local.minute());
        LocalTime {
            day: day.copied().unwrap_or(Day::Mon),
            minute: minutes.unsigned_abs(),
        }
    }
}

/// The machine knows no such zone.
#[derive(Debug, thiserror::Error)]
#[error("doors.time_zone: {name:?} is not a zone of this machine's tz database")]
pub struct NoZone {
    name: String,
    source: jiff::Error,
}

#[cfg(test)]
mod tests;
