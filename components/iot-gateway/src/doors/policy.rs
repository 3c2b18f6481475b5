//! Who may turn which bolts, and when: rows that the house writes; what no row allows is refused.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use wire::credential::{Role, Standing};
use wire::{Code, Operation, Problem};

use super::is_of_doors;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Day {
    /// The week.
    pub const ALL: [Self; 7] = [
        Self::Mon,
        Self::Tue,
        Self::Wed,
        Self::Thu,
        Self::Fri,
        Self::Sat,
        Self::Sun,
    ];

    fn before(self) -> Self {
        let place = Self::ALL.iter().position(|day| *day == self);
        Self::ALL[(place.unwrap_or_default() + 6) % 7]
    }
}

/// A moment as the clock on the wall shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// The day.
    pub day: Day,
    /// Minutes since midnight.
    pub minute: u16,
}

/// A time of day, `HH:MM`, up to `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct TimeOfDay(u16);

impl FromStr for TimeOfDay {
    type Err = NotARule;

    fn from_str(text: &str) -> Result<Self, NotARule> {
        let minutes = text.split_once(':').and_then(|(hours, minutes)| {
            let two = |text: &str| (text.len() == 2).then(|| text.parse::<u16>().ok())?;
            let (hours, minutes) = (two(hours)?, two(minutes)?);
            (minutes < 60 && hours * 60 + minutes <= DAY).then_some(hours * 60 + minutes)
        });
        minutes.map(Self).ok_or_else(|| NotARule::Time {
            text: text.chars().take(10).collect(),
        })
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = NotARule;

    fn try_from(text: String) -> Result<Self, NotARule> {
        text.parse()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// One row: these roles may do this, there and then.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `unlock`, `lock`.
    pub operations: Vec<Operation>,
    /// Roles of staff, or `operator`.
    pub roles: Vec<Standing>,
    /// Names of rooms; a `*` at the end stands for any rest, alone for every door.
    pub rooms: Vec<String>,
    /// Days of the week, in the hotel; all unless named.
    #[serde(default = "every_day")]
    pub days: Vec<Day>,
    /// From when on, in the hotel.
    #[serde(default = "midnight")]
    pub from: TimeOfDay,
    /// Until when; before `from` it is that of the next day.
    #[serde(default = "next_midnight")]
    pub to: TimeOfDay,
}

fn every_day() -> Vec<Day> {
    Day::ALL.to_vec()
}

fn midnight() -> TimeOfDay {
    TimeOfDay(0)
}

fn next_midnight() -> TimeOfDay {
    TimeOfDay(DAY)
}

/// The rows of the house.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<Rule>")]
#[schemars(with = "Vec<Rule>")]
pub struct Policy(Vec<Rule>);

impl TryFrom<Vec<Rule>> for Policy {
    type Error = NotARule;

    fn try_from(rules: Vec<Rule>) -> Result<Self, NotARule> {
        for rule in &rules {
            if let Some(operation) = rule.operations.iter().find(|it| !is_of_doors(it.as_str())) {
                let operation = operation.clone();
                return Err(NotARule::Operation { operation });
            }
            if !rule.roles.iter().all(|role| is_a_person(*role)) {
                return Err(NotARule::Role);
            }
        }
        Ok(Self(rules))
    }
}

/// Guests open their doors with what they were given at the desk, machines none.
fn is_a_person(standing: Standing) -> bool {
    match standing {
        Standing::Operator => true,
        Standing::Role(role) => role != Role::Guest,
        Standing::Component | Standing::Device => false,
    }
}

impl Policy {
    /// Refuses what no row allows; says which part of the rows stands against it.
    pub fn check(
        &self,
        standing: Standing,
        operation: &Operation,
        room: Option<&str>,
        local: LocalTime,
    ) -> Result<(), Problem> {
        let refuse = |detail: String| Err(Problem::new(Code::Forbidden, detail));
        let of_role =
            |rule: &&Rule| rule.roles.contains(&standing) && rule.operations.contains(operation);
        let mut there = self.0.iter().filter(of_role).peekable();
        if there.peek().is_none() {
            return refuse(format!("this role may not {operation} doors"));
        }
        let mut then = there.filter(|rule| rule.covers(room)).peekable();
        if then.peek().is_none() {
            return refuse(format!("this role may not {operation} this door"));
        }
        let mut hours = Vec::new();
        for rule in then {
            if rule.is_on(local) {
                return Ok(());
            }
            hours.push(format!("{}-{}", rule.from, rule.to));
        }
        let hours = hours.join(", ");
        refuse(format!(
            "this role may {operation} this door only at its hours: {hours}"
        ))
    }
}

impl Rule {
    fn covers(&self, room: Option<&str>) -> bool {
        self.rooms
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some("") => true,
                Some(prefix) => room.is_some_and(|room| room.starts_with(prefix)),
                None => room == Some(pattern.as_str()),
            })
    }

    fn is_on(&self, local: LocalTime) -> bool {
        let minute = TimeOfDay(local.minute);
        if self.from <= self.to {
            return self.days.contains(&local.day) && (self.from..self.to).contains(&minute);
        }
        self.days.contains(&local.day) && self.from <= minute
            || self.days.contains(&local.day.before()) && minute < self.to
    }
}

/// A row cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotARule {
    /// Not a time of day.
    #[error("{text:?} is not a time of day, 00:00 to 24:00")]
    Time {
        /// What it is.
        text: String,
    },
    /// Not an operation of doors.
    #[error("operation {operation} is not unlock or lock")]
    Operation {
        /// What it is.
        operation: Operation,
    },
    /// Not somebody who could sign.
    #[error("a row of doors is for roles of staff and for operators only")]
    Role,
}

#[cfg(test)]
mod tests;
