//! One measured figure.

use std::fmt;

use serde::Serialize;

/// A figure with what it is compared to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Part of the suite: `peer`, `print`.
    pub area: &'static str,
    /// Name with its unit last: `rtt_1k_p50_ms`.
    pub figure: &'static str,
    /// Unit of all values.
    pub unit: &'static str,
    /// Which way is good.
    pub better: Better,
    /// Ours.
    pub ours: f64,
    /// Another program on the same work.
    pub peer: Option<Value>,
    /// The least that any program would need.
    pub floor: Option<Value>,
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Value {
    /// Whose it is.
    pub name: &'static str,
    /// How much.
    pub value: f64,
}

impl Figure {
    /// Names of the columns of a printed figure.
    pub const HEADING: &str = "figure                                   ours       peer              ×       floor             ×";

    /// A latency in milliseconds.
    pub fn latency(area: &'static str, figure: &'static str, ours: f64) -> Self {
        Self {
            area,
            figure,
            unit: "ms",
            better: Better::Lower,
            ours,
            peer: None,
            floor: None,
        }
    }

    /// So many in a second.
    pub fn rate(area: &'static str, figure: &'static str, unit: &'static str, ours: f64) -> Self {
        Self {
            unit,
            better: Better::Higher,
            ..Self::latency(area, figure, ours)
        }
    }

    /// Beside another program.
    #[must_use]
    pub fn peer(self, name: &'static str, value: f64) -> Self {
        Self {
            peer: Some(Value { name, value }),
            ..self
        }
    }

    /// Beside the least that any program would need.
    #[must_use]
    pub fn floor(self, name: &'static str, value: f64) -> Self {
        Self {
            floor: Some(Value { name, value }),
            ..self
        }
    }

    fn compared(&self, other: Option<&Value>) -> String {
        match other {
            None => format!("{:>10} {:>12}", "-", "-"),
            Some(other) => format!(
                "{:>10.3} {:>11.2}x ({})",
                other.value,
                self.ours / other.value,
                other.name
            ),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{}/{}", self.area, self.figure);
        let [peer, floor] = [&self.peer, &self.floor].map(|other| self.compared(other.as_ref()));
        write!(f, "{name:<36} {:>10.3} {peer} {floor}", self.ours)
    }
}
