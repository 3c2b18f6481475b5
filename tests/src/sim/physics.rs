//! Weather, guests and walls: what sensors would see, from a seed and the time alone.
//!
//! Everything but a room's temperature is a function of seed, room and time, so that the devices
//! of one room agree without talking to each other, and a restart sees the same guests.

use std::f64::consts::TAU;

/// A minute, an hour and a day, in milliseconds.
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Outdoors, in °C: the mean of a day and how far it swings.
const OUTDOOR_MEAN: f64 = 8.0;
const OUTDOOR_SWING: f64 = 6.0;
/// How much warmer than outdoors a heated room would become in the end, in K.
const HEATER_GAIN: f64 = 24.0;
/// How much warmer than outdoors an unheated room stays: neighbours, sun, guests.
const HOUSE_GAIN: f64 = 6.0;
/// Time constants of a room, in seconds: window closed, window open.
const CLOSED_S: f64 = 3.0 * 3600.0;
const OPEN_S: f64 = 900.0;
/// Life of a battery.
const BATTERY_LIFE: u64 = 200 * DAY;

/// What sensors in a room see at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surroundings {
    /// Room temperature, in °C.
    pub celsius: f64,
    /// Relative humidity of the room, 0 to 100.
    pub humidity_percent: f64,
    /// Whether somebody is in the room.
    pub occupied: bool,
    /// Whether the door stands open.
    pub door_open: bool,
    /// Whether the window stands open.
    pub window_open: bool,
    /// Charge of the device's own battery, 0 to 100.
    pub battery_percent: f64,
}

/// One room, as one of its devices sees it.
#[derive(Debug, Clone)]
pub struct Room {
    chance: Chance,
    battery: Chance,
    celsius: f64,
    /// When the temperature was that, in simulated milliseconds.
    at: Option<u64>,
}

impl Room {
    /// The room of this name in the hotel of this seed, at first `celsius` warm.
    pub fn new(seed: u64, name: &str, device: &str, celsius: f64) -> Self {
        let chance = Chance(seed).of(name);
        Self {
            chance,
            battery: chance.of(device),
            celsius,
            at: None,
        }
    }

    /// What is to be seen at `at`, in simulated Unix milliseconds; `heating` has lasted since the
    /// last look.
    pub fn look(&mut self, at: u64, heating: bool) -> Surroundings {
        let window_open = self.window_open(at);
        let elapsed = at.saturating_sub(self.at.unwrap_or(at));
        self.at = Some(at);
        self.celsius = drift(
            self.celsius,
            outdoor(at),
            heating,
            window_open,
            seconds(elapsed),
        );
        let occupied = self.occupied(at);
        Surroundings {
            celsius: self.celsius,
            humidity_percent: humidity(self.celsius, occupied),
            occupied,
            door_open: self.door_open(at),
            window_open,
            battery_percent: self.battery_percent(at),
        }
    }

    /// Guests stay for whole days, sleep here, and are out for a part of the day.
    fn occupied(&self, at: u64) -> bool {
        let (day, time) = (at / DAY, at % DAY);
        let leaves = 8 * HOUR + self.chance.below(day * 4 + 1, 3 * HOUR);
        let returns = 16 * HOUR + self.chance.below(day * 4 + 2, 6 * HOUR);
        self.chance.below(day * 4, 100) < 80 && !(leaves..returns).contains(&time)
    }

    /// The door opens when somebody comes or goes, and now and then while somebody is here.
    fn door_open(&self, at: u64) -> bool {
        let slot = at / (10 * MINUTE);
        let lasts = 10_000 + self.chance.below(slot * 4 + 3, 50_000);
        let passes = self.occupied(at) != self.occupied(at.saturating_sub(lasts));
        let visited = self.occupied(at) && self.chance.below(slot * 8 + 5, 6) == 0;
        passes || visited && at % (10 * MINUTE) < lasts
    }

    /// Guests air the room for a quarter of an hour.
    fn window_open(&self, at: u64) -> bool {
        let slot = at / HOUR;
        self.occupied(at) && self.chance.below(slot * 16 + 9, 100) < 15 && at % HOUR < 15 * MINUTE
    }

    /// Batteries fall slowly and are replaced when they are empty.
    fn battery_percent(&self, at: u64) -> f64 {
        let age = (at + self.battery.below(0, BATTERY_LIFE)) % BATTERY_LIFE;
        100.0 * (1.0 - seconds(age) / seconds(BATTERY_LIFE))
    }
}

/// Temperature outdoors, in °C: coldest at three, warmest at fifteen o'clock.
pub fn outdoor(at: u64) -> f64 {
    let hours = seconds(at % DAY) / 3600.0;
    OUTDOOR_MEAN + OUTDOOR_SWING * (TAU * (hours - 9.0) / 24.0).sin()
}

/// Newton's law of cooling towards outdoors plus whatever warms the room; exact for any time.
fn drift(celsius: f64, outdoor: f64, heating: bool, window_open: bool, elapsed_s: f64) -> f64 {
    let (gain, constant) = match (heating, window_open) {
        (true, false) => (HEATER_GAIN, CLOSED_S),
        (false, false) => (HOUSE_GAIN, CLOSED_S),
        (true, true) => (HOUSE_GAIN, OPEN_S),
        (false, true) => (0.0, OPEN_S),
    };
    let end = outdoor + gain;
    end + (celsius - end) * (-elapsed_s / constant).exp()
}

/// Warm air is drier, people make it damp.
fn humidity(celsius: f64, occupied: bool) -> f64 {
    let people = if occupied { 6.0 } else { 0.0 };
    (65.0 - 1.2 * (celsius - 12.0) + people).clamp(15.0, 95.0)
}

/// Milliseconds as seconds; exact for a century.
fn seconds(ms: u64) -> f64 {
    let whole = u32::try_from(ms / 1_000).unwrap_or(u32::MAX);
    let rest = u32::try_from(ms % 1_000).expect("a remainder of a thousand");
    f64::from(whole) + f64::from(rest) / 1_000.0
}

/// Dice that fall the same way for the same question (`SplitMix64`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Chance(u64);

impl Chance {
    fn of(self, name: &str) -> Self {
        Self(
            name.bytes()
                .fold(self.0, |state, byte| mixed(state ^ u64::from(byte))),
        )
    }

    /// A number below `most`, always the same for the same question.
    fn below(self, question: u64, most: u64) -> u64 {
        mixed(self.0 ^ mixed(question)) % most
    }
}

fn mixed(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests;
