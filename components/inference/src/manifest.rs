//! What a bundle says of its model, checked before anything of it is believed.

use serde::Deserialize;
use wire::{Version, Word};

/// Most inputs or outputs of a model.
const PORTS_MAX: usize = 8;
/// Most elements of one row of an input or output.
const ROW_MAX: i64 = 4_096;
/// Most elements of one input or output in one run: a quarter of a megabyte.
const RUN_MAX: i64 = 65_536;
/// Longest name or label.
const NAME_MAX: usize = 64;
/// The slowest run that a manifest may allow itself, in milliseconds.
const LATENCY_MAX_MS: u32 = 1_000;
/// Most memory that a manifest may allow itself, in megabytes.
const RSS_MAX_MB: u32 = 1_024;

/// `manifest.json` of a bundle; figures of quality and training are for people.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Manifest {
    /// Version of this form.
    #[serde(rename = "v")]
    _v: Version<1>,
    /// The model.
    pub(crate) model: Word,
    /// Grows with every bundle of the model.
    pub(crate) version: u32,
    /// Inputs by their names in the graph.
    pub(crate) inputs: Vec<Port>,
    /// Outputs by their names in the graph.
    pub(crate) outputs: Vec<Port>,
    /// Most rows of one run.
    pub(crate) batch_max: usize,
    /// What a run may cost.
    pub(crate) budget: Budget,
    /// How far an output may be from its golden vector.
    pub(crate) tolerance: f64,
}

/// What a run may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Budget {
    /// Milliseconds of a run of one row.
    pub(crate) latency_ms: u32,
    /// Megabytes of a process that runs it.
    pub(crate) rss_mb: u32,
}

/// An input or output.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Port {
    /// Its name in the graph.
    pub(crate) name: String,
    /// Type of its elements.
    pub(crate) datatype: Datatype,
    /// −1 for the rows, then the lengths of the other dimensions.
    pub(crate) shape: Vec<i64>,
    /// The least an element may be.
    pub(crate) least: f64,
    /// The most an element may be.
    pub(crate) most: f64,
}

/// Type of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Datatype {
    /// Single precision.
    #[serde(rename = "FP32")]
    Fp32,
    /// 32 bits with a sign.
    #[serde(rename = "INT32")]
    Int32,
    /// 64 bits with a sign.
    #[serde(rename = "INT64")]
    Int64,
}

impl Datatype {
    /// As the protocol spells it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Fp32 => "FP32",
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
        }
    }
}

impl Port {
    /// Elements of one row.
    pub(crate) fn row(&self) -> usize {
        let row: i64 = self.shape.iter().skip(1).product();
        usize::try_from(row).expect("a checked shape has positive lengths")
    }

    fn check(&self, place: &str, batch_max: usize) -> Result<(), ManifestError> {
        let wrong =
            |field: &str, detail| Err(ManifestError::new(format!("{place}.{field}"), detail));
        if self.name.is_empty() || self.name.len() > NAME_MAX {
            return wrong("name", "is empty or long");
        }
        let rows_first = self.shape.first() == Some(&-1);
        let row = self.shape.iter().skip(1).try_fold(1_i64, |row, length| {
            let row = row.checked_mul(*length)?;
            (*length > 0 && row <= ROW_MAX).then_some(row)
        });
        let batch = i64::try_from(batch_max).unwrap_or(i64::MAX);
        let run = row.and_then(|row| row.checked_mul(batch));
        if !rows_first || self.shape.len() < 2 || run.is_none_or(|run| run > RUN_MAX) {
            return wrong("shape", "is not -1 and positive lengths within the bounds");
        }
        if !self.least.is_finite() || !self.most.is_finite() || self.least > self.most {
            return wrong("least", "is not a finite number up to most");
        }
        Ok(())
    }
}

impl Manifest {
    /// Reads and checks a manifest.
    pub(crate) fn read(text: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = wire::decode(text).map_err(|problem| ManifestError {
            field: problem.field.unwrap_or_default(),
            detail: problem.detail,
        })?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let wrong = |field: &str, detail| Err(ManifestError::new(field.to_owned(), detail));
        if self.version == 0 {
            return wrong("version", "is not positive");
        }
        if self.batch_max == 0 {
            return wrong("batch_max", "is not positive");
        }
        for (kind, ports) in [("inputs", &self.inputs), ("outputs", &self.outputs)] {
            if ports.is_empty() || ports.len() > PORTS_MAX {
                return wrong(kind, "are none or too many");
            }
            for (place, port) in ports.iter().enumerate() {
                port.check(&format!("{kind}[{place}]"), self.batch_max)?;
            }
        }
        if !(1..=LATENCY_MAX_MS).contains(&self.budget.latency_ms) {
            return wrong("budget.latency_ms", "is out of bounds");
        }
        if !(1..=RSS_MAX_MB).contains(&self.budget.rss_mb) {
            return wrong("budget.rss_mb", "is out of bounds");
        }
        if !(self.tolerance > 0.0 && self.tolerance <= 0.1) {
            return wrong("tolerance", "is not within 0 and 0.1");
        }
        Ok(())
    }
}

/// A manifest cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("manifest.json: {field}: {detail}")]
pub struct ManifestError {
    field: String,
    detail: String,
}

impl ManifestError {
    fn new(field: String, detail: &str) -> Self {
        Self {
            field,
            detail: detail.to_owned(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
